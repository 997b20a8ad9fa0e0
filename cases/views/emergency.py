"""Emergency access: ask for it, end it, see that it happened, review it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from cases import actions, policies
from cases.forms.emergency import EmergencyForm, ReviewForm
from cases.selectors import emergency as selectors
from privacy import proof
from privacy.errors import Invalid
from privacy.forms import put_errors
from privacy.requests import SignedIn, again_at


@sensitive_post_parameters("words")
@require_http_methods(["GET", "POST"])
def open_file(request: SignedIn) -> HttpResponse:
    """Nothing opens with a link: proof that it is she, a form, a reason, one file."""
    actor = request.actor
    policies.require_break_glass(actor)
    proof.require(actor)
    form = EmergencyForm(actor.role, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        typed = form.cleaned_data
        try:
            glass = actions.break_glass(
                actor=actor,
                code=typed["code"],
                reason=typed["reason"],
                words=typed["words"],
                compartments=typed["compartments"],
            )
        except Invalid as error:
            put_errors(form, error)
        else:
            return redirect("emergency", glass.uuid)
    return render(
        request,
        "cases/emergency/open.html",
        {"form": form, "open": selectors.open_by(actor)},
        status=422 if form.is_bound else 200,
    )


@require_http_methods(["GET", "POST"])
@again_at("emergency")
def show(request: SignedIn, uuid: UUID) -> HttpResponse:
    """A POST is the reviewer's word."""
    actor = request.actor
    glass = selectors.find(actor, uuid)
    sides = selectors.sides(actor, glass)
    form = ReviewForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        policies.require_reviewer(actor, glass)
        if form.is_valid():
            try:
                actions.review_break_glass(actor=actor, glass=glass, **form.cleaned_data)
            except Invalid as error:
                put_errors(form, error)
            else:
                messages.success(request, _("The review is closed."))
                return redirect("emergency", uuid)
    return render(
        request,
        "cases/emergency/show.html",
        {
            "glass": glass,
            "sides": sides,
            "parts": selectors.opened_parts(glass),
            "form": form if sides.may_review else None,
        },
        status=422 if form.is_bound else 200,
    )


@require_POST
@again_at("emergency")
def end(request: SignedIn, uuid: UUID) -> HttpResponse:
    actions.end_break_glass(actor=request.actor, glass=selectors.find(request.actor, uuid))
    messages.success(request, _("The emergency access has ended."))
    return redirect("emergency", uuid)


@require_POST
@again_at("emergency")
def seen(request: SignedIn, uuid: UUID) -> HttpResponse:
    actions.note_emergency_seen(actor=request.actor, glass=selectors.find(request.actor, uuid))
    messages.success(request, _("Noted that you have seen it."))
    return redirect("worklist")
