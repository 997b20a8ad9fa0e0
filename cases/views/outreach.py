"""Meeting people: a count, or a contact with her yes; information, offer, hand-over, or later."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cases import actions, policies
from cases.forms.outreach import CONTACT_STEPS, HandOverForm, contact_of, contact_route
from cases.forms.pages import ALL, Walk, only_a_look
from cases.models import Lead
from cases.selectors import outreach as selectors
from cases.states import AgeBand, LeadState
from privacy import access
from privacy.compartments import LEAD_COMPARTMENTS
from privacy.errors import Invalid, WrongState
from privacy.forms import put_errors
from privacy.requests import SignedIn, again_at
from privacy.roles import Role


@require_http_methods(["GET", "POST"])
def new(request: SignedIn) -> HttpResponse:
    """Her wish first; without her yes only a number is kept."""
    actor = request.actor
    policies.require_outreach(actor)
    if request.method == "GET" and "counted" in request.GET:
        return render(request, "cases/outreach/counted.html")
    communes, home = selectors.communes_around(actor)
    walk = Walk(CONTACT_STEPS, contact_route, request.POST, communes=communes, home=home)
    if request.method == "GET":
        return _page(request, walk.open(ALL if "all" in request.GET else "keep"))
    if walk.advance().saved:
        data = walk.data
        try:
            if data["keep"] == "no":
                actions.count_contact(
                    actor=actor, area_code=data["area_code"], channel=data["channel"]
                )
                return redirect(f"{request.path}?counted=1")
            lead = actions.record_contact(
                actor=actor,
                area_code=data["area_code"],
                channel=data["channel"],
                age_band=data["age_band"],
                alias=data["alias"],
                contact=contact_of(data),
                note_text=data["note"],
            )
        except Invalid as error:
            walk.refuse(error)
        else:
            messages.success(request, _("The contact is kept. Next: tell her what help there is."))
            return redirect("lead", lead.uuid)
    return _page(request, walk)


def _page(request: SignedIn, walk: Walk) -> HttpResponse:
    page = render(
        request,
        "cases/outreach/new.html",
        {
            "walk": walk,
            "has_errors": walk.status == 422,
            "counts_only": walk.typed.get("keep") == "no",
            "is_minor": walk.typed.get("age_band") in (AgeBand.UNDER_16, AgeBand.FROM_16_TO_17),
        },
        status=walk.status,
    )
    return only_a_look(page)


@require_GET
def show(request: SignedIn, uuid: UUID) -> HttpResponse:
    actor = request.actor
    lead: Lead = access.find(actor, Lead, uuid)
    access.open_keys(actor, [lead], LEAD_COMPARTMENTS, purpose="lead_page")
    is_worker = actor.user_id == lead.worker_id and actor.role == lead.worker_role
    is_taker = actor.user_id == lead.handed_to_id and actor.role == Role.SOCIAL_WORKER
    takes_over = is_taker and lead.state == LeadState.HANDED_OVER
    offers = is_worker and lead.state == LeadState.INFORMED
    return render(
        request,
        "cases/outreach/lead.html",
        {
            "lead": lead,
            "contact": lead.contact if isinstance(lead.contact, dict) else None,
            "may_inform": is_worker and lead.state == LeadState.CONTACT_MADE,
            "may_offer": offers,
            "may_end": takes_over
            or (
                is_worker
                and lead.state in (LeadState.CONTACT_MADE, LeadState.INFORMED, LeadState.NOT_NOW)
            ),
            "may_open": takes_over,
            "is_minor": lead.age_band != AgeBand.ADULT,
        },
    )


@require_POST
@again_at("lead")
def inform(request: SignedIn, uuid: UUID) -> HttpResponse:
    lead = access.find(request.actor, Lead, uuid)
    actions.give_information(actor=request.actor, lead=lead)
    messages.success(request, _("Noted. Now you can offer support, whenever she wishes."))
    return redirect("lead", uuid)


@require_http_methods(["GET", "POST"])
@again_at("lead")
def hand_over(request: SignedIn, uuid: UUID) -> HttpResponse:
    actor = request.actor
    lead: Lead = access.find(actor, Lead, uuid)
    takers = selectors.takers_of(lead)
    form = HandOverForm(request.POST if request.method == "POST" else None, takers=takers)
    if request.method == "GET":
        policies.require_lead_worker(actor, lead)
        if lead.state != LeadState.INFORMED:
            raise WrongState(_("Support is offered after the information was given."))
    elif form.is_valid():
        chosen = next(item for item in takers if str(item.uuid) == form.cleaned_data["to"])
        try:
            actions.hand_over(actor=actor, lead=lead, to=chosen)
        except Invalid as error:
            put_errors(form, error)
        else:
            if chosen.user_id == actor.user_id and actor.role == Role.SOCIAL_WORKER:
                return redirect("lead", uuid)
            messages.success(
                request,
                _("Handed over. The social worker sees it in her list now; you no longer see it."),
            )
            return redirect("worklist")
    return render(
        request,
        "cases/outreach/hand_over.html",
        {"lead": lead, "form": form, "takers": takers},
        status=422 if form.is_bound else 200,
    )


@require_POST
@again_at("lead")
def not_now(request: SignedIn, uuid: UUID) -> HttpResponse:
    lead = access.find(request.actor, Lead, uuid)
    actions.not_now(actor=request.actor, lead=lead)
    messages.success(request, _("Noted. It comes back to your list when it is time to ask again."))
    return redirect("lead", uuid)


@require_http_methods(["GET", "POST"])
@again_at("lead")
def end(request: SignedIn, uuid: UUID) -> HttpResponse:
    """Confirmed first: what is deleted does not come back."""
    actor = request.actor
    lead: Lead = access.find(actor, Lead, uuid)
    if request.method == "POST":
        actions.end_contact(actor=actor, lead=lead)
        messages.success(request, _("Contact ended. Alias and contact are deleted."))
        return redirect("worklist")
    if lead.state == LeadState.HANDED_OVER:
        policies.require_lead_taker(actor, lead)
    else:
        policies.require_lead_worker(actor, lead)
    return render(request, "cases/outreach/end.html", {"lead": lead})
