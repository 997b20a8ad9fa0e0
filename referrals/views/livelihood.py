"""The livelihood plan at the Women's Union: make, start, milestones, visits, conclusion."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from privacy import access
from privacy.compartments import Compartment as C
from referrals import actions, policies, selectors
from referrals.forms.livelihood import (
    ConcludeForm,
    EndForm,
    MilestoneForm,
    PlanForm,
    StartForm,
    VisitForm,
)
from referrals.forms.referral import ActionForm
from referrals.labels import packet_name
from referrals.models import LivelihoodPlan
from referrals.states import PlanState
from referrals.views import Request, act_or_ask, typed

COLOURS = {
    PlanState.PLANNED: "blue",
    PlanState.ACTIVE: "green",
    PlanState.STABLE: "teal",
    PlanState.NEEDS_REVIEW: "orange",
}
UNDER_WAY = (PlanState.ACTIVE, PlanState.NEEDS_REVIEW)


@require_http_methods(["GET", "POST"])
def new(request: Request, uuid: UUID) -> HttpResponse:
    """A plan from a livelihood referral whose service is under way."""
    request.again_url = reverse("referral", args=[uuid])
    referral = selectors.received_by(request.actor, uuid)
    policies.require_livelihood_officer(request.actor, referral)
    if request.method == "GET" and not selectors.may_plan_livelihood(request.actor, referral):
        return redirect(request.again_url)
    return act_or_ask(
        request,
        PlanForm(typed(request)),
        lambda values: actions.make_plan(actor=request.actor, referral=referral, **values),
        to=request.again_url,
        said=_("The livelihood plan is made. Start it when she starts."),
        page={
            "title": _("Make a livelihood plan"),
            "reference": referral.reference,
            "button": _("Save the plan"),
        },
    )


@require_GET
def show(request: Request, uuid: UUID) -> HttpResponse:
    plan = selectors.tracked_by(request.actor, uuid)
    access.open_keys(
        request.actor, [plan.referral], [C.PACKET, C.ENTRIES], purpose="livelihood_page"
    )
    visits = selectors.visit_lines(plan)
    return render(
        request,
        "referrals/livelihood.html",
        {
            "plan": plan,
            "name": packet_name(plan.referral),
            "state": PlanState(plan.state).label,
            "colour": COLOURS.get(PlanState(plan.state), "grey"),
            "is_planned": plan.state == PlanState.PLANNED,
            "under_way": plan.state in UNDER_WAY,
            "may_end": plan.state in selectors.STILL_TRACKED,
            "visits": visits,
            "next_visit": selectors.next_visit(line.visit for line in visits),
            "milestones": selectors.milestone_lines(plan),
            "history": selectors.history(plan),
        },
    )


@require_http_methods(["GET", "POST"])
def start(request: Request, uuid: UUID) -> HttpResponse:
    return _verb(
        request,
        _plan(request, uuid),
        StartForm(typed(request)),
        actions.start_plan,
        when=(PlanState.PLANNED,),
        title=_("Start the livelihood plan"),
        button=_("Start"),
        said=_("The plan has started. The visits are in your list."),
    )


@require_http_methods(["GET", "POST"])
def milestone(request: Request, uuid: UUID) -> HttpResponse:
    return _verb(
        request,
        _plan(request, uuid),
        MilestoneForm(typed(request)),
        actions.record_milestone,
        when=UNDER_WAY,
        title=_("Record a milestone"),
        button=_("Save the milestone"),
        said=_("The milestone is saved."),
    )


@require_http_methods(["GET", "POST"])
def visit(request: Request, uuid: UUID) -> HttpResponse:
    """The visit that is due next. Its uuid travels in the form, so that a page that was sent
    twice never records the visit after it."""
    plan = _plan(request, uuid)
    due = selectors.next_visit(plan.visits.all())
    if request.method == "GET" and due is None:
        return redirect(request.again_url)
    form = VisitForm(typed(request), initial={"visit": due.uuid if due else ""})

    def record(*, actor: Any, plan: LivelihoodPlan, visit: UUID, **values: Any) -> None:
        of_plan = selectors.visit_of(plan, visit)
        actions.record_visit(actor=actor, plan=plan, visit=of_plan, **values)

    return _verb(
        request,
        plan,
        form,
        record,
        when=UNDER_WAY,
        title=_("Record a visit"),
        button=_("Save the visit"),
        said=_("The visit is saved."),
        visit=due,
    )


@require_http_methods(["GET", "POST"])
def conclude(request: Request, uuid: UUID) -> HttpResponse:
    plan = _plan(request, uuid)
    if request.method == "GET" and selectors.next_visit(plan.visits.all()) is not None:
        return redirect(request.again_url)  # after the visits, not before
    return _verb(
        request,
        plan,
        ConcludeForm(typed(request)),
        actions.conclude,
        when=UNDER_WAY,
        title=_("Say whether the livelihood is stable"),
        button=_("Save"),
        said=_("It is saved."),
    )


@require_http_methods(["GET", "POST"])
def end(request: Request, uuid: UUID) -> HttpResponse:
    return _verb(
        request,
        _plan(request, uuid),
        EndForm(typed(request)),
        actions.end_plan,
        when=selectors.STILL_TRACKED,
        title=_("End the livelihood plan"),
        explained=[
            _(
                "Do this if the client gives the plan up or goes another way. "
                "No failure is recorded."
            ),
            _("The visits that were still to come leave your list. The plan stays readable."),
        ],
        warns=True,
        button=_("End the plan"),
        said=_("The plan is ended."),
    )


def _plan(request: Request, uuid: UUID) -> LivelihoodPlan:
    request.again_url = reverse("livelihood", args=[uuid])
    return selectors.tracked_by(request.actor, uuid)


def _verb(
    request: Request,
    plan: LivelihoodPlan,
    form: ActionForm,
    act: Any,
    *,
    when: tuple[PlanState, ...],
    title: str,
    button: str,
    said: str,
    **page: Any,
) -> HttpResponse:
    """One verb on one plan: ask, act, go back to its page."""
    if request.method == "GET" and plan.state not in when:
        return redirect(request.again_url)
    return act_or_ask(
        request,
        form,
        lambda values: act(actor=request.actor, plan=plan, **values),
        to=request.again_url,
        said=said,
        page={"title": title, "reference": plan.referral.reference, "button": button, **page},
    )
