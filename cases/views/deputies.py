"""A supervisor's deputies: name one for her leave, or for the one approval she may not give."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cases import actions, policies
from cases.forms.deputies import DeputyForm, StandInForm
from cases.models import Case
from cases.selectors import deputies as selectors
from privacy import access
from privacy.compartments import Compartment as C
from privacy.errors import Invalid
from privacy.forms import put_errors
from privacy.requests import SignedIn, again_at


@require_http_methods(["GET", "POST"])
def listing(request: SignedIn) -> HttpResponse:
    actor = request.actor
    policies.require_naming(actor)
    people = selectors.could_stand_in(actor)
    form = DeputyForm(people, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            actions.name_deputy(
                actor=actor,
                stand_in=form.chosen(),
                starts_on=form.cleaned_data["starts_on"],
                ends_on=form.cleaned_data["ends_on"],
            )
        except Invalid as error:
            put_errors(form, error)
        else:
            messages.success(request, _("Your deputy is named. She sees your team's work then."))
            return redirect("deputies")
    rows = [
        {
            "deputy": item,
            "mine": item.principal_id == actor.membership_id,
            "running": selectors.running(item),
        }
        for item in selectors.of(actor)
    ]
    return render(
        request,
        "cases/deputies/listing.html",
        {"form": form, "rows": rows},
        status=422 if form.is_bound else 200,
    )


@require_POST
def end(request: SignedIn, uuid: UUID) -> HttpResponse:
    actions.end_deputy(actor=request.actor, deputy=selectors.find(request.actor, uuid))
    messages.success(request, _("It has ended, with the next click."))
    return redirect("deputies")


@require_http_methods(["GET", "POST"])
@again_at("case")
def for_one(request: SignedIn, uuid: UUID) -> HttpResponse:
    """Somebody else decides about the approval that waits in this case."""
    actor = request.actor
    case = access.find(actor, Case, uuid)
    policies.require_naming(actor)
    policies.require_naming_for(actor, case)
    access.open_keys(actor, [case], [C.IDENTITY], purpose="name_deputy")
    people = selectors.could_stand_in(actor)
    form = StandInForm(people, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            actions.name_for_one_approval(actor=actor, case=case, stand_in=form.chosen())
        except Invalid as error:
            put_errors(form, error)
        else:
            messages.success(request, _("Named for this approval, for seven days at most."))
            return redirect("case", uuid)
    return render(
        request,
        "cases/deputies/for_one.html",
        {"form": form, "case": case},
        status=422 if form.is_bound else 200,
    )
