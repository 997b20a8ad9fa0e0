"""Assessment and the care plan: the client's own goals, approved by a supervisor who is not her
worker."""

from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import policies
from cases.actions.deputies import approval_given
from cases.actions.follow_up import start_follow_ups
from cases.actions.plot import locked, move, must_be, must_be_open, note, required
from cases.actions.screening import drop_answers
from cases.models import Assessment, CarePlan, Case, Consent, Goal, Purpose, ReferenceEvent
from cases.states import CarePlanState, CaseState, GoalState, check
from privacy import audit
from privacy.actors import Actor
from privacy.errors import Invalid, NotFound, WrongState
from services import selectors as services
from workflow import engine


class GoalDraft(NamedTuple):
    """``text`` in her words; ``service`` a service code, or empty when no service is needed."""

    text: str
    service: str = ""


MAX_GOALS = 8


@transaction.atomic
def write_assessment(*, actor: Actor, case: Case, situation: str, strengths: str) -> Assessment:
    """Step 2 of the casework circular (02/2020/TT-BLĐTBXH): situation and strengths."""
    case = locked(case)
    policies.require_worker(actor, case)
    must_be(case, CaseState.ASSESSMENT)
    assessment = Assessment(case=case, by_id=actor.user_id)
    assessment.situation = required("situation", situation, _("Describe her situation."))
    assessment.strengths = strengths.strip()
    assessment.save()
    move(actor, case, CaseState.PLANNING, "case.assessed")
    engine.complete(subject=case, step="assessment", actor=actor)
    return assessment


def current_plan(case: Case) -> CarePlan | None:
    return CarePlan.objects.filter(case=case).order_by("-number").first()


@transaction.atomic
def save_plan(*, actor: Actor, case: Case, goals: list[GoalDraft]) -> CarePlan:
    """Write down the goals; may be saved as often as needed until it is submitted."""
    case = locked(case)
    policies.require_worker(actor, case)
    must_be(case, CaseState.PLANNING)
    known = {item.code: item for item in services.service_types()}
    goals = [goal for goal in goals if goal.text.strip() or goal.service]
    errors: dict[str, str] = {}
    if not goals:
        errors["goals"] = _("Write at least one goal, in her words.")
    if len(goals) > MAX_GOALS:
        errors["goals"] = _("A plan has at most eight goals; the rest can follow later.")
    for number, goal in enumerate(goals, start=1):
        if not goal.text.strip():
            errors[f"goal_{number}"] = _("Write the goal in her words.")
        if goal.service and goal.service not in known:
            errors[f"service_{number}"] = _("Choose a service from the list.")
    if errors:
        raise Invalid(errors)
    plan = current_plan(case)
    if plan is None or plan.state in (CarePlanState.APPROVED, CarePlanState.REPLACED):
        number = plan.number + 1 if plan else 1
        plan = CarePlan(case=case, number=number, by_id=actor.user_id)
        plan.save()
    Goal.objects.filter(plan=plan).delete()
    for position, draft in enumerate(goals, start=1):
        row = Goal(
            case=case,
            plan=plan,
            position=position,
            family=known[draft.service].family if draft.service else "",
        )
        row.text, row.service = draft.text.strip(), draft.service
        row.save()
    note(actor, case, "plan.saved")
    return plan


@transaction.atomic
def submit_plan(*, actor: Actor, case: Case) -> None:
    """She has agreed to it; the supervisor decides within three working days."""
    case = locked(case)
    policies.require_worker(actor, case)
    must_be(case, CaseState.PLANNING)
    plan = current_plan(case)
    if plan is None or plan.state not in (CarePlanState.DRAFT, CarePlanState.RETURNED):
        raise WrongState(_("Write the goals first."))
    check(CarePlanState, plan.state, CarePlanState.SUBMITTED)
    plan.state, plan.submitted_at = CarePlanState.SUBMITTED, timezone.now()
    plan.save(update_fields=["state", "submitted_at"])
    move(actor, case, CaseState.PLAN_REVIEW, "plan.submitted")
    engine.complete(subject=case, step="plan", actor=actor)


def _submitted(case: Case) -> CarePlan:
    plan = (
        CarePlan.objects.select_for_update(of=("self",))
        .filter(case=case, state=CarePlanState.SUBMITTED)
        .first()
    )
    if plan is None:
        raise WrongState(_("There is no plan waiting for approval."))
    return plan


@transaction.atomic
def approve_plan(*, actor: Actor, case: Case) -> None:
    """Support begins: clocks for review and follow-up start, single answers are dropped."""
    case = locked(case)
    policies.require_supervisor(actor, case)
    must_be(case, CaseState.PLAN_REVIEW)
    plan = _submitted(case)
    policies.require_another(actor, case, plan.by_id)
    now = timezone.now()
    CarePlan.objects.filter(case=case, state=CarePlanState.APPROVED).update(
        state=CarePlanState.REPLACED
    )
    plan.state, plan.decided_at, plan.decided_by_id = CarePlanState.APPROVED, now, actor.user_id
    plan.save(update_fields=["state", "decided_at", "decided_by"])
    move(actor, case, CaseState.SUPPORT, "plan.approved", review_at=services.due("review", now))
    engine.complete(subject=case, step="approve_plan", actor=actor)
    approval_given(actor, case)
    if not _keeps_answers(case):
        drop_answers(actor, case)
    start_follow_ups(actor=actor, case=case, event=ReferenceEvent.PLAN_AGREED)


def _keeps_answers(case: Case) -> bool:
    latest = (
        Consent.objects.filter(case=case, purpose=Purpose.KEEP_ANSWERS, end__isnull=True)
        .order_by("-pk")
        .first()
    )
    return latest is not None and latest.given


@transaction.atomic
def return_plan(*, actor: Actor, case: Case, because: str) -> None:
    case = locked(case)
    policies.require_supervisor(actor, case)
    must_be(case, CaseState.PLAN_REVIEW)
    plan = _submitted(case)
    plan.returned_because = required("because", because, _("Say what should change."))
    plan.state, plan.decided_at = CarePlanState.RETURNED, timezone.now()
    plan.decided_by_id = actor.user_id
    plan.save()
    move(actor, case, CaseState.PLANNING, "plan.returned")
    engine.complete(subject=case, step="approve_plan", actor=actor)
    approval_given(actor, case)


@transaction.atomic
def set_goal(*, actor: Actor, case: Case, goal: Goal, state: str) -> None:
    """How far a goal has come, as the client sees it."""
    case = locked(case)
    policies.require_worker(actor, case)
    if goal.case_id != case.pk:
        raise NotFound
    must_be_open(case)
    if state not in GoalState.values:
        raise Invalid({"state": _("Choose how far the goal has come.")})
    before = goal.state
    Goal.objects.filter(pk=goal.pk).update(state=state)
    audit.record_change(actor=actor, event="goal.changed", subject=case, before=before, after=state)
