"""What the client has answered, and how she takes it back."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cases import actions, policies
from cases.forms.consents import RenewForm, WithdrawForm
from cases.models import Case, Consent, Purpose
from cases.selectors import consents as selectors
from cases.selectors import file as files
from privacy.actors import Actor
from privacy.compartments import Compartment as C
from privacy.errors import Invalid, WrongState
from privacy.forms import put_errors
from services import wordings


@require_GET
def listing(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Made to be looked at together with the client."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    case = files.find_adult(actor, uuid, C.IDENTITY, C.NEEDS, C.NOTES, page="consents")
    rows = selectors.shown(selectors.consents_of(case), timezone.now())
    return render(
        request,
        "cases/consents/listing.html",
        {
            "case": case,
            "live": [row for row in rows if row.can_withdraw],
            "past": [row for row in rows if not row.can_withdraw],
            "is_worker": policies.is_worker(actor, case),
            "may_withdraw": policies.is_worker(actor, case) or policies.is_supervisor(actor, case),
        },
    )


@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """First exactly what will happen, then the button."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    consent = selectors.consent_of(actor, uuid)
    case = consent.case
    request.again_url = reverse("consents", args=[case.uuid])  # type: ignore[attr-defined]
    files.find_adult(actor, case.uuid, C.IDENTITY, C.NEEDS, C.NOTES, page="withdraw_consent")
    row = selectors.shown([consent], timezone.now())[0]
    if request.method == "GET" and not row.can_withdraw:
        raise WrongState(_("This consent does not hold any more, so there is nothing to end."))
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            actions.withdraw(actor=actor, consent=consent, method=form.cleaned_data["method"])
        except Invalid as error:
            put_errors(form, error)
        else:
            messages.success(
                request, _("The consent is taken back. Whoever relied on it has lost sight.")
            )
            return redirect("consents", case.uuid)
    return render(
        request,
        "cases/consents/withdraw.html",
        {
            "case": case,
            "row": row,
            "form": form,
            "losing": selectors.losing(consent),
            "is_file": consent.purpose == Purpose.FILE,
            "is_answers": consent.purpose == Purpose.KEEP_ANSWERS,
            "is_transfer": consent.purpose == Purpose.TRANSFER,
            "others": _other_recipients(case, consent) if consent.purpose == Purpose.FILE else [],
        },
        status=422 if form.is_bound and form.errors else 200,
    )


def _other_recipients(case: Case, consent: Consent) -> list[str]:
    """Who relies on another consent that ends together with the file's."""
    rows = selectors.shown(selectors.consents_of(case), timezone.now())
    return sorted(
        {
            row.consent.recipient.name
            for row in rows
            if row.can_withdraw and row.consent.pk != consent.pk and row.consent.recipient
        }
    )


@require_GET
def history(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Every answer in the order in which she gave it, on paper: to be shown, or given to her."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    case = files.find_adult(actor, uuid, C.IDENTITY, C.NEEDS, C.NOTES, page="consent_history")
    rows = selectors.shown(selectors.consents_of(case), timezone.now())
    return render(
        request,
        "cases/consents/history.html",
        {"case": case, "rows": rows[::-1], "now": timezone.now()},
    )


@require_http_methods(["GET", "POST"])
def ending(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """It runs out: she is asked once more, or it is left to end. Nothing is ticked beforehand."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    consent = selectors.consent_of(actor, uuid)
    case = consent.case
    request.again_url = reverse("consents", args=[case.uuid])  # type: ignore[attr-defined]
    policies.require_worker(actor, case)
    files.find_adult(actor, case.uuid, C.IDENTITY, C.NEEDS, C.NOTES, page="renew_consent")
    row = selectors.shown([consent], timezone.now())[0]
    if consent.purpose != Purpose.SHARE or consent.valid_until is None:
        raise WrongState(_("This consent has no end, so there is nothing to renew."))
    form = RenewForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            done = _renew_or_not(actor, consent, form)
        except Invalid as error:
            put_errors(form, error)
        else:
            messages.success(request, done)
            return redirect("consents", case.uuid)
    words = wordings.wording(Purpose.SHARE)
    return render(
        request,
        "cases/consents/ending.html",
        {
            "case": case,
            "row": row,
            "form": form,
            "read_out": words.read_out(
                recipient=consent.recipient.name if consent.recipient else "", service=row.service
            ),
            "losing": selectors.losing(consent),
        },
        status=422 if form.is_bound and form.errors else 200,
    )


def _renew_or_not(actor: Actor, consent: Consent, form: RenewForm) -> str:
    if not form.is_yes():
        actions.let_consent_end(actor=actor, consent=consent)
        return _("It ends by itself on its day. Nothing else changes.")
    actions.renew_consent(
        actor=actor,
        consent=consent,
        method=form.cleaned_data["method"],
        given_by=form.cleaned_data["given_by"],
        valid_until=form.until(),
        witness=form.cleaned_data["witness"],
    )
    return _("The consent is renewed. What rested on the old answer rests on the new one.")
