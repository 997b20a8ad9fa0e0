"""Review, closure with a second pair of eyes, and the way back."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases import actions, policies
from cases.actions.plot import must_be, require_adult
from cases.forms.closing import ApprovalForm, ClosureForm, ReviewForm
from cases.models import Case
from cases.selectors import closing as selectors
from cases.states import CaseState
from cases.views.answer import page_of
from privacy import access
from privacy.actors import Actor
from privacy.compartments import Compartment as C
from privacy.errors import Invalid
from privacy.forms import put_errors
from privacy.requests import SignedIn

LOOKED_AT = (C.IDENTITY, C.NEEDS, C.NOTES)


@require_http_methods(["GET", "POST"])
def review(request: SignedIn, uuid: UUID) -> HttpResponse:
    actor = request.actor
    case = access.find(actor, Case, uuid)
    request.again_url = reverse("case", args=[uuid])
    policies.require_worker(actor, case)
    if request.method == "GET":
        must_be(case, CaseState.SUPPORT)
    access.open_keys(actor, [case], LOOKED_AT, purpose="review")
    wanted = "renew" if request.GET.get("renew") == "1" else None
    form = ReviewForm(
        request.POST if request.method == "POST" else None, initial={"decision": wanted}
    )
    if form.is_bound and form.is_valid():
        actions.review_case(actor=actor, case=case, renew=form.renews())
        if form.renews():
            messages.success(request, _("Write the new plan with the client now."))
            return redirect("plan", case.uuid)
        messages.success(request, _("The review is recorded. Support goes on as planned."))
        return redirect("case", case.uuid)
    return page_of(
        request, "cases/closing/review.html", form, case=case, balance=selectors.balance(case)
    )


@require_http_methods(["GET", "POST"])
def request(request: SignedIn, uuid: UUID) -> HttpResponse:
    actor = request.actor
    case = access.find(actor, Case, uuid)
    request.again_url = reverse("case", args=[uuid])
    policies.require_worker(actor, case)
    if request.method == "GET":
        must_be(case, CaseState.SUPPORT)
    access.open_keys(actor, [case], LOOKED_AT, purpose="closure")
    form = ClosureForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            actions.request_closure(actor=actor, case=case, **form.cleaned_data)
        except Invalid as error:
            put_errors(form, error)
        else:
            messages.success(
                request, _("The closure waits for a supervisor. Until then nothing ends.")
            )
            return redirect("case", case.uuid)
    return page_of(
        request, "cases/closing/request.html", form, case=case, balance=selectors.balance(case)
    )


@require_http_methods(["GET", "POST"])
def approval(request: SignedIn, uuid: UUID) -> HttpResponse:
    """The supervisor's yes or no; never about her own case."""
    actor = request.actor
    case = access.find(actor, Case, uuid)
    request.again_url = reverse("case", args=[uuid])
    policies.require_supervisor(actor, case)
    if request.method == "GET":
        must_be(case, CaseState.CLOSING)
    access.open_keys(actor, [case], LOOKED_AT, purpose="closure_approval")
    form = ApprovalForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            done = _decide(actor, case, form)
        except Invalid as error:
            put_errors(form, error)
        else:
            messages.success(request, done)
            return redirect("case", case.uuid)
    return page_of(
        request,
        "cases/closing/approval.html",
        form,
        case=case,
        closure=selectors.closure_of(case),
        balance=selectors.balance(case),
    )


def _decide(actor: Actor, case: Case, form: ApprovalForm) -> str:
    if form.approves():
        actions.approve_closure(actor=actor, case=case)
        return _("The case is closed.")
    actions.return_closure(actor=actor, case=case, because=form.cleaned_data["because"])
    return _("The closure is returned to the case worker.")


@require_http_methods(["GET", "POST"])
def reopen(request: SignedIn, uuid: UUID) -> HttpResponse:
    actor = request.actor
    case = access.find(actor, Case, uuid)
    request.again_url = reverse("case", args=[uuid])
    policies.require_worker(actor, case)
    if request.method == "POST":
        actions.reopen_case(actor=actor, case=case)
        messages.success(request, _("The case is open again. Ask for consent first."))
        return redirect("case", case.uuid)
    require_adult(case)
    must_be(case, CaseState.CLOSED)
    access.open_keys(actor, [case], [C.IDENTITY], purpose="reopen")
    return page_of(request, "cases/closing/reopen.html", None, case=case)
