"""Referring, as the helper does it: choose, ask, write, look, send, follow, close the loop."""

from collections.abc import Callable, Collection
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cases import actions, policies
from cases.actions.plot import must_be
from cases.actions.referring import FROM_FILE, SAFE_CONTACT
from cases.forms.pages import only_a_look
from cases.forms.referring import (
    GROUND,
    CancelForm,
    ConfirmForm,
    SendBackForm,
    SharingForm,
    SlipForm,
)
from cases.models import Case, CaseReferral, Consent, Purpose
from cases.selectors import referring as selectors
from cases.selectors.consents import consent_of
from cases.selectors.referring import Words
from cases.states import MAY_REFER
from cases.views.answer import page_of
from privacy import access
from privacy.actors import Actor
from privacy.compartments import Compartment as C
from privacy.errors import Invalid, NotFound, WrongState
from privacy.forms import put_errors
from privacy.requests import SignedIn
from referrals import selectors as received
from referrals.selectors import Slip as Packet
from referrals.states import Side, State
from referrals.states import check as check_edge
from services import selectors as services
from services import wordings
from services.models import ServiceOffer, ServiceType

FILE_FACTS = (C.IDENTITY, C.CONTACT, C.NEEDS)


def _chosen_service(request: SignedIn) -> ServiceType | None:
    """From the query, by uuid: a service's code can tell a diagnosis and never stands in a URL."""
    try:
        wanted = UUID(request.GET.get("service", ""))
    except ValueError:
        return None
    return next((item for item in services.service_types() if item.uuid == wanted), None)


@require_GET
def choose(request: SignedIn, uuid: UUID) -> HttpResponse:
    """First the service, the client's goals before all others; then who gives it."""
    actor = request.actor
    case = access.find(actor, Case, uuid)
    request.again_url = reverse("case", args=[uuid])
    policies.require_worker(actor, case)
    must_be(case, *MAY_REFER)
    access.open_keys(actor, [case], [C.IDENTITY, C.NEEDS], purpose="refer")
    service = _chosen_service(request)
    if service is None:
        return page_of(
            request, "cases/referring/choose.html", case=case, choices=selectors.choices(case)
        )
    everywhere = request.GET.get("everywhere") == "1"
    area = services.area(case.area_code)
    return page_of(
        request,
        "cases/referring/providers.html",
        case=case,
        service=service,
        everywhere=everywhere,
        area=area.full_name if area else "",
        providers=selectors.providers(service, None if everywhere else case.area_code),
    )


@require_http_methods(["GET", "POST"])
def consent(request: SignedIn, uuid: UUID, offer: UUID) -> HttpResponse:
    """May we, for this service, tell this recipient these facts? A no is an answer too."""
    actor = request.actor
    case = access.find(actor, Case, uuid)
    request.again_url = reverse("case", args=[uuid])
    policies.require_worker(actor, case)
    must_be(case, *MAY_REFER)
    chosen = selectors.offer_of(offer)
    if not selectors.can_answer(chosen):
        raise WrongState(
            _("This provider takes nobody now, or has no account here. Choose another one.")
        )
    access.open_keys(actor, [case], FILE_FACTS, purpose="consent")
    labels = selectors.field_labels()
    fields = {
        code: label for code, label in labels.items() if code in chosen.service_type.packet_fields
    }
    form = SharingForm(
        fields, _what_would_stand_there(case, fields), request.POST if _posted(request) else None
    )
    if request.POST.get("step") == "look":
        page = page_of(
            request, "cases/referring/consent.html", form, **_asking(case, chosen, form.only_look())
        )
        return only_a_look(page)
    if form.is_bound and form.is_valid():
        try:
            answer = actions.answer_sharing(
                actor=actor,
                case=case,
                recipient=chosen.organisation,
                service=chosen.service_type,
                given=form.is_yes(),
                fields=form.chosen(),
                method=form.cleaned_data["method"],
                given_by=form.cleaned_data["given_by"],
                valid_until=form.until(),
                witness=form.cleaned_data["witness"],
            )
        except Invalid as error:
            names = {"fields": "fields_shared"}
            put_errors(form, Invalid({names.get(k, k): m for k, m in error.errors.items()}))
        else:
            return redirect("refer_slip", answer.uuid)
    return page_of(request, "cases/referring/consent.html", form, **_asking(case, chosen, None))


def _asking(case: Case, chosen: ServiceOffer, look_at: Collection[str] | None) -> dict[str, Any]:
    """What stands around the questions: the words to read out, and perhaps a look at the slip."""
    service = chosen.service_type
    words = wordings.wording(Purpose.SHARE)
    return {
        "case": case,
        "offer": chosen,
        "service": service,
        "read_out": words.read_out(recipient=chosen.organisation.name, service=service),
        "back": f"{reverse('refer', args=[case.uuid])}?service={service.uuid}",
        "live": selectors.live_consent_for(case, chosen),
        "preview": None if look_at is None else _preview(case, service, look_at),
    }


class Preview(NamedTuple):
    """The packet cut to these facts by the code that cuts what is sent, in the recipient's words.
    ``to_write`` = agreed and written later; ``masked`` = of this service, and not agreed."""

    packet: Packet
    to_write: list[Words]
    masked: list[Words]


def _preview(case: Case, service: ServiceType, fields: Collection[str]) -> Preview:
    labels = selectors.field_labels()
    packet = actions.packet_of(case, fields, {})
    return Preview(
        packet=received.reading(packet, service),
        to_write=[
            label
            for code, label in labels.items()
            if code in fields and code not in FROM_FILE and code != SAFE_CONTACT
        ],
        masked=[
            label
            for code, label in labels.items()
            if code in service.packet_fields and code not in fields
        ],
    )


@require_GET
def preview(request: SignedIn, uuid: UUID, offer: UUID) -> HttpResponse:
    """ "What would the health station see?", for the worker and her supervisor, before anybody is
    asked. Facts are chosen by their codes in the address; what they say stands on the page only."""
    actor = request.actor
    case = access.find(actor, Case, uuid)
    policies.require_case_team(actor, case)
    must_be(case, *MAY_REFER)
    chosen = selectors.offer_of(offer)
    access.open_keys(actor, [case], FILE_FACTS, purpose="preview")
    service = chosen.service_type
    live = selectors.live_consent_for(case, chosen)
    asked = request.GET.getlist("fact")
    agreed = list(live.fields or []) if live is not None else []
    fields = [code for code in service.packet_fields if code in (asked or agreed)]
    labels = selectors.field_labels()
    return page_of(
        request,
        "cases/referring/preview.html",
        case=case,
        offer=chosen,
        live=live if not asked else None,
        facts=[
            (code, label, code in fields)
            for code, label in labels.items()
            if code in service.packet_fields
        ],
        preview=_preview(case, service, fields),
        is_worker=policies.is_worker(actor, case),
    )


@require_GET
def seen_by(request: SignedIn, uuid: UUID) -> HttpResponse:
    """This is what the recipient sees now: by her live grants, consent included, and her state."""
    link = _open(request, uuid, purpose="seen_by_recipient")
    policies.require_case_team(request.actor, link.case)
    shown = selectors.slip(link)
    return page_of(
        request,
        "cases/referring/seen_by.html",
        case=link.case,
        link=link,
        slip=shown,
        sight=received.sight_of_recipient(link.referral),
    )


def _posted(request: SignedIn) -> bool:
    return request.method == "POST"


def _what_would_stand_there(case: Case, fields: dict[str, Any]) -> dict[str, Any]:
    """Under each fact what the slip would say, so that the client knows what a yes means."""
    hints: dict[str, Any] = {}
    for code in fields:
        if code in FROM_FILE:
            value = getattr(case, FROM_FILE[code])
            hints[code] = (
                _("In the file: %(value)s") % {"value": value} if value else _("Not in the file.")
            )
        elif code == SAFE_CONTACT:
            hints[code] = actions.contact_words(case.contact or {})
        else:
            hints[code] = _("You write this together on the next page.")
    return hints


@require_http_methods(["GET", "POST"])
def slip(request: SignedIn, uuid: UUID) -> HttpResponse:
    """Write what she agreed to share. A draft that exists already is written anew."""
    actor = request.actor
    answer = consent_of(actor, uuid)
    case = answer.case
    policies.require_worker(actor, case)
    if answer.purpose != Purpose.SHARE:
        raise NotFound
    draft = selectors.draft_of(answer)
    access.open_keys(
        actor,
        [case, draft.referral] if draft else [case],
        (*FILE_FACTS, C.PACKET),
        purpose="write_slip",
    )
    if not answer.given:
        return page_of(request, "cases/referring/refused.html", case=case, consent=answer)
    must_be(case, *MAY_REFER)
    if not actions.live_sharing(case, answer):
        raise WrongState(_("There is no valid consent for this recipient."))
    service = selectors.service_named(answer.service)
    if service is None:
        raise WrongState(_("This file is locked, so nothing can be written now."))
    form = _slip_form(request, case, answer, service, draft)
    if form.is_bound and form.is_valid():
        try:
            link = actions.prepare_referral(
                actor=actor,
                case=case,
                consent=answer,
                priority=form.cleaned_data["priority"],
                written=form.written(),
                goal=form.goal(),
                replaces=draft,
            )
        except Invalid as error:
            put_errors(form, error)
        else:
            return redirect("case_referral_check", link.referral.uuid)
    labels = selectors.field_labels()
    return page_of(
        request,
        "cases/referring/slip.html",
        form,
        case=case,
        consent=answer,
        service=service,
        draft=draft,
        from_file=selectors.packet_lines(actions.packet_for(case, answer, {})),
        agreed=[labels[code] for code in labels if code in answer.fields],
    )


def _slip_form(
    request: SignedIn,
    case: Case,
    answer: Consent,
    service: ServiceType,
    draft: CaseReferral | None,
) -> SlipForm:
    to_write = actions.fields_to_write(answer)
    goals = selectors.current_goals(case)
    same = [goal for goal in goals if goal.service == service.code]
    initial: dict[str, str] = {
        "priority": selectors.usual_priority(case, service),
        "goal": str(same[0].uuid) if same else "",
    }
    if draft is not None:
        written = (draft.referral.packet or {}).get("fields", {})
        initial |= {code: written.get(code, "") for code in to_write}
        initial["priority"] = draft.referral.priority
        initial["goal"] = str(draft.goal.uuid) if draft.goal else ""
    return SlipForm(
        to_write,
        selectors.field_labels(),
        goals,
        selectors.answer_times(),
        selectors.legal_aid_grounds() if GROUND in to_write else None,
        request.POST if _posted(request) else None,
        initial=initial,
    )


# -- a slip


def _open(request: SignedIn, uuid: UUID, *, purpose: str) -> CaseReferral:
    """The slip and the keys its sender's page shows; a person without grants sees them locked, and
    of a restricted file everybody: the slip is a copy of it."""
    actor = request.actor
    link = selectors.link_of(actor, uuid)
    request.again_url = reverse("case_referral", args=[uuid])
    records = [link.case] if link.case.restricted_at else [link.case, link.referral]
    access.open_keys(actor, records, [C.IDENTITY, C.NOTES, C.NEEDS, C.PACKET], purpose=purpose)
    return link


@require_GET
def show(request: SignedIn, uuid: UUID) -> HttpResponse:
    actor = request.actor
    link = _open(request, uuid, purpose="slip")
    return page_of(
        request,
        "cases/referring/show.html",
        case=link.case,
        link=link,
        slip=selectors.slip(link),
        state_colour=selectors.STATE_COLOUR.get(State(link.referral.state), "grey"),
        buttons=selectors.buttons(actor, link),
        history=selectors.history(link.referral),
    )


@require_http_methods(["GET", "POST"])
def check(request: SignedIn, uuid: UUID) -> HttpResponse:
    """Exactly what the recipient will read; sent from here and nowhere else."""
    actor = request.actor
    link = _open(request, uuid, purpose="check_slip")
    policies.require_worker(actor, link.case)
    if _posted(request):
        actions.send_referral(actor=actor, link=link)
        return redirect("case_referral_sent", uuid)
    if link.referral.state != State.DRAFT:
        return redirect("case_referral", uuid)
    shown = selectors.slip(link)
    labels = selectors.field_labels()
    service = selectors.service_named(link.referral.service)
    sent = (link.referral.packet or {}).get("fields", {})
    agreed = link.consent.fields or []
    return page_of(
        request,
        "cases/referring/check.html",
        case=link.case,
        link=link,
        slip=shown,
        answer_within=selectors.answer_times()[link.referral.priority],
        empty=[labels[code] for code in labels if code in agreed and code not in sent],
        not_agreed=[
            label
            for code, label in labels.items()
            if service and code in service.packet_fields and code not in agreed
        ],
    )


@require_GET
def sent(request: SignedIn, uuid: UUID) -> HttpResponse:
    """What happens next."""
    link = _open(request, uuid, purpose="slip")
    if link.referral.sent_at is None:
        return redirect("case_referral_check", uuid)
    return page_of(
        request, "cases/referring/sent.html", case=link.case, link=link, referral=link.referral
    )


Policy = Callable[[Actor, Case], None]


def _step(
    request: SignedIn,
    uuid: UUID,
    *,
    name: str,
    may: Policy,
    action: Callable[..., None],
    done: str,
    form_class: Any = None,
    must_reach: State | None = None,
) -> HttpResponse:
    """One step on a slip: what it does, what it asks, and the action. ``must_reach`` = the page is
    shown only where this state can follow; the action asks again."""
    actor = request.actor
    link = _open(request, uuid, purpose=f"slip_{name}")
    may(actor, link.case)
    if not _posted(request) and must_reach is not None:
        check_edge(link.referral.state, must_reach, Side.SENDER)
    form = form_class(request.POST if _posted(request) else None) if form_class else None
    if _posted(request) and (form is None or form.is_valid()):
        try:
            action(actor=actor, link=link, **(form.cleaned_data if form else {}))
        except Invalid as error:
            if form is None:
                raise
            put_errors(form, error)
        else:
            messages.success(request, done)
            return redirect("case_referral", uuid)
    return page_of(
        request,
        f"cases/referring/{name}.html",
        form,
        case=link.case,
        link=link,
        referral=link.referral,
        recipient=link.referral.recipient_team.organisation.name,
        back=reverse("case_referral", args=[uuid]),
    )


def _must_wait(request: SignedIn, uuid: UUID, name: str) -> None:
    """The page of a step is shown only while the step is open; the action asks again."""
    actor = request.actor
    if request.method == "GET" and not getattr(
        selectors.buttons(actor, selectors.link_of(actor, uuid)), name
    ):
        raise WrongState(_("This step is not open now."))


@require_http_methods(["GET", "POST"])
def discard(request: SignedIn, uuid: UUID) -> HttpResponse:
    _must_wait(request, uuid, "check")
    return _step(
        request,
        uuid,
        name="discard",
        may=policies.require_worker,
        action=actions.discard_referral,
        done=_("The draft is discarded. Nothing was sent."),
    )


@require_http_methods(["GET", "POST"])
def cancel(request: SignedIn, uuid: UUID) -> HttpResponse:
    return _step(
        request,
        uuid,
        name="cancel",
        may=policies.require_case_team,
        action=actions.cancel_referral,
        done=_("The referral is cancelled. The recipient cannot see it any more."),
        form_class=CancelForm,
        must_reach=State.CANCELLED,
    )


@require_http_methods(["GET", "POST"])
def contacted(request: SignedIn, uuid: UUID) -> HttpResponse:
    _must_wait(request, uuid, "contacted")
    return _step(
        request,
        uuid,
        name="contacted",
        may=policies.require_case_team,
        action=actions.client_contacted,
        done=_("The recipient is asked to offer a new time."),
    )


@require_http_methods(["GET", "POST"])
def chased(request: SignedIn, uuid: UUID) -> HttpResponse:
    """The answer is late: somebody has called the receiving office."""
    _must_wait(request, uuid, "chased")
    return _step(
        request,
        uuid,
        name="chased",
        may=policies.require_case_team,
        action=actions.chased_referral,
        done=_("It is recorded that you asked for the answer."),
    )


@require_http_methods(["GET", "POST"])
def settle(request: SignedIn, uuid: UUID) -> HttpResponse:
    _must_wait(request, uuid, "settle")
    return _step(
        request,
        uuid,
        name="settle",
        may=policies.require_case_team,
        action=actions.settle_referral,
        done=_("It is settled. You can choose another provider for the client."),
    )


@require_http_methods(["GET", "POST"])
def send_back(request: SignedIn, uuid: UUID) -> HttpResponse:
    return _step(
        request,
        uuid,
        name="send_back",
        may=policies.require_supervisor,
        action=actions.send_back_referral,
        done=_("The slip is with the recipient again, with your words."),
        form_class=SendBackForm,
        must_reach=State.RECEIVED,
    )


@require_http_methods(["GET", "POST"])
def confirm(request: SignedIn, uuid: UUID) -> HttpResponse:
    return _step(
        request,
        uuid,
        name="confirm",
        may=policies.require_worker,
        action=actions.confirm_referral,
        done=_("Confirmed with the client. The referral is closed."),
        form_class=ConfirmForm,
        must_reach=State.CONFIRMED,
    )
