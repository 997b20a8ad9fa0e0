"""Review, renewal, closure with approval, reopening, and the child track's conclusion."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import policies
from cases.actions.deputies import approval_given
from cases.actions.ending import end_transfers, live_consents
from cases.actions.follow_up import end_all
from cases.actions.plot import locked, move, must_be, note, required
from cases.actions.referring import loose_ends, open_links
from cases.models import Case, ChildPlan, Closure, Track
from cases.states import WORKERS_CLOSURE_REASONS, CaseState, ClosureReason, ClosureState
from privacy.actors import Actor
from privacy.errors import Invalid, WrongState
from privacy.models import Basis
from referrals import actions as referrals
from referrals.states import CancelReason, State
from services import selectors as services
from workflow import engine


@transaction.atomic
def review_case(*, actor: Actor, case: Case, renew: bool) -> None:
    """Every three months, together with her: go on as planned, or make a new plan."""
    case = locked(case)
    policies.require_worker(actor, case)
    must_be(case, CaseState.SUPPORT)
    if renew:
        move(actor, case, CaseState.PLANNING, "case.plan_renewed")
    else:
        move(actor, case, CaseState.SUPPORT, "case.reviewed", review_at=services.due("review"))
    engine.complete(subject=case, step="review", actor=actor)


@transaction.atomic
def request_closure(*, actor: Actor, case: Case, reason: str, note_text: str = "") -> Closure:
    """Returning to earlier work is never a reason to close; her wish always is."""
    case = locked(case)
    policies.require_worker(actor, case)
    must_be(case, CaseState.SUPPORT)
    if reason not in WORKERS_CLOSURE_REASONS:
        raise Invalid({"reason": _("Choose a reason.")})
    closure = Closure(case=case, reason=reason, requested_by_id=actor.user_id)
    closure.note = note_text.strip()
    closure.save()
    move(actor, case, CaseState.CLOSING, "closure.requested", reason=reason)
    engine.complete(subject=case, step="review", actor=actor)
    return closure


def _requested(case: Case) -> Closure:
    closure = (
        Closure.objects.select_for_update(of=("self",))
        .filter(case=case, state=ClosureState.REQUESTED)
        .first()
    )
    if closure is None:
        raise WrongState(_("There is no closure waiting for approval."))
    return closure


@transaction.atomic
def approve_closure(*, actor: Actor, case: Case) -> None:
    """What is still open ends with it: referrals, follow-ups, and every consent's effect."""
    case = locked(case)
    policies.require_supervisor(actor, case)
    must_be(case, CaseState.CLOSING)
    closure = _requested(case)
    policies.require_another(actor, case, closure.requested_by_id)
    closure.state, closure.decided_at = ClosureState.APPROVED, timezone.now()
    closure.decided_by_id = actor.user_id
    closure.save(update_fields=["state", "decided_at", "decided_by"])
    for link in open_links(case):
        if link.referral.state == State.DRAFT:
            referrals.discard(actor=actor, referral=link.referral)
        else:
            referrals.cancel(actor=actor, referral=link.referral, reason=CancelReason.CASE_CLOSED)
    for link in loose_ends(case):
        referrals.let_go(actor=actor, referral=link.referral)
    end_all(actor, case)
    end_transfers(actor, case)
    Basis.objects.filter(
        pk__in=[consent.basis_id for consent in live_consents(case) if consent.basis_id]
    ).update(ended_at=timezone.now())
    move(
        actor,
        case,
        CaseState.CLOSED,
        "case.closed",
        reason=closure.reason,
        closed_at=timezone.now(),
    )
    engine.complete(subject=case, step="approve_closure", actor=actor)
    approval_given(actor, case)


@transaction.atomic
def return_closure(*, actor: Actor, case: Case, because: str) -> None:
    case = locked(case)
    policies.require_supervisor(actor, case)
    must_be(case, CaseState.CLOSING)
    closure = _requested(case)
    closure.returned_because = required("because", because, _("Say what should happen first."))
    closure.state, closure.decided_at = ClosureState.RETURNED, timezone.now()
    closure.decided_by_id = actor.user_id
    closure.save()
    move(actor, case, CaseState.SUPPORT, "closure.returned", review_at=services.due("review"))
    engine.complete(subject=case, step="approve_closure", actor=actor)
    approval_given(actor, case)


@transaction.atomic
def reopen_case(*, actor: Actor, case: Case) -> None:
    """She came back: the same file goes on, beginning with her consent."""
    case = locked(case)
    policies.require_worker(actor, case)
    must_be(case, CaseState.CLOSED)
    if case.track != Track.ADULT:
        raise WrongState(_("This file is in the protected child track."))
    move(
        actor,
        case,
        CaseState.ENGAGEMENT,
        "case.reopened",
        closed_at=None,
        level="",
        review_at=None,
        act_by=None,
    )
    # What was shut when a consent was taken back stays shut until she agrees again.
    engine.start(subject=case, actor=actor)


# -- the protected child track


CHILD_STEPS = (
    "line_111",
    "commune_notice",
    "provincial_health",
    "shelter",
    "health_check",
    "guardian",
)


@transaction.atomic
def write_child_plan(*, actor: Actor, case: Case, text: str, steps: dict[str, str]) -> ChildPlan:
    """Facts in her words, and the dates of the official steps (Child Law 2016; Law 53/2024 for
    trafficking): the system keeps dates, not testimony. ``steps``: step code → ISO date."""
    case = locked(case)
    policies.require_child_protection(actor, case)
    must_be(case, CaseState.PROTECTED)
    unknown = set(steps) - set(CHILD_STEPS)
    if unknown:
        raise Invalid({"steps": _("One of these steps is not known.")})
    plan = ChildPlan(case=case, by_id=actor.user_id)
    plan.text = required("text", text, _("Write what you agreed with her."))
    plan.steps = {code: day for code, day in steps.items() if day}
    plan.save()
    note(actor, case, "child.plan_written")
    if engine.is_waiting(case, "child_plan"):
        engine.complete(subject=case, step="child_plan", actor=actor)
    return plan


@transaction.atomic
def conclude_child_protection(*, actor: Actor, case: Case) -> None:
    case = locked(case)
    policies.require_child_protection(actor, case)
    must_be(case, CaseState.PROTECTED)
    move(
        actor,
        case,
        CaseState.CLOSED,
        "case.closed",
        reason=ClosureReason.CHILD_CONCLUDED,
        closed_at=timezone.now(),
    )
    engine.complete(subject=case, step="child_support", actor=actor)
