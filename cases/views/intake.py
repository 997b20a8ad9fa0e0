"""Opening a file: age first, her consent next. Under 18 the adult way ends here."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cases import actions, policies
from cases.forms.intake import CASE_STEPS, MINORS, ConsentForm, case_route
from cases.forms.outreach import contact_of, contact_typed
from cases.forms.pages import ALL, Walk, only_a_look
from cases.models import Case, Lead, Purpose, Track
from cases.selectors import file as files
from cases.selectors import outreach as places
from cases.selectors import screening as screenings
from cases.states import CaseState, LeadState
from privacy import access
from privacy.compartments import LEAD_COMPARTMENTS
from privacy.compartments import Compartment as C
from privacy.errors import Invalid, NotFound, WrongState
from privacy.forms import put_errors
from privacy.requests import SignedIn, again_at
from privacy.roles import Role
from services import wordings


@require_http_methods(["GET", "POST"])
def new(request: SignedIn) -> HttpResponse:
    policies.require_intake(request.actor)
    walk = _walk(request, request.POST)
    if request.method == "GET":
        return _page(request, walk.open(ALL if "all" in request.GET else "age"), None)
    return _advance(request, walk, None)


@require_http_methods(["GET", "POST"])
@again_at("lead")
def from_lead(request: SignedIn, uuid: UUID) -> HttpResponse:
    """She chose this social worker: what she told the first time is filled in, and checked."""
    actor = request.actor
    lead: Lead = access.find(actor, Lead, uuid)
    policies.require_lead_taker(actor, lead)
    if request.method == "POST":
        return _advance(request, _walk(request, request.POST), lead)
    if lead.state != LeadState.HANDED_OVER:
        raise WrongState(_("A case is opened after the contact was handed over."))
    access.open_keys(actor, [lead], LEAD_COMPARTMENTS, purpose="open_case")
    return _page(request, _walk(request, _known(lead)).open("age"), lead)


def _known(lead: Lead) -> QueryDict:
    typed = QueryDict(mutable=True)
    contact = lead.contact if isinstance(lead.contact, dict) else {}
    values: dict[str, Any] = {
        "age_band": lead.age_band,
        "alias": str(lead.alias or ""),
        "channel": lead.channel,
        "place": lead.area_code,
        "seen": "1",
        **contact_typed(contact),
    }
    for name, value in values.items():
        typed.setlist(name, value if isinstance(value, list) else [value])
    return typed


def _walk(request: SignedIn, typed: QueryDict) -> Walk:
    communes, home = places.communes_around(request.actor)
    known = {unit.pk for unit in communes}
    if typed.get("place") in known:
        # The lead's own commune stands in the list: no search is needed for it.
        typed = typed.copy()
        typed["area_code"] = str(typed["place"])
        typed["place"] = ""
    return Walk(CASE_STEPS, case_route, typed, communes=communes, home=home)


def _advance(request: SignedIn, walk: Walk, lead: Lead | None) -> HttpResponse:
    if walk.advance().saved:
        data = walk.data
        try:
            case = actions.open_case(
                actor=request.actor,
                area_code=data["area_code"],
                channel=data["channel"],
                age_band=data["age_band"],
                alias=data["alias"],
                contact=contact_of(data),
                lead=lead,
            )
        except Invalid as error:
            walk.refuse(error)
        else:
            if case.track == Track.CHILD:
                return redirect("case_handed_over")
            messages.success(request, _("The case is open. Next: ask for her consent to a file."))
            return redirect("case", case.uuid)
    return _page(request, walk, lead)


def _page(request: SignedIn, walk: Walk, lead: Lead | None) -> HttpResponse:
    is_minor = walk.typed.get("age_band") in MINORS
    page = render(
        request,
        "cases/intake/new.html",
        {
            "walk": walk,
            "lead": lead,
            "has_errors": walk.status == 422,
            "is_minor": is_minor,
            "lines": _child_lines() if is_minor else [],
        },
        status=walk.status,
    )
    return only_a_look(page)


def _child_lines() -> list[screenings.Line]:
    lines = screenings.hotlines()
    return [lines[code] for code in ("child", "ambulance") if code in lines]


@require_GET
def handed_over(request: SignedIn) -> HttpResponse:
    """All that the adult team sees of a file that child protection has taken over."""
    if not request.actor.is_a(Role.SOCIAL_WORKER, Role.SUPERVISOR):
        raise NotFound
    return render(
        request,
        "cases/intake/handed_over.html",
        {"codes": files.handed_over_by(request.actor), "lines": _child_lines()},
    )


@require_http_methods(["GET", "POST"])
@again_at("case")
def consent(request: SignedIn, uuid: UUID) -> HttpResponse:
    """May we keep a file? Without her yes there is advice, and what was typed is wiped."""
    actor = request.actor
    case = files.find_adult(actor, uuid, C.IDENTITY, page="consent_page")
    form = ConsentForm(request.POST if request.method == "POST" else None)
    if request.method == "GET":
        answer = _before_asking(request, case)
        if answer is not None:
            return answer
    else:
        policies.require_worker(actor, case)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data["given"] == "yes"
        try:
            actions.answer_file_consent(
                actor=actor,
                case=case,
                given=given,
                method=form.cleaned_data["method"],
                given_by=form.cleaned_data["given_by"],
                keep_answers=form.cleaned_data["keep_answers"] == "yes",
                witness=form.cleaned_data["witness"],
            )
        except Invalid as error:
            put_errors(form, error)
        else:
            if not given:
                return redirect("case_consent", uuid)
            messages.success(request, _("Her consent is recorded. Next: the needs screening."))
            return redirect("screening", uuid)
    words = [wordings.wording(purpose) for purpose in (Purpose.FILE, Purpose.KEEP_ANSWERS)]
    return render(
        request,
        "cases/intake/consent.html",
        {"case": case, "form": form, "words": words},
        status=422 if form.is_bound else 200,
    )


def _before_asking(request: SignedIn, case: Case) -> HttpResponse | None:
    """Asked already: advice after a no, the list of consents after a yes."""
    if case.state == CaseState.ENGAGEMENT:
        policies.require_worker(request.actor, case)
        return None
    last = files.overview(case).file_consent
    if last is not None and not last.given:
        lines = [line for line in screenings.hotlines().values() if line.code != "police"]
        return render(
            request, "cases/intake/advice.html", {"case": case, "lines": lines, "last": last}
        )
    return redirect("consents", case.uuid)
