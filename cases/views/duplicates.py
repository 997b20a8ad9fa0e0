"""The same person in two files: asking her, the task of the other side, taking a link apart."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cases import actions, policies
from cases.forms.duplicates import CheckForm, MatchForm
from cases.selectors import duplicates as selectors
from cases.selectors import file as files
from cases.states import MatchState
from privacy.compartments import Compartment as C
from privacy.errors import Invalid
from privacy.forms import put_errors
from privacy.requests import SignedIn, again_at


@require_http_methods(["GET", "POST"])
@again_at("case")
def same_person(request: SignedIn, uuid: UUID) -> HttpResponse:
    """The worker asks; the answer to a look never comes back to this page."""
    actor = request.actor
    case = files.find_adult(actor, uuid, C.IDENTITY, page="same_person")
    form = CheckForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        policies.require_worker(actor, case)
        if form.is_valid():
            agreed = form.cleaned_data["agreed"] == "yes"
            try:
                actions.ask_for_duplicates(
                    actor=actor,
                    case=case,
                    agreed=agreed,
                    method=form.cleaned_data["method"],
                    cccd=form.cleaned_data["cccd"],
                )
            except Invalid as error:
                put_errors(form, error)
            else:
                messages.success(
                    request,
                    _("Her yes is recorded. If there is another file, she is asked by those there.")
                    if agreed
                    else _("Her no is recorded, and respected."),
                )
                return redirect("same_person", uuid)
    return render(
        request,
        "cases/duplicates/same_person.html",
        {
            "case": case,
            "form": form,
            "may_ask": policies.is_worker(actor, case) and case.is_open,
            "may_undo": policies.is_supervisor(actor, case) and actor.user_id != case.worker_id,
            "linked": selectors.linked_files(case),
            "checks": selectors.checks_of(case),
        },
        status=422 if form.is_bound else 200,
    )


@require_POST
@again_at("same_person")
def undo(request: SignedIn, uuid: UUID, link: UUID) -> HttpResponse:
    case = files.find_adult(request.actor, uuid, page="same_person")
    actions.undo_link(actor=request.actor, link=selectors.find_link(case, link), case=case)
    messages.success(request, _("The two files are not linked any more."))
    return redirect("same_person", uuid)


@require_http_methods(["GET", "POST"])
@again_at("match")
def match(request: SignedIn, uuid: UUID) -> HttpResponse:
    """The supervisor of the file that was there asks that client; the other has no name here."""
    actor = request.actor
    found = selectors.find_match(actor, uuid)
    form = MatchForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        agreed = form.cleaned_data["agreed"] == "yes"
        try:
            actions.answer_match(
                actor=actor, match=found, agreed=agreed, method=form.cleaned_data["method"]
            )
        except Invalid as error:
            put_errors(form, error)
        else:
            messages.success(
                request,
                _("The two files are linked. Each stays where it is.")
                if agreed
                else _("Closed. Nobody else is told."),
            )
            return redirect("worklist")
    return render(
        request,
        "cases/duplicates/match.html",
        {
            "match": found,
            "case": found.case,
            "contact": found.case.contact if isinstance(found.case.contact, dict) else None,
            "is_open": found.state == MatchState.OPEN,
            "is_own_case": actor.user_id == found.case.worker_id,
            "form": form,
        },
        status=422 if form.is_bound else 200,
    )
