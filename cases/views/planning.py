"""Assessment, the client's own goals, approval, progress; and the plan of the child track."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases import actions, policies
from cases.forms.pages import only_a_look
from cases.forms.planning import (
    CHILD_STEPS,
    SHOWN_AT_FIRST,
    AssessmentForm,
    ChildPlanForm,
    DecisionForm,
    GoalForm,
    PlanForm,
)
from cases.models import CarePlan, Case, Goal, Track
from cases.selectors import file as files
from cases.selectors import screening as screenings
from cases.states import CarePlanState, CaseState
from privacy.compartments import Compartment as C
from privacy.errors import Invalid, NotFound, WrongState
from privacy.forms import put_errors
from privacy.requests import SignedIn, again_at
from services import selectors as services
from workflow import engine


def _posted(request: SignedIn) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _wrong_state(case: Case) -> WrongState:
    return WrongState(
        _("This stands at “%(state)s”, so it is not possible now.")
        % {"state": CaseState(case.state).label}
    )


@require_http_methods(["GET", "POST"])
@again_at("case")
def assessment(request: SignedIn, uuid: UUID) -> HttpResponse:
    actor = request.actor
    case = files.find_adult(actor, uuid, C.IDENTITY, C.NEEDS, page="assessment")
    may_write = policies.is_worker(actor, case) and case.state == CaseState.ASSESSMENT
    form = AssessmentForm(_posted(request))
    if request.method == "POST":
        policies.require_worker(actor, case)
        if form.is_valid():
            try:
                actions.write_assessment(actor=actor, case=case, **form.cleaned_data)
            except Invalid as error:
                put_errors(form, error)
            else:
                messages.success(request, _("The assessment is kept. Next: agree the plan."))
                return redirect("plan", uuid)
        elif not may_write:
            raise _wrong_state(case)
    return render(
        request,
        "cases/planning/assessment.html",
        {
            "case": case,
            "form": form if may_write else None,
            "last": files.last_assessment(case),
        },
        status=422 if form.is_bound else 200,
    )


# -- the plan


@require_http_methods(["GET", "POST"])
@again_at("case")
def plan(request: SignedIn, uuid: UUID) -> HttpResponse:
    """Her goals in her words, each with the service that may help. Saved as often as needed."""
    actor = request.actor
    case = files.find_adult(actor, uuid, C.IDENTITY, C.NEEDS, C.PROTECTION, C.NOTES, page="plan")
    current, goals = _plan_of(case)
    if request.method == "POST":
        policies.require_worker(actor, case)
    elif not (policies.is_worker(actor, case) and case.state == CaseState.PLANNING):
        return render(
            request,
            "cases/planning/shown.html",
            {
                "case": case,
                "plan": current,
                "goals": _goal_rows(goals),
                "may_set": _may_set(request, case),
            },
        )
    suggestions = _suggestions(case)
    options: dict[str, Any] = {
        "services": services.service_types(),
        "suggested": [item.service.code for item in suggestions],
    }
    if request.method == "POST":
        rows = PlanForm.rows_in(request.POST)
        form = PlanForm(request.POST, rows=rows, **options)
        if "add" in request.POST and form.is_valid():
            kept = {name: form.cleaned_data[name] for name in form.fields}
            form = PlanForm(initial=kept, rows=rows + 1, **options)
            return only_a_look(_editor(request, case, form, suggestions, current))
        elif form.is_valid():
            try:
                actions.save_plan(actor=actor, case=case, goals=form.drafts())
            except Invalid as error:
                form.refused(error)
            else:
                return redirect("plan_check", uuid)
    else:
        drafts = goals if current and current.state in _WRITABLE else []
        form = PlanForm(
            initial=_typed(drafts), rows=max(len(drafts) + 1, SHOWN_AT_FIRST), **options
        )
    return _editor(request, case, form, suggestions, current)


def _editor(
    request: SignedIn,
    case: Case,
    form: PlanForm,
    suggestions: list[screenings.Suggested],
    current: CarePlan | None,
) -> HttpResponse:
    return render(
        request,
        "cases/planning/plan.html",
        {
            "case": case,
            "form": form,
            "suggestions": suggestions,
            "returned": current if current and current.state == CarePlanState.RETURNED else None,
        },
        status=422 if form.is_bound else 200,
    )


_WRITABLE = (CarePlanState.DRAFT, CarePlanState.RETURNED)


def _typed(goals: list[Goal]) -> dict[str, str]:
    typed: dict[str, str] = {}
    for number, goal in enumerate(goals, start=1):
        typed[f"goal_{number}"] = str(goal.text or "")
        typed[f"service_{number}"] = str(goal.service or "")
    return typed


def _plan_of(case: Case) -> tuple[CarePlan | None, list[Goal]]:
    current = actions.current_plan(case)
    goals = list(Goal.objects.filter(plan=current).order_by("position", "pk")) if current else []
    return current, goals


def _goal_rows(goals: list[Goal]) -> list[dict[str, Any]]:
    names = {item.code: item.name for item in services.service_types(channels=True)}
    return [
        {"goal": goal, "service": names.get(str(goal.service)) if goal.service else None}
        for goal in goals
    ]


def _suggestions(case: Case) -> list[screenings.Suggested]:
    """What the last screening suggested, with its reasons while the answers are kept."""
    screening = screenings.last_completed(case)
    if screening is None:
        return []
    if screening.answers_dropped_at is None and screenings.answers_of(screening):
        return screenings.suggested(actions.advise(screening))
    return [screenings.Suggested(s, ()) for s in screenings.services_named(screening.services)]


def _may_set(request: SignedIn, case: Case) -> bool:
    return policies.is_worker(request.actor, case) and case.is_open


@require_http_methods(["GET", "POST"])
@again_at("case")
def check(request: SignedIn, uuid: UUID) -> HttpResponse:
    """Read it through with her, as the supervisor will see it; then send it."""
    actor = request.actor
    case = files.find_adult(actor, uuid, C.IDENTITY, C.NEEDS, page="plan")
    if request.method == "POST":
        actions.submit_plan(actor=actor, case=case)
        messages.success(
            request, _("The plan is sent. The supervisor decides within three working days.")
        )
        return redirect("case", uuid)
    policies.require_worker(actor, case)
    current, goals = _plan_of(case)
    if case.state != CaseState.PLANNING:
        raise _wrong_state(case)
    if not goals or current is None or current.state not in _WRITABLE:
        return redirect("plan", uuid)
    return render(request, "cases/planning/check.html", {"case": case, "goals": _goal_rows(goals)})


@require_http_methods(["GET", "POST"])
@again_at("case")
def approval(request: SignedIn, uuid: UUID) -> HttpResponse:
    """A supervisor of the team decides, never about her own case."""
    actor = request.actor
    case = files.find(actor, uuid, C.IDENTITY, C.NEEDS, C.NOTES, page="plan_approval")
    policies.require_supervisor(actor, case)
    if case.track != Track.ADULT:
        raise NotFound
    form = DecisionForm(_posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            if form.cleaned_data["decision"] == "approve":
                actions.approve_plan(actor=actor, case=case)
                messages.success(request, _("The plan is approved. Support is under way."))
            else:
                actions.return_plan(actor=actor, case=case, because=form.cleaned_data["because"])
                messages.success(request, _("The plan went back to the worker with your reason."))
        except Invalid as error:
            put_errors(form, error)
        else:
            return redirect("case", uuid)
    if case.state != CaseState.PLAN_REVIEW:
        raise _wrong_state(case)
    current, goals = _plan_of(case)
    return render(
        request,
        "cases/planning/approval.html",
        {
            "case": case,
            "form": form,
            "plan": current,
            "goals": _goal_rows(goals),
            "assessment": files.last_assessment(case),
        },
        status=422 if form.is_bound else 200,
    )


@require_http_methods(["GET", "POST"])
def goal(request: SignedIn, uuid: UUID) -> HttpResponse:
    actor = request.actor
    found = files.find_goal(actor, uuid)
    form = GoalForm(_posted(request), initial={"state": found.state})
    if request.method == "GET":
        policies.require_worker(actor, found.case)
    elif form.is_valid():
        try:
            actions.set_goal(
                actor=actor, case=found.case, goal=found, state=form.cleaned_data["state"]
            )
        except Invalid as error:
            put_errors(form, error)
        else:
            messages.success(request, _("The progress is noted."))
            return redirect("case", found.case.uuid)
    else:
        policies.require_worker(actor, found.case)
    return render(
        request,
        "cases/planning/goal.html",
        {"case": found.case, "goal": found, "form": form},
        status=422 if form.is_bound else 200,
    )


# -- the protected child track


CHILD = (C.IDENTITY, C.CONTACT, C.CHILD)


@require_http_methods(["GET", "POST"])
@again_at("case")
def child_plan(request: SignedIn, uuid: UUID) -> HttpResponse:
    """The child officer of the place and the named supervisor; nobody else finds this page."""
    actor = request.actor
    case = files.find(actor, uuid, *CHILD, page="child_plan")
    policies.require_child_protection(actor, case)
    may_write = case.state == CaseState.PROTECTED
    plans = files.child_plans(case)
    form = ChildPlanForm(_posted(request), initial=_last_steps(plans))
    if request.method == "POST":
        if form.is_valid():
            try:
                actions.write_child_plan(
                    actor=actor, case=case, text=form.cleaned_data["text"], steps=form.steps()
                )
            except Invalid as error:
                put_errors(form, error)
            else:
                messages.success(request, _("The plan is kept."))
                return redirect("case", uuid)
        elif not may_write:
            raise _wrong_state(case)
    return render(
        request,
        "cases/planning/child_plan.html",
        {
            "case": case,
            "form": form if may_write else None,
            "plans": [{"plan": item, "steps": steps_taken(item.steps)} for item in plans],
            "lines": [
                line
                for code, line in screenings.hotlines().items()
                if code in ("child", "ambulance")
            ],
        },
        status=422 if form.is_bound else 200,
    )


def _last_steps(plans: list[Any]) -> dict[str, Any]:
    """Dates that are known stay: the next version begins with them."""
    steps = plans[0].steps if plans else {}
    if not isinstance(steps, dict):
        return {}
    return {code: date.fromisoformat(day) for code, day in steps.items()}


def steps_taken(steps: Any) -> list[tuple[str, Any]]:
    if not isinstance(steps, dict):
        return []
    return [
        (str(label), date.fromisoformat(steps[code]))
        for code, label in CHILD_STEPS.items()
        if code in steps
    ]


@require_http_methods(["GET", "POST"])
@again_at("case")
def child_end(request: SignedIn, uuid: UUID) -> HttpResponse:
    actor = request.actor
    case = files.find(actor, uuid, C.IDENTITY, page="child_end")
    policies.require_child_protection(actor, case)
    if request.method == "POST":
        actions.conclude_child_protection(actor=actor, case=case)
        messages.success(request, _("Child protection is concluded and the file is closed."))
        return redirect("case", uuid)
    if case.state != CaseState.PROTECTED:
        raise _wrong_state(case)
    return render(
        request,
        "cases/planning/child_end.html",
        {"case": case, "has_plan": not engine.is_waiting(case, "child_plan")},
    )
