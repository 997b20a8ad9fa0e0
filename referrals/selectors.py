"""What a recipient is shown: the slips sent to her team, and of each only what her side may know.

Reading asks the same question as acting (policies.require_recipient); what is absent, forbidden
or over looks alike. The number of queries never grows with what is shown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy import access, audit
from privacy.actors import Actor
from privacy.compartments import Compartment
from privacy.errors import NotFound
from privacy.fields import LOCKED
from privacy.matrix import WORK
from privacy.roles import Role
from referrals import policies
from referrals.models import (
    Appointment,
    AppointmentState,
    IncomeBand,
    LivelihoodPlan,
    LivelihoodVisit,
    Milestone,
    MilestoneKind,
    Referral,
)
from referrals.states import (
    OPEN,
    DeclineReason,
    NotCompletedReason,
    PlanState,
    Side,
    State,
    any_of,
    reachable_from,
)
from services import selectors as services
from services.bilingual import text
from services.models import RuleSet, ServiceType
from workflow.selectors import Cursor, changes

PAGE = 25
SAFE_CONTACT = "contact.safe_contact"
STILL_TRACKED = (PlanState.PLANNED, PlanState.ACTIVE, PlanState.NEEDS_REVIEW)

# ------------------------------------------------------------------------------ the list


@dataclass(frozen=True)
class Inbox:
    referrals: list[Referral]
    next: Cursor | None

    @property
    def received(self) -> list[Referral]:
        """Those whose slip was opened: before that a row has no name."""
        return [referral for referral in self.referrals if referral.received_at is not None]


def inbox(actor: Actor, *, only_open: bool, after: Cursor | None = None, size: int = PAGE) -> Inbox:
    """What was sent to this team under this role, newest first; one query."""
    rows = access.visible(actor, Referral).filter(
        recipient_team_id=actor.team_id, recipient_role=actor.role, sent_at__isnull=False
    )
    if only_open:
        rows = rows.filter(state__in=any_of(OPEN))
    if after is not None:
        moment, pk = after
        rows = rows.filter(Q(sent_at__lt=moment) | Q(sent_at=moment, pk__lt=pk))
    found = list(
        rows.select_related("sender_team__organisation").order_by("-sent_at", "-pk")[: size + 1]
    )
    shown = found[:size]
    last = shown[-1] if len(found) > size else None
    return Inbox(shown, Cursor(last.sent_at, last.pk) if last and last.sent_at else None)


# ------------------------------------------------------------------------------ one slip


ENDED_FOR_US = (State.CANCELLED, State.WITHDRAWN, State.EXPIRED)
TOLD_FOR = timedelta(days=14)


class Ended(NamedTuple):
    reference: str
    at: datetime | None


def ended_lately(actor: Actor) -> list[Ended]:
    """Slips that her team worked on and that ended from the other side: reference and day, and not
    why (flows.md 2: the recipient is told without detail)."""
    rows = Referral.objects.filter(
        recipient_team=actor.team_id,
        recipient_role=actor.role,
        state__in=ENDED_FOR_US,
        sent_at__isnull=False,
        ended_at__gte=timezone.now() - TOLD_FOR,
    ).order_by("-ended_at")
    return [Ended(*row) for row in rows.values_list("reference", "ended_at")[:PAGE]]


def received_by(actor: Actor, uuid: UUID) -> Referral:
    """The referral, if it was sent to this actor's team and still is open to it."""
    referral = (
        Referral.objects.select_related(
            "sender", "sender_team__organisation", "recipient_team", "livelihood_plan"
        )
        .filter(uuid=uuid)
        .first()
    )
    if referral is None:
        audit.refused(actor=actor, action="work", subject=None, reason="absent")
        raise NotFound
    policies.require_recipient(actor, referral)
    return referral


def plan_of(referral: Referral) -> LivelihoodPlan | None:
    return getattr(referral, "livelihood_plan", None)


class PacketField(NamedTuple):
    code: str
    label: str
    value: str


@dataclass(frozen=True)
class Slip:
    """The packet in words. ``locked``: its key did not open, so nothing is shown or guessed."""

    locked: bool
    service: str
    contact: str
    fields: list[PacketField]


def service_of(referral: Referral) -> ServiceType | None:
    """The kind of help asked for; needs the packet's key, because a code can tell a diagnosis."""
    code = referral.service
    return ServiceType.objects.filter(code=code).first() if code else None


def slip(referral: Referral) -> Slip:
    packet = referral.packet
    if packet is LOCKED:
        return Slip(locked=True, service="", contact="", fields=[])
    return reading(packet.get("fields", {}), service_of(referral))


def reading(fields: Mapping[str, str], service: ServiceType | None) -> Slip:
    """A packet in words, as its recipient reads it; also one that is not sent yet."""
    values = dict(fields)
    contact = values.pop(SAFE_CONTACT, "")
    rules = services.rule_set(RuleSet.Kind.PACKET_FIELD).payload["fields"]
    labels = {rule["code"]: str(text(rule)) for rule in rules}
    return Slip(
        locked=False,
        service=str(service.name) if service else "",
        contact=contact,
        # In the order of the rules, so that every slip reads alike.
        fields=[
            PacketField(code, labels.get(code, code), values[code])
            for code in (*labels, *(code for code in values if code not in labels))
            if values.get(code)
        ],
    )


class Sight(NamedTuple):
    """What the recipient's side can see of one slip at this moment, by its live grants."""

    finds_it: bool
    may_read: bool
    has_opened: bool


def sight_of_recipient(referral: Referral) -> Sight:
    team = referral.recipient_team_id
    finds = access.team_holds(team, referral, WORK) and referral.sent_at is not None
    return Sight(
        finds_it=finds,
        may_read=finds and access.team_holds(team, referral, Compartment.PACKET.permission),
        has_opened=referral.received_at is not None,
    )


class OutcomeChoice(NamedTuple):
    code: str
    label: str


def outcomes_of(referral: Referral) -> list[OutcomeChoice]:
    """What may be reported as the result of this kind of service; needs the packet's key."""
    service = service_of(referral)
    rows = service.outcomes if service else []
    return [OutcomeChoice(row["code"], str(text(row))) for row in rows]


def outcome_words(referral: Referral) -> str:
    code = referral.outcome
    return next((item.label for item in outcomes_of(referral) if item.code == code), "")


def appointments_of(referral: Referral) -> list[Appointment]:
    return list(referral.appointments.order_by("-at", "-pk"))


def planned(appointments: Iterable[Appointment]) -> Appointment | None:
    return next((item for item in appointments if item.state == AppointmentState.PLANNED), None)


def next_states(referral: Referral, appointment: Appointment | None) -> list[State]:
    """What the recipient can do next. Nobody is late before her appointment, and a service
    whose livelihood plan still runs is not over."""
    found = reachable_from(referral.state, Side.RECIPIENT)
    if appointment is not None and appointment.at > timezone.now():
        found = [state for state in found if state != State.NO_SHOW]
    plan = plan_of(referral)
    if plan is not None and plan.state in STILL_TRACKED:
        found = [state for state in found if state != State.COMPLETED]
    return found


def may_plan_livelihood(actor: Actor, referral: Referral) -> bool:
    return (
        actor.role == Role.WOMENS_UNION
        and referral.family == ServiceType.Family.MONEY
        and referral.state == State.IN_SERVICE
        and plan_of(referral) is None
    )


# ---------------------------------------------------------------------- what has happened

# Only what both sides know; the sender's own steps (a draft, a report of an error) stay hers.
EVENTS = {
    "referral.sent": _("Sent"),
    "referral.received": _("The slip was opened"),
    "referral.reminded": _("Half of the time to answer has passed"),
    "referral.overdue": _("The time to answer is over"),
    "referral.escalated": _("The sender's supervisor was told"),
    "referral.accepted": _("Accepted"),
    "referral.renewed": _("The client renewed her consent"),
    "referral.declined": _("Declined"),
    "referral.redirect_proposed": _("Another recipient was proposed"),
    "referral.sent_back": _("Sent back with a request to look again"),
    "referral.scheduled": _("Appointment made"),
    "referral.no_show": _("The client did not come"),
    "referral.client_contacted": _("The sender talked to the client"),
    "referral.service_began": _("The service began"),
    "referral.on_hold": _("Put on hold"),
    "referral.resumed": _("The service goes on"),
    "referral.entry_added": _("An entry was written"),
    "referral.completed": _("Completed"),
    "referral.not_completed": _("Ended before it was completed"),
    "referral.confirmed": _("The sender asked the client how it went"),
    "referral.settled": _("The sender has seen it and goes on without this referral"),
}
PLAN_EVENTS = {
    "livelihood.planned": _("The plan was made"),
    "livelihood.started": _("The plan started"),
    "livelihood.milestone": _("A milestone was recorded"),
    "livelihood.visited": _("A visit was recorded"),
    "livelihood.concluded": _("The plan was concluded"),
    "livelihood.ended": _("The plan ended early"),
}
REASONS = {item.value: item.label for kind in (DeclineReason, NotCompletedReason) for item in kind}


class Happened(NamedTuple):
    """One line of a history, as the timeline shows it."""

    title: str
    when: datetime
    who: str
    text: str


def history(record: Referral | LivelihoodPlan) -> list[Happened]:
    """Newest first; by whom, from which office, and the coded reason. No word of the client."""
    words = EVENTS if isinstance(record, Referral) else PLAN_EVENTS
    return [
        Happened(
            title=str(words[change.event]),
            when=change.at,
            who=str(_("The system"))
            if change.role == Role.SYSTEM
            else ", ".join(filter(None, (change.actor, change.organisation))),
            text=str(REASONS.get(change.reason, "")),
        )
        for change in changes(record)
        if change.event in words
    ]


# -------------------------------------------------------------------------- livelihood


def tracked_by(actor: Actor, uuid: UUID) -> LivelihoodPlan:
    """The livelihood plan, if its referral is this officer's."""
    plan = (
        LivelihoodPlan.objects.select_related(
            "referral__recipient_team", "referral__sender_team__organisation"
        )
        .filter(uuid=uuid)
        .first()
    )
    if plan is None:
        audit.refused(actor=actor, action="work", subject=None, reason="absent")
        raise NotFound
    policies.require_livelihood_officer(actor, plan.referral)
    return plan


def visit_of(plan: LivelihoodPlan, uuid: UUID) -> LivelihoodVisit:
    """A visit of this very plan; of another one it does not exist."""
    visit = plan.visits.filter(uuid=uuid).first()
    if visit is None:
        raise NotFound
    return visit


def next_visit(visits: Iterable[LivelihoodVisit]) -> LivelihoodVisit | None:
    return next((visit for visit in visits if visit.done_on is None), None)


class VisitLine(NamedTuple):
    visit: LivelihoodVisit
    income: str
    note: str


class MilestoneLine(NamedTuple):
    milestone: Milestone
    kind: str
    amount: str


def visit_lines(plan: LivelihoodPlan) -> list[VisitLine]:
    return [
        VisitLine(visit, _word(IncomeBand, visit.income_band), str(visit.note))
        if visit.done_on
        else VisitLine(visit, "", "")
        for visit in plan.visits.select_related("done_by")
    ]


def milestone_lines(plan: LivelihoodPlan) -> list[MilestoneLine]:
    return [
        MilestoneLine(item, _word(MilestoneKind, item.kind), str(item.amount))
        for item in plan.milestones.order_by("-on", "-pk")
    ]


def _word(kinds: type[IncomeBand] | type[MilestoneKind], code: object) -> str:
    """The label of an opened code; a locked one says that it is locked."""
    return str(kinds(code).label) if code in kinds.values else str(code)
