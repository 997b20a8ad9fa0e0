"""The needs screening, the advice that explains itself, and safety first when it is urgent."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cases import actions, policies
from cases.forms.screening import LevelForm, SafetyPlanForm, SectionForm
from cases.models import Case, Level, Screening, Track
from cases.questionnaire import Question
from cases.selectors import file as files
from cases.selectors import screening as selectors
from cases.states import ACTIVE, CaseState
from privacy.compartments import Compartment as C
from privacy.errors import Invalid, NotFound, WrongState
from privacy.forms import put_errors
from privacy.requests import SignedIn, again_at
from services import selectors as services

ANSWERS = (C.IDENTITY, C.NEEDS, C.PROTECTION)


class Sitting:
    """The screening that is being filled in, as one page shows it."""

    def __init__(self, request: SignedIn, uuid: UUID) -> None:
        self.actor = request.actor
        self.case = files.find_adult(self.actor, uuid, *ANSWERS, page="screening_page")
        policies.require_worker(self.actor, self.case)
        if self.case.state != CaseState.SCREENING:
            raise WrongState(
                _("This stands at “%(state)s”, so it is not possible now.")
                % {"state": CaseState(self.case.state).label}
            )
        self.screening = selectors.open_screening(self.case)
        answers = selectors.answers_of(self.screening)
        if answers is None:
            raise WrongState(_("The answers of this screening are locked."))
        self.answers = answers
        form, self.version = selectors.form_for(self.screening)
        self.parts = selectors.parts(form, answers, self.case.age_band)

    @property
    def initial(self) -> dict[str, str]:
        return {selectors.AGE_QUESTION: self.case.age_band, **self.answers}

    @property
    def urgencies(self) -> list[selectors.Urgency]:
        """What cannot wait until the screening is finished."""
        if self.screening is None:
            return []
        result = actions.advise(self.screening)
        if result.level.value != Level.URGENT:
            return []
        return selectors.explained(result.matched, selectors.hotlines(), urgent_only=True)

    def save(self, form: SectionForm) -> bool:
        """False when something has to be corrected; then the form says what."""
        if not form.is_valid():
            return False
        try:
            actions.save_answers(actor=self.actor, case=self.case, answers=form.answers())
        except Invalid as error:
            put_errors(form, error)
            return False
        return True

    @property
    def was_handed_over(self) -> bool:
        return Case.objects.filter(pk=self.case.pk, track=Track.CHILD).exists()


def _posted(request: SignedIn) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


@require_GET
def overview(request: SignedIn, uuid: UUID) -> HttpResponse:
    case = files.find_adult(request.actor, uuid, page="screening_page")
    if case.state != CaseState.SCREENING:
        return redirect("screening_result" if selectors.last_completed(case) else "case", uuid)
    sitting = Sitting(request, uuid)
    return render(
        request,
        "cases/screening/overview.html",
        {
            "case": sitting.case,
            "version": sitting.version,
            "tasks": [_task(case, part) for part in sitting.parts],
            "urgencies": sitting.urgencies,
            "begun": sitting.screening is not None,
        },
    )


def _task(case: Case, part: selectors.Part) -> dict[str, Any]:
    if part.answered == 0:
        status, colour = _("Not begun"), "blue"
    elif part.answered == part.total:
        status, colour = _("Answered"), ""
    else:
        status = _("%(answered)d of %(total)d answered") % {
            "answered": part.answered,
            "total": part.total,
        }
        colour = "teal"
    return {
        "title": part.label,
        "url": reverse("screening_section", args=[case.uuid, part.code.lower()]),
        "status": status,
        "colour": colour,
    }


@require_http_methods(["GET", "POST"])
@again_at("case")
def section(request: SignedIn, uuid: UUID, code: str) -> HttpResponse:
    """One part a page. It is saved at every step; the next part may depend on it."""
    sitting = Sitting(request, uuid)
    codes = [part.code.lower() for part in sitting.parts]
    if code not in codes:
        raise NotFound
    at = codes.index(code)
    part = sitting.parts[at]
    form = SectionForm(part.questions, _posted(request), initial=sitting.initial)
    if request.method == "POST" and sitting.save(form):
        if sitting.was_handed_over:
            return redirect("case_handed_over")
        return _next(request, uuid, code)
    return render(
        request,
        "cases/screening/section.html",
        {
            "case": sitting.case,
            "part": part,
            "form": form,
            "number": at + 1,
            "total": len(codes),
            "before": codes[at - 1] if at else "",
            "urgencies": sitting.urgencies,
        },
        status=422 if form.is_bound else 200,
    )


def _next(request: SignedIn, uuid: UUID, code: str) -> HttpResponse:
    if request.POST.get("then") == "overview":
        return redirect("screening", uuid)
    codes = [part.code.lower() for part in Sitting(request, uuid).parts]
    later = codes[codes.index(code) + 1 :] if code in codes else []
    if not later:
        return redirect("screening", uuid)
    return redirect("screening_section", uuid, later[0])


@require_http_methods(["GET", "POST"])
@again_at("case")
def one_page(request: SignedIn, uuid: UUID) -> HttpResponse:
    """All parts at once, for experienced workers."""
    sitting = Sitting(request, uuid)
    questions: list[Question] = [q for part in sitting.parts for q in part.questions]
    form = SectionForm(questions, _posted(request), initial=sitting.initial)
    if request.method == "POST" and sitting.save(form):
        if sitting.was_handed_over:
            return redirect("case_handed_over")
        asked = {question.code for question in questions}
        later = Sitting(request, uuid)
        new = [part.code for part in later.parts for q in part.questions if q.code not in asked]
        if new:
            messages.info(request, _("Saved. Some answers opened more questions: see below."))
            return redirect(f"{request.path}#{new[0]}")
        return redirect("screening_result", uuid)
    return render(
        request,
        "cases/screening/one_page.html",
        {
            "case": sitting.case,
            "form": form,
            "parts": [(part, [form[q.code] for q in part.questions]) for part in sitting.parts],
            "urgencies": sitting.urgencies,
        },
        status=422 if form.is_bound else 200,
    )


@require_http_methods(["GET", "POST"])
@again_at("case")
def result(request: SignedIn, uuid: UUID) -> HttpResponse:
    """The advice with its reasons; the level is the worker's to set."""
    case = files.find_adult(request.actor, uuid, *ANSWERS, C.NOTES, page="screening_result")
    if case.state != CaseState.SCREENING and request.method == "GET":
        return _finished(request, case)
    if request.method == "POST":
        # The action refuses a wrong state or person in its own words.
        form = LevelForm(request.POST)
        if form.is_valid():
            try:
                actions.finish(
                    actor=request.actor,
                    case=case,
                    level=form.cleaned_data["level"],
                    level_reason=form.cleaned_data["level_reason"],
                )
            except Invalid as error:
                put_errors(form, error)
            else:
                return _on(request, uuid)
    sitting = Sitting(request, uuid)
    if sitting.screening is None:
        return redirect("screening", uuid)
    advice = actions.advise(sitting.screening)
    if request.method == "GET":
        form = LevelForm(initial={"level": advice.level.value})
    return render(
        request,
        "cases/screening/result.html",
        {
            "case": sitting.case,
            "form": form,
            "unanswered": sum(part.total - part.answered for part in sitting.parts),
            **_told(advice),
        },
        status=422 if form.is_bound else 200,
    )


def _told(advice: Any) -> dict[str, Any]:
    return {
        "level": Level(advice.level.value),
        "clock": services.clock(advice.clock).name,
        "due": services.due(advice.clock),
        "matches": selectors.explained(advice.matched, selectors.hotlines()),
        "suggestions": selectors.suggested(advice),
        "scores": _scores(advice.scores),
    }


def _scores(scores: Any) -> Sequence[tuple[str, int]]:
    names: dict[str, str] = {"phq2": "PHQ-2", "gad2": "GAD-2", "srq20": "SRQ-20"}
    if not isinstance(scores, dict):
        return []
    return [
        (names.get(str(code), str(code)), value)
        for code, value in scores.items()
        if value is not None
    ]


def _on(request: SignedIn, uuid: UUID) -> HttpResponse:
    case = files.find_adult(request.actor, uuid, page="screening_result")
    if case.state == CaseState.SAFETY:
        messages.warning(
            request, _("Urgent: the supervisor is told now. Make the safety plan with her.")
        )
        return redirect("safety_plan", uuid)
    messages.success(request, _("The screening is finished. Next: assess the situation together."))
    return redirect("case", uuid)


def _finished(request: SignedIn, case: Case) -> HttpResponse:
    """A screening of the past: level, scores and services; the answers while they are kept."""
    screening = selectors.last_completed(case)
    if screening is None:
        raise WrongState(_("This case has not been screened yet."))
    return render(
        request,
        "cases/screening/finished.html",
        {
            "case": case,
            "screening": screening,
            "level": Level(screening.level) if screening.level else None,
            "advised": Level(screening.advised_level) if screening.advised_level else None,
            "services": selectors.services_named(screening.services),
            "scores": _scores(screening.scores),
            **_explained(screening),
        },
    )


def _explained(screening: Screening) -> dict[str, Any]:
    if screening.answers_dropped_at is not None or not selectors.answers_of(screening):
        return {}
    advice = actions.advise(screening)
    return {
        "matches": selectors.explained(advice.matched, selectors.hotlines()),
        "suggestions": selectors.suggested(advice),
    }


@require_http_methods(["GET", "POST"])
@again_at("case")
def safety_plan(request: SignedIn, uuid: UUID) -> HttpResponse:
    actor = request.actor
    case = files.find_adult(actor, uuid, *ANSWERS, page="safety_plan")
    may_write = policies.is_worker(actor, case) and case.state in ACTIVE
    form = SafetyPlanForm(_posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            actions.make_safety_plan(actor=actor, case=case, text=form.cleaned_data["text"])
        except Invalid as error:
            put_errors(form, error)
        else:
            messages.success(request, _("The safety plan is kept."))
            return redirect("case", uuid)
    elif request.method == "POST":
        policies.require_worker(actor, case)
    screening = selectors.last_completed(case)
    urgencies: list[selectors.Urgency] = []
    if case.state == CaseState.SAFETY and screening is not None and selectors.answers_of(screening):
        advice = actions.advise(screening)
        urgencies = selectors.explained(advice.matched, selectors.hotlines(), urgent_only=True)
    return render(
        request,
        "cases/screening/safety_plan.html",
        {
            "case": case,
            "form": form if may_write else None,
            "plans": selectors.safety_plans(case),
            "urgencies": urgencies,
        },
        status=422 if form.is_bound else 200,
    )


@require_POST
@again_at("case")
def urgent_seen(request: SignedIn, uuid: UUID) -> HttpResponse:
    case = files.find_adult(request.actor, uuid, page="urgent_seen")
    actions.acknowledge_urgent(actor=request.actor, case=case)
    messages.success(request, _("Noted that you have seen it. The case worker can count on you."))
    return redirect("case", uuid)
