"""Erasing a file, and what holds it back: asked at the desk, decided by a second person."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cases import actions, policies
from cases.forms.erasure import ErasureDecisionForm, ErasureForm, HoldForm
from cases.models import Case, ErasureRequest, LegalHold
from cases.selectors import erasure as selectors
from cases.states import ErasureState, HoldState
from cases.views.answer import page_of
from privacy import access, retention
from privacy.actors import Actor
from privacy.compartments import Compartment as C
from privacy.errors import Invalid, NotFound
from privacy.forms import put_errors
from privacy.requests import SignedIn
from privacy.roles import Role

# -- asking


@require_http_methods(["GET", "POST"])
def ask(request: SignedIn, uuid: UUID) -> HttpResponse:
    """From the file: by whoever looks after it, for the client."""
    actor = request.actor
    case = access.find(actor, Case, uuid)
    request.again_url = reverse("case", args=[uuid])
    policies.require_erasure_asker(actor, case)
    open_ = selectors.open_request(case)
    if request.method == "GET" and open_ is not None:
        return redirect("erasure", open_.uuid)
    access.open_keys(actor, [case], [C.IDENTITY], purpose="erasure")
    form = ErasureForm(
        request.POST if request.method == "POST" else None,
        initial={"asked_on": timezone.localdate()},
    )
    if form.is_bound and form.is_valid():
        try:
            asked = actions.request_erasure(actor=actor, case=case, **form.cleaned_data)
        except Invalid as error:
            put_errors(form, error)
        else:
            messages.success(
                request, _("Asked for. Until a second person decides nothing changes.")
            )
            return redirect("erasure", asked.uuid)
    return page_of(
        request, "cases/erasure/ask.html", form, case=case, held=selectors.holds_on(case).exists()
    )


@require_http_methods(["GET", "POST"])
def ask_by_code(request: SignedIn) -> HttpResponse:
    """The data-protection officer, who opens no file: by the code on the client's letter."""
    actor = request.actor
    policies.require_dpo(actor)
    form = ErasureForm(
        request.POST if request.method == "POST" else None,
        initial={"asked_on": timezone.localdate()},
        with_code=True,
    )
    if form.is_bound and form.is_valid():
        answers = dict(form.cleaned_data)
        case = selectors.case_of_code(answers.pop("code"))
        if case is None:
            form.add_error("code", _("There is no case with this code."))
        else:
            try:
                asked = actions.request_erasure(actor=actor, case=case, **answers)
            except Invalid as error:
                put_errors(form, error)
            else:
                messages.success(
                    request, _("Asked for. Until a second person decides nothing changes.")
                )
                return redirect("erasure", asked.uuid)
    return page_of(request, "cases/erasure/ask.html", form, case=None, held=False)


# -- deciding


@require_http_methods(["GET", "POST"])
def show(request: SignedIn, uuid: UUID) -> HttpResponse:
    """How it stands, for those who may know; the decision, for the second person."""
    actor = request.actor
    asked = selectors.with_names(access.find(actor, ErasureRequest, uuid))
    request.again_url = reverse("erasure", args=[uuid])
    form = None
    if asked.state == ErasureState.REQUESTED and policies.may_decide_erasure(actor, asked):
        form = ErasureDecisionForm()
    if request.method == "POST":
        if request.POST.get("step") == "cancel":
            actions.cancel_erasure(actor=actor, erasure=asked)
            messages.success(request, _("Taken back. The file stays as it is."))
            return redirect("erasure", uuid)
        policies.require_erasure_decider(actor, asked)
        form = ErasureDecisionForm(request.POST)
        if form.is_valid():
            return _decide(request, actor, asked, form)
    waits = asked.state == ErasureState.REQUESTED
    if waits:
        access.open_keys(actor, [asked], [C.REGISTER], purpose="erasure")
    return page_of(
        request,
        "cases/erasure/erasure.html",
        form,
        erasure=asked,
        waits=waits,
        held=waits and selectors.holds_on(asked.case).exists(),
        may_cancel=waits and (actor.user_id == asked.entered_by_id or actor.is_a(Role.DPO)),
        is_officer=actor.is_a(Role.DPO),
        may_open_case=waits and access.can(actor, asked.case),
    )


def _decide(
    request: SignedIn, actor: Actor, asked: ErasureRequest, form: ErasureDecisionForm
) -> HttpResponse:
    if form.approves():
        actions.approve_erasure(actor=actor, erasure=asked)
        messages.success(
            request, _("Approved. Nobody finds the file any more, and its keys are destroyed now.")
        )
        # A supervisor's sight of the register ends with the file.
        if not actor.is_a(Role.DPO):
            return redirect("worklist")
    else:
        actions.refuse_erasure(actor=actor, erasure=asked, because=form.because())
        messages.success(request, _("Refused. The file stays as it is."))
    return redirect("erasure", asked.uuid)


# -- legal holds


@require_http_methods(["GET", "POST"])
def set_hold(request: SignedIn) -> HttpResponse:
    actor = request.actor
    policies.require_dpo(actor)
    form = HoldForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        answers = dict(form.cleaned_data)
        case = selectors.case_of_code(answers.pop("code"))
        if case is None:
            form.add_error("code", _("There is no case with this code."))
        else:
            try:
                hold = actions.propose_hold(actor=actor, case=case, **answers)
            except Invalid as error:
                put_errors(form, error)
            else:
                messages.success(request, _("It holds from now on, and waits for a second person."))
                return redirect("hold", hold.uuid)
    return page_of(request, "cases/erasure/set_hold.html", form)


@require_http_methods(["GET", "POST"])
def hold(request: SignedIn, uuid: UUID) -> HttpResponse:
    actor = request.actor
    found = selectors.hold_with_names(access.find(actor, LegalHold, uuid))
    request.again_url = reverse("hold", args=[uuid])
    if request.method == "POST":
        match request.POST.get("step"):
            case "lift":
                actions.propose_lift(actor=actor, hold=found)
                messages.success(request, _("Until a second person agrees it stands."))
            case "agree":
                actions.decide_hold(actor=actor, hold=found, agrees=True)
                messages.success(request, _("Your decision is recorded."))
            case "refuse":
                actions.decide_hold(actor=actor, hold=found, agrees=False)
                messages.success(request, _("Your decision is recorded."))
            case _step:
                raise NotFound
        return redirect("hold", uuid)
    access.open_keys(actor, [found], [C.REGISTER], purpose="legal_hold")
    waits = found.state in (HoldState.PROPOSED, HoldState.LIFTING)
    return page_of(
        request,
        "cases/erasure/hold.html",
        hold=found,
        waits=waits,
        lifting=found.state == HoldState.LIFTING,
        may_decide=waits and policies.may_decide_hold(actor, found),
        may_lift=found.state == HoldState.IN_FORCE and actor.is_a(Role.DPO),
        is_officer=actor.is_a(Role.DPO),
    )


# -- the data-protection officer's pages


@require_GET
def register(request: SignedIn) -> HttpResponse:
    policies.require_dpo(request.actor)
    return page_of(
        request,
        "cases/erasure/register.html",
        waiting=selectors.waiting_requests(),
        decided=selectors.decided_requests(),
        holds=selectors.holds(),
    )


@require_GET
def schedule(request: SignedIn) -> HttpResponse:
    """How long what is kept and on which ground; what is due; what the nights did. Counts only."""
    policies.require_dpo(request.actor)
    runs = retention.last_runs()
    rows = [
        {"due": due, "run": runs.get(due.rule.code), "period": _period(due.rule)}
        for due in retention.outlook()
    ]
    return page_of(request, "cases/erasure/schedule.html", schedule=retention.schedule(), rows=rows)


def _period(rule: retention.Rule) -> str:
    words = {
        "hours": _("%(n)s hours"),
        "days": _("%(n)s days"),
        "months": _("%(n)s months"),
    }
    return words[rule.unit] % {"n": rule.amount}
