"""Lists: hers, most pressing first, the same number of queries however long."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from privacy.models import Membership
from privacy.roles import Role
from privacy.sessions import actor_for
from tests import factories
from workflow import engine
from workflow.models import WorkItem
from workflow.selectors import (
    Cursor,
    Filters,
    Group,
    changes,
    group_of,
    lanes,
    my_page,
    page,
    steps_of,
    waiting_for,
    waiting_in_team,
)

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])
moments = st.datetimes(
    datetime(1971, 1, 1),
    datetime(4000, 1, 1),
    timezones=st.just(UTC),  # noqa: DTZ001
)


@pytest.fixture
def many(cast):
    """Twelve files of Hạnh's; two pairs are due at the same moment."""
    now = timezone.now()
    made = [factories.case_opened(cast) for _ in range(12)]
    for number, case in enumerate(made):
        WorkItem.objects.filter(subject_id=case.pk, flow="case").update(
            due_at=now + timedelta(days=(number // 2) * 2 - 4), urgent=number == 3
        )
    return made


# -- whose


def test_her_own_and_her_teams_lists(cast):
    assert lanes(cast.hanh) == [
        f"t{cast.hanh.team_id}:social_worker:u{cast.hanh.user_id}",
        f"t{cast.hanh.team_id}:social_worker",
    ]
    factories.referral_sent(cast)
    seen = {
        name: sorted(waiting_for(getattr(cast, name)).values_list("step", flat=True))
        for name in cast.memberships
    }
    assert {name: steps for name, steps in seen.items() if steps} == {
        "hanh": ["review"],
        "lan": ["answer"],
    }
    assert waiting_in_team(cast.bich).count() == 1 and waiting_in_team(cast.loan).count() == 0


@pytest.mark.parametrize(
    ("role", "team"),
    [
        (Role.SOCIAL_WORKER, "other_office"),
        (Role.SUPERVISOR, "office"),
        (Role.PEER_WORKER, "peers"),
    ],
)
def test_the_work_of_her_other_job_does_not_show(cast, role, team):
    factories.case_opened(cast)
    other = Membership.objects.create(
        user=cast.user("hanh"),
        organisation=cast.organisations[team],
        team=cast.teams[team],
        role=role,
    )
    assert waiting_for(cast.hanh).count() == 1
    assert waiting_for(actor_for(other)).count() == 0


def test_done_and_cancelled_work_leaves_the_list(cast):
    case = factories.case_consented(cast)
    assert [item.step for item in waiting_for(cast.hanh)] == ["screening"]
    engine.cancel(subject=case, actor=cast.hanh)
    assert not waiting_for(cast.hanh).exists()


# -- pages


@pytest.mark.parametrize("size", [1, 2, 3, 5, 12, 25])
def test_paging_shows_each_item_once_in_order(cast, many, size):
    shown, after = [], None
    for _ in range(20):
        found = page(waiting_for(cast.hanh), after=after, size=size)
        shown += [(item.due_at, item.pk) for item in found.items]
        assert found.total == 12
        if found.next is None:
            break
        after = Cursor.parse(str(found.next))
        assert after == found.next
    assert shown == sorted(shown) and len(shown) == len(set(shown)) == 12


@given(moments, st.integers(1, 10**17))
def test_a_cursor_survives_its_url(due_at, pk):
    assert Cursor.parse(str(Cursor(due_at, pk))) == Cursor(due_at, pk)


@given(st.text(max_size=50))
def test_a_wrong_cursor_is_no_cursor(text):
    found = Cursor.parse(text)
    assert found is None or isinstance(found, Cursor)


@pytest.mark.parametrize("text", ["", "-", "1", "1-", "-1", "a-b", "1-1-1", "9" * 30 + "-1"])
def test_these_are_no_cursors(text):
    assert Cursor.parse(text) is None


def test_counts_and_filters(cast, many):
    items = waiting_for(cast.hanh)
    found = page(items)
    assert (found.total, found.urgent, found.overdue, found.soon) == (12, 1, 6, 2)
    assert page(items, filters=Filters(step="engagement")).total == 12
    assert page(items, filters=Filters(step="plan")).total == 0
    assert page(items, filters=Filters(area="00000")).total == 0
    assert page(items, filters=Filters(reference=many[0].code)).total == 1
    assert page(items, filters=Filters(family="health")).total == 0


@pytest.mark.parametrize("size", [2, 12])
def test_a_page_is_two_queries(cast, many, size, django_assert_num_queries):
    with django_assert_num_queries(2):
        found = page(waiting_for(cast.hanh), size=size)
        assert [item.reference for item in found.items]


@pytest.mark.parametrize(
    ("days", "urgent", "group"),
    [
        (-8, False, Group.CRITICAL),
        (-7, False, Group.OVERDUE),
        (-1, True, Group.CRITICAL),
        (-1, False, Group.OVERDUE),
        (1, True, Group.SOON),
        (2, False, Group.SOON),
        (3, False, Group.LATER),
        (30, True, Group.LATER),
    ],
)
def test_groups(days, urgent, group):
    now = timezone.now()
    item = WorkItem(due_at=now + timedelta(days=days), urgent=urgent)
    assert group_of(item, now) == group


# -- what has happened


def test_the_steps_of_a_record_say_who_when_and_late(cast):
    case = factories.case_planned(cast)
    done = steps_of(case)
    assert [step.step for step in done] == [
        "engagement",
        "screening",
        "assessment",
        "plan",
        "approve_plan",
    ]
    assert [step.by for step in done] == ["Nguyễn Thị Hạnh"] * 4 + [""]
    assert not any(step.late for step in done)
    WorkItem.objects.filter(subject_id=case.pk, step="approve_plan").update(
        due_at=timezone.now() - timedelta(days=1)
    )
    assert steps_of(case)[-1].late


def test_the_history_is_newest_first_in_codes(cast):
    case = factories.case_consented(cast)
    found = changes(case)
    assert [event.event for event in found][:2] == ["case.consented", "consent.refused"]
    assert found[-1].event == "case.opened" and found[-1].actor == "Nguyễn Thị Hạnh"
    assert [event.at for event in found] == sorted((e.at for e in found), reverse=True)


def test_the_plain_sql_of_my_page_says_what_the_orm_says(cast, many):
    first = WorkItem.objects.order_by("pk").first()
    WorkItem.objects.filter(pk=first.pk).update(
        urgent=True, due_at=timezone.now() - timedelta(days=9), area_code="15127"
    )
    every = ({}, {"step": "engagement"}, {"area": "15127"}, {"reference": "HS-222222"})
    for filters in (Filters(**chosen) for chosen in every):
        slow = page(waiting_for(cast.hanh), filters=filters, size=3)
        quick = my_page(cast.hanh, filters=filters, size=3)
        assert quick == slow
        while slow.next is not None:
            slow = page(waiting_for(cast.hanh), filters=filters, size=3, after=slow.next)
            quick = my_page(cast.hanh, filters=filters, size=3, after=quick.next)
            assert quick == slow
