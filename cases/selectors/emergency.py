"""What is shown of emergency accesses: to who opened, to who is told, to who reviews."""

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from cases import policies
from cases.models import BreakGlass, Case
from cases.states import BreakGlassState
from privacy import access, audit
from privacy.actors import Actor
from privacy.compartments import Compartment
from privacy.errors import NotFound


class Sides(NamedTuple):
    """Which side looks, and what it may do now."""

    is_by: bool
    is_told: bool
    is_reviewer: bool
    may_end: bool
    may_review: bool


def find(actor: Actor, uuid: UUID) -> BreakGlass:
    """The emergency access, if she is a party to it; its words open to the reviewer only."""
    glass = (
        BreakGlass.objects.select_related(
            "case__team", "by", "membership__organisation", "ended_by", "reviewed_by"
        )
        .filter(uuid=uuid)
        .first()
    )
    if glass is None:
        audit.refused(actor=actor, action="emergency", subject=None, reason="absent")
        raise NotFound
    policies.require_party(actor, glass)
    if policies.is_reviewer(actor, glass):
        access.open_keys(actor, [glass], [Compartment.REGISTER], purpose="emergency_review")
    return glass


def sides(actor: Actor, glass: BreakGlass) -> Sides:
    reviewer = policies.is_reviewer(actor, glass)
    return Sides(
        is_by=policies.is_by(actor, glass),
        is_told=policies.is_told(actor, glass),
        is_reviewer=reviewer,
        may_end=glass.is_open,
        may_review=reviewer
        and glass.state == BreakGlassState.TO_REVIEW
        and actor.user_id != glass.by_id,
    )


def opened_parts(glass: BreakGlass) -> list[str]:
    return [Compartment(code).label for code in glass.compartments]


def open_by(actor: Actor) -> list[BreakGlass]:
    """Hers that are open now."""
    return list(
        BreakGlass.objects.filter(
            by_id=actor.user_id, ended_at__isnull=True, expires_at__gt=timezone.now()
        ).select_related("case")
    )


# How long a reviewed one still stands on the page of its file; later only in the timeline.
SHOWN_FOR = timedelta(days=30)


def of_case(case: Case) -> list[BreakGlass]:
    """Those that everybody who works on the file should see: open, not reviewed yet, or recent."""
    return list(
        BreakGlass.objects.filter(case=case)
        .filter(Q(state=BreakGlassState.TO_REVIEW) | Q(starts_at__gt=timezone.now() - SHOWN_FOR))
        .select_related("by", "membership__organisation")[:5]
    )
