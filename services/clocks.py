"""When is something due? Pure arithmetic over dated rule data, in Viet Nam's time zone.

Urgent clocks run through nights, weekends and holidays. The others count working days: the day
on which a clock starts is day zero, and the last day ends when offices close.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from services.bilingual import Text, text

VIET_NAM = ZoneInfo("Asia/Ho_Chi_Minh")
_SATURDAY = 5


class Unit(StrEnum):
    HOURS = "hours"  # elapsed
    DAY_END = "day_end"  # midnight of the same day, but never fewer than `amount` elapsed hours
    WORKING_DAYS = "working_days"
    DAYS = "days"  # calendar, end of the last day
    MONTHS = "months"  # calendar, end of the last day


@dataclass(frozen=True, slots=True)
class Clock:
    code: str
    unit: Unit
    amount: int
    name: Text
    source: str = ""

    def __post_init__(self) -> None:
        if self.amount < 1:
            raise ValueError(f"clock {self.code!r} must run for at least one unit")


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are worked: Monday to Friday, less holidays, plus days made up for a bridge."""

    holidays: frozenset[date] = frozenset()
    made_up: frozenset[date] = frozenset()
    opens: time = field(default=time(8))
    closes: time = field(default=time(17))

    def is_working(self, day: date) -> bool:
        if day in self.made_up:
            return True
        return day.weekday() < _SATURDAY and day not in self.holidays

    def next_working(self, day: date) -> date:
        """The first working day after `day`."""
        day += timedelta(days=1)
        while not self.is_working(day):
            day += timedelta(days=1)
        return day

    def is_open(self, moment: datetime) -> bool:
        local = _local(moment)
        return self.is_working(local.date()) and self.opens <= local.time() < self.closes


def parse_clocks(payload: Mapping[str, Any]) -> dict[str, Clock]:
    """The clocks of a `clock` rule set by code."""
    return {
        raw["code"]: Clock(
            code=raw["code"],
            unit=Unit(raw["unit"]),
            amount=int(raw["amount"]),
            name=text(raw),
            source=raw["source"],
        )
        for raw in payload["clocks"]
    }


def due(clock: Clock, start: datetime, calendar: Calendar | None = None) -> datetime:
    """The last moment in time for `clock` started at `start` (aware); UTC, always after `start`.

    Only clocks that count working days look at the calendar.
    """
    local = _local(start)
    day = local.date()
    match clock.unit:
        case Unit.HOURS:
            return _utc(start + timedelta(hours=clock.amount))
        case Unit.DAY_END:
            # A shout for help at 23:30 still leaves time to act.
            earliest = start + timedelta(hours=clock.amount)
            return max(_utc(_at(day + timedelta(days=1), time(0))), _utc(earliest))
        case Unit.WORKING_DAYS:
            calendar = calendar or Calendar()
            for _ in range(clock.amount):
                day = calendar.next_working(day)
            return _utc(_at(day, calendar.closes))
        case Unit.DAYS:
            return _day_end(day + timedelta(days=clock.amount))
        case Unit.MONTHS:
            return _day_end(add_months(day, clock.amount))


def half_time(start: datetime, limit: datetime, clock: Clock, calendar: Calendar) -> datetime:
    """When to remind the one who has to answer: half way, and for office clocks in office days.

    Never later than the limit itself.
    """
    middle = _utc(start + (limit - start) / 2)
    if clock.unit is not Unit.WORKING_DAYS or calendar.is_working(_local(middle).date()):
        return middle
    opening = _at(calendar.next_working(_local(middle).date()), calendar.opens)
    return min(_utc(opening), _utc(limit))


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day (31/01 + 1 month = 28/02)."""
    years, month = divmod(day.month - 1 + months, 12)
    first = date(day.year + years, month + 1, 1)
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return first.replace(day=min(day.day, (after - timedelta(days=1)).day))


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a clock needs an aware moment")
    return moment.astimezone(VIET_NAM)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, VIET_NAM)


def _day_end(day: date) -> datetime:
    """The midnight that ends `day`, less a second, so that the date shown is the last good day."""
    return _utc(_at(day + timedelta(days=1), time(0)) - timedelta(seconds=1))
