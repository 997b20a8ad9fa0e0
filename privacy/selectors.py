"""What is shown of accounts: names of people who work here, their work, and what waits for whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from privacy import policies
from privacy.actors import Actor
from privacy.models import (
    AccountChange,
    ChangeState,
    Membership,
    OpenSession,
    Recovery,
    RecoveryState,
    SecondFactor,
    User,
)
from privacy.roles import Role

PAGE = 20
MOST_WAITING = 15


@dataclass(frozen=True, slots=True)
class Waiting:
    """What this person can do something about now."""

    changes: list[AccountChange]
    recoveries: list[Recovery]
    reviews: list[Membership]
    more_reviews: int


@dataclass(frozen=True, slots=True)
class PeoplePage:
    people: Sequence[User]
    # User name to go on after; empty on the last page.
    next_after: str


def people(actor: Actor, *, text: str = "", after: str = "") -> PeoplePage:
    """By user name, twenty a page: two queries, however many people there are."""
    rows = policies.people_seen_by(actor).order_by("username")
    if text:
        rows = rows.filter(Q(username__icontains=text) | Q(display_name__icontains=text))
    if after:
        rows = rows.filter(username__gt=after)
    live = Membership.objects.live().select_related("organisation", "team").order_by("pk")
    jobs = Prefetch("memberships", queryset=live, to_attr="live_work")
    found = list(rows.prefetch_related(jobs)[: PAGE + 1])
    more = len(found) > PAGE
    return PeoplePage(found[:PAGE], found[PAGE - 1].username if more else "")


def waiting(actor: Actor) -> Waiting:
    """Three lists; four queries."""
    changes = [
        change
        for change in AccountChange.objects.filter(
            state=ChangeState.PROPOSED, user__in=policies.people_seen_by(actor)
        )
        .select_related("user", "team__organisation", "proposed_by")
        .order_by("pk")[:MOST_WAITING]
        if not policies.why_not_decide(actor, change)
    ]
    due = reviews_due(actor)
    shown = list(due[: MOST_WAITING + 1])
    return Waiting(
        changes,
        recoveries_for(actor),
        shown[:MOST_WAITING],
        max(0, due.count() - MOST_WAITING) if len(shown) > MOST_WAITING else 0,
    )


def recoveries_for(actor: Actor) -> list[Recovery]:
    """Those whose next step is hers: to confirm, or to hand over the code."""
    rows = (
        Recovery.objects.filter(user__in=policies.people_seen_by(actor))
        .exclude(user_id=actor.user_id)
        .select_related("user")
        .order_by("pk")
    )
    if actor.is_a(Role.ADMINISTRATOR):
        # Whatever is asked: she may refuse it, and sees that it waits for somebody.
        rows = rows.filter(state__in=[RecoveryState.ASKED, RecoveryState.CONFIRMED])
    elif actor.is_a(Role.SUPERVISOR):
        here = Membership.objects.live().filter(team_id=actor.team_id).values("user")
        rows = rows.filter(state=RecoveryState.ASKED, user__in=here)
    else:
        rows = rows.filter(state=RecoveryState.ASKED)
    return list(rows[:MOST_WAITING])


def reviews_due(actor: Actor) -> "QuerySet[Membership]":
    """Work that runs out within a month, or that nobody gave an end."""
    rows = (
        Membership.objects.live()
        .filter(
            Q(ends_on__isnull=True) | Q(ends_on__lte=timezone.localdate() + policies.REVIEW_AHEAD)
        )
        .exclude(user_id=actor.user_id)
        .exclude(role=Role.SYSTEM)
        .select_related("user", "organisation", "team")
        .order_by("ends_on", "pk")
    )
    if actor.is_a(Role.ADMINISTRATOR):
        return rows
    if actor.is_a(Role.SUPERVISOR):
        return rows.filter(team_id=actor.team_id)
    return rows.none()


def work_of(user: User) -> "QuerySet[Membership]":
    """All there is and was, newest first."""
    return user.memberships.select_related("organisation", "team").order_by("-starts_on", "-pk")


def open_sessions(user: User) -> "QuerySet[OpenSession]":
    return (
        OpenSession.objects.going_on()
        .filter(user=user)
        .select_related("membership__organisation")
        .order_by("-seen_at")
    )


def has_second_factor(user: User) -> bool:
    return SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).exists()


def is_over(membership: Membership, today: date) -> bool:
    return membership.ends_on is not None and membership.ends_on < today
