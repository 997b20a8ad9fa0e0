from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.bilingual import Text
from services.clocks import (
    VIET_NAM,
    Calendar,
    Clock,
    Unit,
    add_months,
    due,
    half_time,
    parse_clocks,
)

MOMENTS = st.datetimes(
    min_value=datetime(2025, 1, 1), max_value=datetime(2028, 12, 31), timezones=st.just(UTC)
)
DAYS = st.dates(min_value=date(2025, 1, 1), max_value=date(2029, 1, 31))
CALENDARS = st.builds(
    Calendar,
    holidays=st.frozensets(DAYS, max_size=30),
    made_up=st.frozensets(DAYS.filter(lambda day: day.weekday() == 5), max_size=10),
)
UNITS = st.sampled_from(list(Unit))


def a_clock(unit, amount):
    return Clock("some", Unit(unit), amount, Text("Một hạn", "A limit"))


def viet_nam(*parts):
    return datetime(*parts, tzinfo=VIET_NAM)


CLOCKS = st.builds(a_clock, UNITS, st.integers(1, 20))


@given(CLOCKS, MOMENTS, CALENDARS)
def test_it_is_due_after_the_start_and_in_utc(clock, start, calendar):
    limit = due(clock, start, calendar)
    assert limit > start
    assert limit.tzinfo is UTC


@given(CLOCKS, MOMENTS, MOMENTS, CALENDARS)
def test_a_later_start_is_never_due_earlier(clock, one, other, calendar):
    earlier, later = sorted((one, other))
    assert due(clock, earlier, calendar) <= due(clock, later, calendar)


@given(UNITS, st.integers(1, 20), MOMENTS, CALENDARS)
def test_a_longer_clock_is_never_due_earlier(unit, amount, start, calendar):
    assert due(a_clock(unit, amount), start, calendar) <= due(
        a_clock(unit, amount + 1), start, calendar
    )


@given(st.integers(1, 20), MOMENTS, CALENDARS)
def test_it_gives_exactly_so_many_working_days(amount, start, calendar):
    limit = due(a_clock("working_days", amount), start, calendar).astimezone(VIET_NAM)
    day = start.astimezone(VIET_NAM).date()
    given_days = [
        day + timedelta(days=n)
        for n in range(1, (limit.date() - day).days + 1)
        if calendar.is_working(day + timedelta(days=n))
    ]
    assert len(given_days) == amount
    assert given_days[-1] == limit.date()
    assert limit.time() == calendar.closes


@given(st.integers(1, 200), MOMENTS, CALENDARS)
def test_urgent_hours_run_through_nights_and_holidays(amount, start, calendar):
    assert due(a_clock("hours", amount), start, calendar) - start == timedelta(hours=amount)


@given(CLOCKS, MOMENTS, CALENDARS)
def test_it_reminds_between_start_and_limit(clock, start, calendar):
    limit = due(clock, start, calendar)
    reminder = half_time(start, limit, clock, calendar)
    assert start < reminder <= limit
    if clock.unit is Unit.WORKING_DAYS:
        assert calendar.is_working(reminder.astimezone(VIET_NAM).date())


def test_three_working_days_cross_a_weekend():
    friday = viet_nam(2026, 3, 6, 16, 30)
    assert due(a_clock("working_days", 3), friday) == viet_nam(2026, 3, 11, 17)


def test_a_day_made_up_counts_and_a_holiday_does_not():
    bridge = Calendar(
        holidays=frozenset({date(2025, 4, 30), date(2025, 5, 1), date(2025, 5, 2)}),
        made_up=frozenset({date(2025, 4, 26)}),
    )
    thursday = viet_nam(2025, 4, 24, 9)
    assert due(a_clock("working_days", 2), thursday, bridge) == viet_nam(2025, 4, 26, 17)
    tuesday = viet_nam(2025, 4, 29, 9)
    assert due(a_clock("working_days", 1), tuesday, bridge) == viet_nam(2025, 5, 5, 17)


@pytest.mark.parametrize(
    ("start", "limit"),
    [
        (viet_nam(2026, 3, 6, 9), viet_nam(2026, 3, 7)),
        (viet_nam(2026, 3, 6, 23, 30), viet_nam(2026, 3, 7, 3, 30)),
    ],
)
def test_the_same_day_leaves_time_to_act(start, limit):
    assert due(a_clock("day_end", 4), start) == limit


def test_calendar_days_and_months_end_with_the_day():
    start = viet_nam(2026, 11, 30, 23, 59)
    assert due(a_clock("days", 7), start) == viet_nam(2026, 12, 7, 23, 59, 59)
    assert due(a_clock("months", 3), start) == viet_nam(2027, 2, 28, 23, 59, 59)


@given(DAYS, st.integers(0, 40))
def test_months_keep_the_day_or_take_the_last(day, months):
    later = add_months(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day == day.day or (later + timedelta(days=1)).day == 1


def test_an_office_is_open_in_its_hours_only():
    calendar = Calendar(holidays=frozenset({date(2026, 9, 2)}))
    assert calendar.is_open(viet_nam(2026, 9, 3, 8))
    assert not calendar.is_open(viet_nam(2026, 9, 3, 17))
    assert not calendar.is_open(viet_nam(2026, 9, 2, 10))
    assert not calendar.is_open(viet_nam(2026, 9, 5, 10))


def test_it_refuses_a_moment_without_a_zone():
    with pytest.raises(ValueError, match="aware"):
        due(a_clock("hours", 1), datetime(2026, 1, 1))  # noqa: DTZ001


def test_it_refuses_a_clock_that_never_runs():
    with pytest.raises(ValueError, match="at least one"):
        a_clock("hours", 0)


def test_it_reads_clocks_from_rules():
    raw = {"code": "x", "unit": "hours", "amount": 24, "vi": "Một", "en": "One", "source": "Law"}
    clock = parse_clocks({"clocks": [raw]})["x"]
    assert (clock.unit, clock.amount, clock.name.en, clock.source) == (Unit.HOURS, 24, "One", "Law")
    assert Calendar().closes == time(17)
