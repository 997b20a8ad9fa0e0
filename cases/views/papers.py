"""Papers of a file: the list, adding, handing out, deleting with a reason."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cases import actions, policies
from cases.forms.papers import DeleteForm, PaperForm
from cases.models import Case, Consent, Purpose
from cases.selectors import papers as selectors
from privacy import access, files
from privacy.errors import Invalid
from privacy.forms import put_errors
from privacy.requests import SignedIn, again_at


@require_http_methods(["GET", "POST"])
@again_at("papers")
def listing(request: SignedIn, uuid: UUID) -> HttpResponse:
    actor = request.actor
    case: Case = access.find(actor, Case, uuid)
    policies.require_papers(actor, case)
    rooms = selectors.open_compartments(actor, case, page="papers")
    consents = {
        str(consent.uuid): consent
        for consent in Consent.objects.filter(case=case).select_related("recipient")
    }
    form = PaperForm(
        {room.value: selectors.KINDS[room] for room in rooms},
        [(key, _consent_words(consent)) for key, consent in consents.items()],
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
    )
    if form.is_bound and form.is_valid():
        try:
            actions.add_paper(
                actor=actor,
                case=case,
                compartment=form.cleaned_data["compartment"],
                name=form.cleaned_data["name"],
                data=form.cleaned_data["file"].read(),
                consent=consents.get(form.cleaned_data.get("consent", "")),
            )
        except Invalid as error:
            put_errors(form, error)
        else:
            messages.success(request, _("The paper is kept, sealed."))
            return redirect("papers", uuid)
    return render(
        request,
        "cases/papers/listing.html",
        {
            "case": case,
            "papers": selectors.papers_of(case, rooms),
            "form": form,
            "may_add": case.is_open and bool(rooms),
        },
        status=422 if form.is_bound else 200,
    )


def _consent_words(consent: Consent) -> str:
    words = [str(Purpose(consent.purpose).label), consent.created_at.strftime("%d/%m/%Y")]
    if consent.recipient is not None:
        words.insert(1, consent.recipient.name)
    return ", ".join(words)


@require_GET
def fetch(request: SignedIn, uuid: UUID, paper: UUID) -> HttpResponse:
    case: Case = access.find(request.actor, Case, uuid)
    found = selectors.find(request.actor, case, paper)
    return files.response(found, selectors.content(found))


@require_http_methods(["GET", "POST"])
@again_at("papers")
def delete(request: SignedIn, uuid: UUID, paper: UUID) -> HttpResponse:
    actor = request.actor
    case: Case = access.find(actor, Case, uuid)
    found = selectors.find(actor, case, paper)
    form = DeleteForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        actions.delete_paper(
            actor=actor, case=case, paper=found, reason=form.cleaned_data["reason"]
        )
        messages.success(request, _("The paper is deleted."))
        return redirect("papers", uuid)
    return render(
        request,
        "cases/papers/delete.html",
        {"case": case, "paper": found, "name": files.name_of(found), "form": form},
        status=422 if form.is_bound else 200,
    )
