"""What a sender sees: services and who gives them, the slip as the recipient reads it, its way."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import policies
from cases.models import CarePlan, Case, CaseReferral, Consent, Goal, Purpose, Screening
from cases.states import GoalState
from privacy import access, audit
from privacy.actors import Actor
from privacy.errors import NotFound
from privacy.models import Membership
from privacy.roles import OrganisationKind, Role
from referrals import selectors as received
from referrals.models import Appointment, AppointmentState, Priority, Referral
from referrals.selectors import Slip as Packet
from referrals.states import (
    OPEN,
    CancelReason,
    DeclineReason,
    NotCompletedReason,
    Side,
    State,
    reachable_from,
)
from referrals.turns import receiving_role
from services import selectors as services
from services.bilingual import Text, text
from services.models import RuleSet, ServiceOffer, ServiceType
from services.selectors import Freshness
from workflow import engine
from workflow.selectors import Event, changes

Words = str | Promise | Text

# -- finding


def link_of(actor: Actor, uuid: UUID) -> CaseReferral:
    """The slip with this uuid, if its file is hers to work on; otherwise NotFound, either way."""
    link = (
        CaseReferral.objects.filter(referral__uuid=uuid)
        .select_related(
            "case",
            "goal",
            "consent__basis",
            "consent__recipient",
            "referral__recipient_team__organisation",
            "referral__sender",
        )
        .first()
    )
    if link is None:
        audit.refused(actor=actor, action="work", subject=None, reason="absent")
        raise NotFound
    access.require(actor, link.case)
    return link


def offer_of(uuid: UUID) -> ServiceOffer:
    offer = (
        ServiceOffer.objects.filter(uuid=uuid, organisation__is_active=True, ended_on__isnull=True)
        .select_related("organisation", "service_type")
        .first()
    )
    if offer is None:
        raise NotFound
    return offer


# -- choosing a service


class Reason(NamedTuple):
    words: Words
    source: str = ""


class Choice(NamedTuple):
    service: ServiceType
    reasons: Sequence[Reason]


class Family(NamedTuple):
    label: Words
    services: list[ServiceType]


class Choices(NamedTuple):
    of_goals: list[Choice]
    of_screening: list[Choice]
    families: list[Family]


def current_goals(case: Case) -> list[Goal]:
    """The goals of the newest plan that still stand."""
    plan = CarePlan.objects.filter(case=case).order_by("-number").first()
    if plan is None:
        return []
    return list(
        Goal.objects.filter(plan=plan).exclude(state__in=(GoalState.DROPPED, GoalState.REACHED))
    )


def choices(case: Case) -> Choices:
    """Her own goals come first, then what the screening suggests, then everything there is.

    The keys of ``needs`` have to be open: goals and suggestions are sealed.
    """
    known = {service.code: service for service in services.service_types()}
    of_goals: dict[str, list[Reason]] = {}
    for goal in current_goals(case):
        if goal.service in known:
            words = _("The client's goal: “%(goal)s”") % {"goal": goal.text}
            of_goals.setdefault(goal.service, []).append(Reason(words))
    screening = Screening.objects.filter(case=case, completed_at__isnull=False).first()
    suggested = (screening.services or []) if screening is not None else []
    why = _rules_by_service() if suggested else {}
    return Choices(
        of_goals=[Choice(known[code], reasons) for code, reasons in of_goals.items()],
        of_screening=[
            Choice(known[code], why.get(code, ()))
            for code in suggested
            if code in known and code not in of_goals
        ],
        families=[
            Family(label, [item for item in known.values() if item.family == family])
            for family, label in ServiceType.Family.choices
        ],
    )


def _rules_by_service() -> dict[str, list[Reason]]:
    """Service code → the mapping rules that lead to it. Which of them matched is not kept once the
    single answers are dropped, so all are shown."""
    found: dict[str, list[Reason]] = {}
    for rule in services.rule_set(RuleSet.Kind.MAPPING).payload["mappings"]:
        for code in rule["services"]:
            found.setdefault(code, []).append(Reason(text(rule), rule["source"]))
    return found


# -- choosing a provider


class Provider(NamedTuple):
    offer: ServiceOffer
    kind: Words
    areas: str
    capacity: Words
    colour: str
    freshness: Words
    checked_on: Any
    has_account: bool
    can_take_people: bool

    @property
    def selectable(self) -> bool:
        return self.has_account and self.can_take_people


_CAPACITY_COLOUR = {"accepting": "green", "waitlist": "yellow", "full": "red", "unknown": "grey"}
_FRESHNESS: dict[Freshness, Words] = {
    Freshness.FRESH: gettext_lazy("Asked recently"),
    Freshness.AGEING: gettext_lazy("Asked some time ago"),
    Freshness.STALE: gettext_lazy("Asked long ago; call before you send"),
    Freshness.NEVER_CHECKED: gettext_lazy("Never asked; call before you send"),
}


def providers(service: ServiceType, area_code: str | None) -> list[Provider]:
    """Who gives it here (or anywhere), best chance first; full ones last, to be seen as full."""
    found = services.offers(service.code, area_code)
    answering = _who_can_answer([item.offer.organisation_id for item in found])
    return [
        Provider(
            offer=item.offer,
            kind=OrganisationKind(item.offer.organisation.kind).label,
            areas=_("The whole country")
            if item.offer.nationwide
            else ", ".join(str(area) for area in item.offer.areas.all()),
            capacity=item.offer.get_capacity_display(),
            colour=_CAPACITY_COLOUR[item.offer.capacity],
            freshness=_FRESHNESS[item.freshness],
            checked_on=item.offer.checked_on,
            has_account=(
                item.offer.organisation_id,
                receiving_role(item.offer.organisation.kind),
            )
            in answering,
            can_take_people=item.can_take_people,
        )
        for item in found
    ]


def _who_can_answer(organisations: list[int]) -> set[tuple[int, str]]:
    """Organisations where somebody works here who may open a slip."""
    return set(
        Membership.objects.live()
        .filter(organisation__in=organisations, team__is_active=True)
        .values_list("organisation_id", "role")
    )


def can_answer(offer: ServiceOffer) -> bool:
    """Somebody there may open a slip, and the service takes people now."""
    pair = (offer.organisation_id, receiving_role(offer.organisation.kind))
    return offer.capacity != ServiceOffer.Capacity.FULL and pair in _who_can_answer(
        [offer.organisation_id]
    )


def live_consent_for(case: Case, offer: ServiceOffer) -> Consent | None:
    """A yes for this recipient and service that still holds. The keys of ``needs`` are open."""
    for consent in Consent.objects.filter(
        case=case,
        purpose=Purpose.SHARE,
        given=True,
        end__isnull=True,
        recipient=offer.organisation_id,
    ).select_related("basis"):
        holds = consent.basis is not None and consent.basis.is_live
        if holds and consent.service == offer.service_type.code:
            return consent
    return None


# -- the slip


def service_named(code: object) -> ServiceType | None:
    """Also a service that is no longer offered: an old slip still has its name."""
    return ServiceType.objects.filter(code=code).first() if isinstance(code, str) else None


def field_labels() -> dict[str, Text]:
    """Packet field code → how it is called, in the order in which a slip is read."""
    payload = services.rule_set(RuleSet.Kind.PACKET_FIELD).payload
    return {field["code"]: text(field) for field in payload["fields"]}


class Line(NamedTuple):
    key: Words
    value: str


def packet_lines(fields: Mapping[str, str]) -> list[Line]:
    """The packet as its recipient reads it: every field that has a value, in the order of the
    rules; a code that the rules of today do not know keeps its place at the end."""
    labels = field_labels()
    known = [Line(label, fields[code]) for code, label in labels.items() if fields.get(code)]
    return known + [Line(code, value) for code, value in fields.items() if code not in labels]


class Grounds(NamedTuple):
    note: Text
    choices: list[tuple[str, str]]
    hints: dict[str, str]


def legal_aid_grounds() -> Grounds:
    """Which ground may be used is the client's choice; least revealing first. What is written on
    the slip is the ground in words, as it stands in the law."""
    payload = services.rule_set(RuleSet.Kind.LEGAL_AID_GROUND).payload
    rows = [(str(text(item)), str(text(item["proof"]))) for item in payload["grounds"]]
    return Grounds(text(payload["note"]), [(name, name) for name, _proof in rows], dict(rows))


def answer_times() -> dict[str, str]:
    """Priority → how soon the recipient has to answer."""
    return {value: str(services.clock(f"referral_{value}").name) for value in Priority.values}


_PRESSING = [Priority.URGENT, Priority.SOON, Priority.ROUTINE]


def usual_priority(case: Case, service: ServiceType) -> str:
    """The more pressing of what the triage found and what this kind of service asks for."""
    wanted = [value for value in (case.level, service.answer_class) if value in Priority.values]
    return min(wanted, key=lambda value: _PRESSING.index(Priority(value)))


def draft_of(consent: Consent) -> CaseReferral | None:
    """The slip that is being written under this consent."""
    return (
        CaseReferral.objects.filter(consent=consent, referral__state=State.DRAFT)
        .select_related("referral", "goal")
        .first()
    )


class Slip(NamedTuple):
    """One slip as its sender sees it. ``packet`` is what the recipient's own page shows; none when
    nothing of it may be shown."""

    referral: Referral
    recipient: str
    packet: Packet | None
    message: str
    outcome: Words
    reason: Words
    appointment: Appointment | None
    appointments: list[Appointment]
    client_result: list[Line]


# A withdrawn slip shows nothing of what it carried, even before its key is destroyed.
_SHUT = (State.WITHDRAWN, State.ENTERED_IN_ERROR)


def slip(link: CaseReferral) -> Slip:
    """Reads what the opened keys show: ``packet`` of the referral, ``notes`` of the case."""
    referral = link.referral
    shut = referral.state in _SHUT
    appointments = [] if shut else list(referral.appointments.all())
    return Slip(
        referral=referral,
        recipient=referral.recipient_team.organisation.name,
        packet=None if shut else received.slip(referral),
        message="" if shut else str(referral.message or ""),
        outcome="" if shut else outcome_words(referral),
        reason=reason_words(referral.decline_reason or referral.end_reason),
        appointment=next(
            (item for item in appointments if item.state == AppointmentState.PLANNED), None
        ),
        appointments=appointments,
        client_result=_said(link.client_result or {}),
    )


def outcome_words(referral: Referral) -> Words:
    """Nothing of what a health worker found travels back, nor anything that differs with it:
    for health there is one sentence, whatever outcome was chosen."""
    if referral.state not in (State.COMPLETED, State.CONFIRMED):
        return ""
    if referral.family == ServiceType.Family.HEALTH:
        return _("The client came, and the service was given.")
    return received.outcome_words(referral)


def reason_words(code: str) -> Words:
    for reasons in (DeclineReason, NotCompletedReason, CancelReason):
        if code in reasons.values:
            return reasons(code).label
    return ""


ANSWERS: dict[str, Words] = {
    "yes": gettext_lazy("Yes"),
    "partly": gettext_lazy("Partly"),
    "no": gettext_lazy("No"),
    "unknown": gettext_lazy("Not known"),
    "prefer_not_say": gettext_lazy("Prefer not to say"),
}


def _said(result: Mapping[str, str]) -> list[Line]:
    return [
        Line(label, str(ANSWERS.get(result[name], result[name])))
        for name, label in (
            ("helped", _("Did it help?")),
            ("respected", _("Was the client treated with respect?")),
            ("words", _("In the client's own words")),
        )
        if result.get(name)
    ]


class Buttons(NamedTuple):
    """What the person who looks at the slip can do next."""

    check: bool
    confirm: bool
    contacted: bool
    chased: bool
    settle: bool
    send_back: bool
    cancel: bool

    @property
    def any(self) -> bool:
        return True in self


def buttons(actor: Actor, link: CaseReferral) -> Buttons:
    referral, case = link.referral, link.case
    worker = policies.is_worker(actor, case)
    team = worker or policies.is_supervisor(actor, case)
    waiting = set(engine.waiting_steps(referral))
    next_states = reachable_from(referral.state, Side.SENDER)
    return Buttons(
        check=worker and referral.state == State.DRAFT,
        confirm=worker and State.CONFIRMED in next_states,
        contacted=team and "contact_client" in waiting,
        chased=bool(waiting & _chasing(worker=worker, team=team)),
        settle=team and "decide" in waiting,
        send_back=policies.is_supervisor(actor, case)
        and actor.user_id != case.worker_id
        and referral.state == State.DECLINED,
        cancel=team and referral.state in OPEN,
    )


def _chasing(*, worker: bool, team: bool) -> set[str]:
    """The steps in which this person asks the recipient for its late answer."""
    if worker:
        return {"chase"}
    return {"chase_supervisor"} if team else set()


STATE_COLOUR = {
    State.DRAFT: "grey",
    State.SENT: "blue",
    State.RECEIVED: "blue",
    State.ACCEPTED: "teal",
    State.SCHEDULED: "teal",
    State.IN_SERVICE: "green",
    State.COMPLETED: "green",
    State.CONFIRMED: "green",
    State.NO_SHOW: "orange",
    State.ON_HOLD: "yellow",
    State.DECLINED: "orange",
    State.REDIRECT_PROPOSED: "orange",
    State.NOT_COMPLETED: "orange",
}

_EVENTS: dict[str, Words] = {
    "referral.prepared": gettext_lazy("Slip written"),
    "referral.discarded": gettext_lazy("Draft discarded"),
    "referral.sent_back": gettext_lazy("Sent back with the request to look again"),
    "referral.resumed": gettext_lazy("Service taken up again"),
    "referral.reminded": gettext_lazy("Recipient reminded"),
    "referral.overdue": gettext_lazy("Time to answer is over; sender told"),
    "referral.escalated": gettext_lazy("Still no answer; supervisor told"),
    "referral.chased": gettext_lazy("Recipient asked for the answer"),
    "referral.client_contacted": gettext_lazy("Client asked after the missed appointment"),
    "referral.settled": gettext_lazy("Seen by the sender"),
    "referral.sender_changed": gettext_lazy("Another worker has taken over"),
    "referral.withdrawal_relayed": gettext_lazy("The client told the recipient to stop"),
    "referral.error_reported": gettext_lazy("Reported as entered in error"),
}


class Happening(NamedTuple):
    """One line of a timeline (templates/components/timeline.html)."""

    title: Words
    when: Any
    who: str
    text: Words = ""
    url: str = ""


def history(referral: Referral) -> list[Happening]:
    """Every change of the slip, newest first. What the recipient writes for itself is not news."""
    return [
        _happening(event)
        for event in changes(referral)
        if event.event in _EVENTS or event.after in State.values
    ]


def _happening(event: Event) -> Happening:
    title: Words = _EVENTS.get(event.event) or State(event.after).label
    actor = _("The system") if event.role == Role.SYSTEM else event.actor
    who = ", ".join(part for part in (actor, event.organisation) if part)
    return Happening(title, event.at, who, reason_words(event.reason))
