"""Where a file stands when it is reviewed or closed."""

from datetime import date
from typing import NamedTuple

from cases.models import CarePlan, Case, CaseReferral, Closure, FollowUp, Goal
from cases.states import ClosureState, FollowUpState
from referrals.states import FINAL


class Balance(NamedTuple):
    """Her goals, the slips that still go on, the dates that are planned."""

    goals: list[Goal]
    going_on: list[CaseReferral]
    planned: int
    next_date: date | None


def balance(case: Case) -> Balance:
    """The keys of ``needs`` have to be open: goals are sealed."""
    plan = CarePlan.objects.filter(case=case).order_by("-number").first()
    days = list(
        FollowUp.objects.filter(case=case, state=FollowUpState.PLANNED, plan__ended_at__isnull=True)
        .order_by("due_on")
        .values_list("due_on", flat=True)
    )
    return Balance(
        goals=list(Goal.objects.filter(plan=plan)) if plan else [],
        going_on=list(
            CaseReferral.objects.filter(case=case)
            .exclude(referral__state__in=FINAL)
            .select_related("case", "referral__recipient_team__organisation")
        ),
        planned=len(days),
        next_date=days[0] if days else None,
    )


def closure_of(case: Case) -> Closure | None:
    """The request that waits for a decision."""
    return (
        Closure.objects.filter(case=case, state=ClosureState.REQUESTED)
        .select_related("case", "requested_by")
        .first()
    )
