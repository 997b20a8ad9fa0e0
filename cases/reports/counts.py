"""What is counted of files. Answers tables for ``privacy.snapshots``; nothing else may count people
for somebody who does not work on them."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from django.db.models import Count

from cases.models import Case
from privacy.suppression import Cell, Table
from services.clocks import VIET_NAM
from services.models import AdminUnit

OPENED = "cases_opened"


def quarter(year: int, number: int) -> tuple[date, date]:
    """First and last day. :raises ValueError: there is no such quarter."""
    if number not in (1, 2, 3, 4):
        raise ValueError("a year has four quarters")
    first = date(year, 3 * number - 2, 1)
    after = date(year + number // 4, (3 * number) % 12 + 1, 1)
    return first, after - timedelta(days=1)


def cases_opened(starts_on: date, ends_on: date) -> list[Table]:
    """Files opened in the period, finest first: by commune and age group, by province and age
    group, by province, in all. Two queries. Nothing about health: that is told by province only."""
    begin = datetime.combine(starts_on, time(), tzinfo=VIET_NAM)
    end = datetime.combine(ends_on + timedelta(days=1), time(), tzinfo=VIET_NAM)
    rows = (
        Case.objects.filter(created_at__gte=begin, created_at__lt=end)
        .order_by()
        .values_list("area_code", "age_band")
        .annotate(n=Count("pk"))
    )
    fine = {(area, age): n for area, age, n in rows}
    provinces = dict(
        AdminUnit.objects.filter(code__in={area for area, _age in fine}).values_list(
            "code", "parent_id"
        )
    )
    return tables(fine, {code: parent or code for code, parent in provinces.items()})


def tables(fine: Mapping[Cell, int], province_of: Mapping[str, str]) -> list[Table]:
    by_province: Counter[Cell] = Counter()
    line: Counter[str] = Counter()
    for (area, age), n in fine.items():
        province = province_of.get(area, area)
        by_province[province, age] += n
        line[province] += n
    return [
        Table.of(fine),
        Table.of(by_province),
        Table.line(line),
        Table.line({"all": sum(fine.values())}),
    ]
