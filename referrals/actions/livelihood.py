"""The livelihood plan of the women's union: plan, start, milestones, visits, conclusion.

It lives inside one livelihood referral and its consent; the referral stays in service until the
plan ends, and so does sight. "Unknown" is never "failed".
"""

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy import audit
from privacy.actors import Actor
from privacy.errors import AlreadyDone, Invalid, NotFound, WrongState
from referrals import notices, policies, states
from referrals.actions.earlier import who_was_faster
from referrals.models import (
    Evidence,
    IncomeBand,
    LivelihoodPlan,
    LivelihoodVisit,
    Milestone,
    MilestoneKind,
    Referral,
)
from referrals.states import PlanState, State
from services import selectors as services
from services.clocks import add_months
from services.models import RuleSet, ServiceType
from workflow import engine


def _locked(plan: LivelihoodPlan) -> LivelihoodPlan:
    return (
        LivelihoodPlan.objects.select_for_update(of=("self",))
        .select_related("referral", "referral__recipient_team")
        .get(pk=plan.pk)
    )


def _may_it(plan: LivelihoodPlan, after: PlanState) -> None:
    """As ``states.check_plan``, and tells who was faster and when."""
    with who_was_faster(plan):
        states.check_plan(plan.state, after)


def _move(actor: Actor, plan: LivelihoodPlan, after: PlanState, event: str) -> None:
    before = plan.state
    plan.state = after
    plan.save(update_fields=["state"])
    audit.record_change(actor=actor, event=event, subject=plan, before=before, after=after)
    notices.changed(plan.referral)


@transaction.atomic
def make_plan(
    *, actor: Actor, referral: Referral, trade: str, support: str, amount: str = ""
) -> LivelihoodPlan:
    """Agree with the client what she wants to do and what it takes."""
    referral = Referral.objects.select_for_update(of=("self",)).get(pk=referral.pk)
    policies.require_livelihood_officer(actor, referral)
    if referral.state != State.IN_SERVICE:
        raise WrongState(_("A livelihood plan needs a referral whose service is under way."))
    if referral.family != ServiceType.Family.MONEY:
        raise WrongState(_("A livelihood plan belongs to a livelihood referral."))
    earlier = LivelihoodPlan.objects.filter(referral=referral).first()
    if earlier is not None:
        with who_was_faster(earlier, "livelihood.planned"):
            raise AlreadyDone(_("There is a livelihood plan for this referral already."))
    if not trade.strip():
        raise Invalid({"trade": _("Write what the client wants to do.")})
    plan = LivelihoodPlan(referral=referral, owner_uuid=referral.owner_uuid)
    plan.trade, plan.support, plan.amount = trade.strip(), support.strip(), amount.strip()
    plan.save()
    audit.record_change(
        actor=actor, event="livelihood.planned", subject=plan, after=PlanState.PLANNED
    )
    notices.changed(referral)
    engine.start(subject=plan, actor=actor)
    return plan


@transaction.atomic
def start_plan(*, actor: Actor, plan: LivelihoodPlan, on: date) -> None:
    """From this day the visits are counted: 1, 3, 6 and 12 months (dated rule data)."""
    plan = _locked(plan)
    policies.require_livelihood_officer(actor, plan.referral)
    _may_it(plan, PlanState.ACTIVE)
    if on > timezone.localdate():
        raise Invalid({"on": _("Choose today or a day in the past.")})
    plan.started_on = on
    plan.save(update_fields=["started_on"])
    LivelihoodVisit.objects.bulk_create(
        [
            LivelihoodVisit(
                plan=plan, owner_uuid=plan.owner_uuid, months=months, due_on=add_months(on, months)
            )
            for months in visit_months()
        ]
    )
    _move(actor, plan, PlanState.ACTIVE, "livelihood.started")
    engine.complete(subject=plan, step="begin_plan", actor=actor)


def visit_months() -> list[int]:
    """Months after the start, from the follow-up template in force (``month_3`` and so on)."""
    template = services.rule_set(RuleSet.Kind.FOLLOW_UP_TEMPLATE).payload
    return [int(step["code"].removeprefix("month_")) for step in template["steps"]]


@transaction.atomic
def record_milestone(
    *,
    actor: Actor,
    plan: LivelihoodPlan,
    kind: str,
    on: date,
    amount: str = "",
    evidence: str = Evidence.TOLD,
    forward: bool = False,
) -> Milestone:
    """A step forward. With the client's yes its kind (never the amount) goes to her worker."""
    plan = _locked(plan)
    policies.require_livelihood_officer(actor, plan.referral)
    if plan.state not in (PlanState.ACTIVE, PlanState.NEEDS_REVIEW):
        raise WrongState(_("Milestones are recorded while the plan is under way."))
    errors: dict[str, str] = {}
    if kind not in MilestoneKind.values:
        errors["kind"] = _("Choose what happened.")
    if evidence not in Evidence.values:
        errors["evidence"] = _("Choose how you know.")
    if on > timezone.localdate():
        errors["on"] = _("Choose today or a day in the past.")
    if errors:
        raise Invalid(errors)
    milestone = Milestone(
        plan=plan,
        owner_uuid=plan.owner_uuid,
        on=on,
        evidence=evidence,
        forwarded=forward,
        recorded_by_id=actor.user_id,
    )
    milestone.kind, milestone.amount = kind, amount.strip()
    milestone.forwarded_kind = kind if forward else ""
    milestone.save()
    audit.record_change(actor=actor, event="livelihood.milestone", subject=plan)
    if forward:
        notices.milestone_forwarded(milestone)
    return milestone


@transaction.atomic
def record_visit(
    *, actor: Actor, plan: LivelihoodPlan, visit: LivelihoodVisit, income_band: str, note: str = ""
) -> None:
    """The next visit in order; an income that is not known is recorded as not known."""
    plan = _locked(plan)
    policies.require_livelihood_officer(actor, plan.referral)
    if plan.state not in (PlanState.ACTIVE, PlanState.NEEDS_REVIEW):
        raise WrongState(_("Visits are recorded while the plan is under way."))
    own = plan.visits.select_for_update(of=("self",)).filter(pk=visit.pk).first()
    if own is None:
        raise NotFound
    visit = own
    if visit.done_on is not None:
        with who_was_faster(plan, "livelihood.visited"):
            raise AlreadyDone(_("This visit has been recorded already."))
    if plan.visits.filter(done_on__isnull=True, due_on__lt=visit.due_on).exists():
        raise WrongState(_("Record the earlier visit first; “not known” is an answer too."))
    if income_band not in IncomeBand.values:
        raise Invalid({"income_band": _("Choose an income band, or “not known”.")})
    visit.done_on = timezone.localdate()
    visit.done_by_id = actor.user_id
    visit.income_band, visit.note = income_band, note.strip()
    visit.save()
    audit.record_change(actor=actor, event="livelihood.visited", subject=plan)
    notices.changed(plan.referral)
    engine.complete(subject=plan, step="visit", actor=actor)


@transaction.atomic
def conclude(*, actor: Actor, plan: LivelihoodPlan, stable: bool) -> None:
    """After the visits: stable, or needs review (and is looked at again)."""
    plan = _locked(plan)
    policies.require_livelihood_officer(actor, plan.referral)
    after = PlanState.STABLE if stable else PlanState.NEEDS_REVIEW
    _may_it(plan, after)
    _move(actor, plan, after, "livelihood.concluded")
    engine.complete(subject=plan, step="conclude", actor=actor)


@transaction.atomic
def end_plan(*, actor: Actor, plan: LivelihoodPlan) -> None:
    """The client gives the plan up, or it ends for another reason: no failure is recorded."""
    plan = _locked(plan)
    policies.require_livelihood_officer(actor, plan.referral)
    _may_it(plan, PlanState.ENDED)
    _move(actor, plan, PlanState.ENDED, "livelihood.ended")
    engine.cancel(subject=plan, actor=actor)


def still_tracked(plan: LivelihoodPlan) -> bool:
    return plan.state not in (PlanState.STABLE, PlanState.ENDED)


def must_not_be_tracked(referral: Referral) -> None:
    """A livelihood referral stays in service until its plan ends, and so does sight."""
    plan = LivelihoodPlan.objects.filter(referral=referral).first()
    if plan is not None and still_tracked(plan):
        raise WrongState(_("The livelihood plan is still under way. Conclude it or end it first."))


def end_with_referral(referral: Referral, actor: Actor) -> None:
    """The referral ends (cancelled, withdrawn): its plan leaves the officer's list."""
    plan = LivelihoodPlan.objects.filter(referral=referral).select_related("referral").first()
    if plan is None or not still_tracked(plan):
        return
    _move(actor, plan, PlanState.ENDED, "livelihood.ended")
    engine.cancel(subject=plan, actor=actor)
