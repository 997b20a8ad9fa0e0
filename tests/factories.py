"""A record at each point of its life, brought there by the actions that people take.

Nothing here writes a row by itself: what a factory makes could have been made at a desk. Each
function takes the cast and returns the record, fresh from the database.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import models
from django.utils import timezone

from cases import actions
from cases.models import Case, CaseReferral, Consent, FollowUp, FollowUpPlan, Lead, Transfer
from privacy import access, keys
from privacy.actors import Actor
from privacy.compartments import Compartment as C
from referrals import actions as slips
from referrals.models import LivelihoodPlan, Referral
from referrals.states import DeclineReason
from services.models import ServiceType
from tests.cast import AWAY, HOME, Cast
from tests.rehearsal import rehearsed

ALIAS = "Mây Trắng"
PHONE = "0912 345 678"
SAFE_CONTACT = {
    "may_call": False,
    "may_text": True,
    "phone": PHONE,
    "hours": "9–11",
    "code_word": "giao hàng",
}
SCREENINGS: dict[str, dict[str, str | None]] = {
    "urgent": {"D1": "yes", "E3": "nearly_every_day", "E4": "1"},
    "soon": {"C5": "yes", "C1h": "yes", "C6h": "yes", "H1": "yes"},
    "routine": {"H1": "yes"},
    "none": {},
}


@contextmanager
def opened(actor: Actor, record: models.Model, *compartments: C) -> Iterator[None]:
    """A request of this person in which these compartments of the record are open."""
    with keys.fresh_ring():
        access.open_keys(actor, [record], compartments, purpose="test")
        yield


WORKER_KEYS = (C.IDENTITY, C.CONTACT, C.NEEDS, C.PROTECTION, C.NOTES)


# -- outreach


@rehearsed
def lead_made(cast: Cast, *, age_band: str = "18_over", by: str = "hoa") -> Lead:
    return actions.record_contact(
        actor=getattr(cast, by),
        area_code=HOME,
        channel="outreach",
        age_band=age_band,
        alias=ALIAS,
        contact=SAFE_CONTACT,
    )


@rehearsed
def lead_informed(cast: Cast) -> Lead:
    lead = lead_made(cast)
    actions.give_information(actor=cast.hoa, lead=lead)
    return fresh(lead)


@rehearsed
def lead_not_now(cast: Cast) -> Lead:
    lead = lead_informed(cast)
    actions.not_now(actor=cast.hoa, lead=lead)
    return fresh(lead)


@rehearsed
def lead_handed_over(cast: Cast) -> Lead:
    lead = lead_informed(cast)
    actions.hand_over(actor=cast.hoa, lead=lead, to=cast.memberships["hanh"])
    return fresh(lead)


@rehearsed
def lead_ended(cast: Cast) -> Lead:
    lead = lead_made(cast)
    actions.end_contact(actor=cast.hoa, lead=lead)
    return fresh(lead)


# -- the file


@rehearsed
def case_opened(
    cast: Cast, *, by: str = "hanh", age_band: str = "18_over", lead: Lead | None = None
) -> Case:
    return actions.open_case(
        actor=getattr(cast, by),
        area_code=AWAY if by == "kien" else HOME,
        channel="outreach",
        age_band=age_band,
        alias=ALIAS,
        contact=SAFE_CONTACT,
        lead=lead,
    )


@rehearsed
def child_case(cast: Cast, *, age_band: str = "16_17") -> Case:
    return case_opened(cast, age_band=age_band)


@rehearsed
def case_refused(cast: Cast) -> Case:
    """Advice without a file."""
    case = case_opened(cast)
    actions.answer_file_consent(actor=cast.hanh, case=case, given=False, method="verbal")
    return fresh(case)


@rehearsed
def case_consented(cast: Cast, *, keep_answers: bool = False) -> Case:
    case = case_opened(cast)
    actions.answer_file_consent(
        actor=cast.hanh, case=case, given=True, method="verbal", keep_answers=keep_answers
    )
    return fresh(case)


@rehearsed
def case_screened(
    cast: Cast,
    level: str = "soon",
    *,
    answers: dict[str, str | None] | None = None,
    keep_answers: bool = False,
) -> Case:
    """Screened to this level; the worker says why where it is not the advised one."""
    case = case_consented(cast, keep_answers=keep_answers)
    with opened(cast.hanh, case, *WORKER_KEYS):
        given = SCREENINGS["soon" if level == "urgent" else level] if answers is None else answers
        actions.save_answers(actor=cast.hanh, case=case, answers=given)
        actions.finish(actor=cast.hanh, case=case, level=level, level_reason="Theo lời kể")
    return fresh(case)


@rehearsed
def case_in_assessment(cast: Cast, level: str = "soon") -> Case:
    case = case_screened(cast, level)
    if level == "urgent":
        actions.make_safety_plan(actor=cast.hanh, case=case, text="Ở nhà chị gái")
    return fresh(case)


@rehearsed
def case_assessed(cast: Cast, level: str = "soon") -> Case:
    case = case_in_assessment(cast, level)
    actions.write_assessment(actor=cast.hanh, case=case, situation="Ở trọ", strengths="Khéo tay")
    return fresh(case)


GOALS = (actions.GoalDraft("Khỏe lại", "H-STI"), actions.GoalDraft("Học may", "V-VOC"))


@rehearsed
def case_planned(cast: Cast, goals: Sequence[actions.GoalDraft] = GOALS) -> Case:
    """The plan waits for the supervisor."""
    case = case_assessed(cast)
    actions.save_plan(actor=cast.hanh, case=case, goals=list(goals))
    actions.submit_plan(actor=cast.hanh, case=case)
    return fresh(case)


@rehearsed
def case_in_support(cast: Cast) -> Case:
    case = case_planned(cast)
    actions.approve_plan(actor=cast.bich, case=case)
    return fresh(case)


@rehearsed
def case_closing(cast: Cast) -> Case:
    case = case_in_support(cast)
    actions.request_closure(actor=cast.hanh, case=case, reason="goals_reached", note_text="Xong")
    return fresh(case)


@rehearsed
def case_closed(cast: Cast) -> Case:
    case = case_closing(cast)
    actions.approve_closure(actor=cast.bich, case=case)
    return fresh(case)


# -- consent and referrals


@rehearsed
def consent_given(
    cast: Cast,
    case: Case | None = None,
    *,
    service: str = "H-STI",
    organisation: str = "station",
    fields: Sequence[str] | None = None,
    **more: Any,
) -> Consent:
    case = case or case_in_support(cast)
    kind = ServiceType.objects.get(code=service)
    with opened(cast.hanh, case, *WORKER_KEYS):
        return actions.answer_sharing(
            actor=cast.hanh,
            case=case,
            recipient=cast.organisations[organisation],
            service=kind,
            given=True,
            fields=list(kind.packet_fields if fields is None else fields),
            method="verbal",
            **more,
        )


def link_of(referral: Referral) -> CaseReferral:
    return CaseReferral.objects.select_related("case", "consent__basis", "referral").get(
        referral=referral
    )


@rehearsed
def referral_draft(
    cast: Cast,
    case: Case | None = None,
    *,
    service: str = "H-STI",
    organisation: str = "station",
    priority: str = "soon",
) -> Referral:
    case = case or case_in_support(cast)
    consent = consent_given(cast, case, service=service, organisation=organisation)
    with opened(cast.hanh, case, *WORKER_KEYS):
        case, consent = fresh(case), fresh(consent)
        written = dict.fromkeys(actions.fields_to_write(consent), "Cần được giúp")
        link = actions.prepare_referral(
            actor=cast.hanh, case=case, consent=consent, priority=priority, written=written
        )
    return fresh(link.referral)


@rehearsed
def referral_sent(cast: Cast, case: Case | None = None, **more: Any) -> Referral:
    referral = referral_draft(cast, case, **more)
    with opened(cast.hanh, referral, C.PACKET):
        actions.send_referral(actor=cast.hanh, link=link_of(referral))
    return fresh(referral)


def recipient(cast: Cast, referral: Referral) -> Actor:
    """The person of the cast who answers this referral."""
    for name, membership in cast.memberships.items():
        if (
            membership.team_id == referral.recipient_team_id
            and membership.role == referral.recipient_role
        ):
            actor: Actor = getattr(cast, name)
            return actor
    raise LookupError("nobody of the cast answers this referral")


@rehearsed
def referral_received(cast: Cast, case: Case | None = None, **more: Any) -> Referral:
    referral = referral_sent(cast, case, **more)
    slips.receive(actor=recipient(cast, referral), referral=referral)
    return fresh(referral)


@rehearsed
def referral_accepted(cast: Cast, case: Case | None = None, **more: Any) -> Referral:
    referral = referral_received(cast, case, **more)
    slips.accept(actor=recipient(cast, referral), referral=referral, note="Mời đến")
    return fresh(referral)


@rehearsed
def referral_declined(cast: Cast, case: Case | None = None, **more: Any) -> Referral:
    referral = referral_received(cast, case, **more)
    slips.decline(
        actor=recipient(cast, referral), referral=referral, reason=DeclineReason.NO_CAPACITY
    )
    return fresh(referral)


@rehearsed
def referral_scheduled(cast: Cast, case: Case | None = None, **more: Any) -> Referral:
    referral = referral_accepted(cast, case, **more)
    slips.schedule(
        actor=recipient(cast, referral), referral=referral, at=timezone.now() + timedelta(days=2)
    )
    return fresh(referral)


@rehearsed
def referral_no_show(cast: Cast, case: Case | None = None, **more: Any) -> Referral:
    referral = referral_scheduled(cast, case, **more)
    slips.record_no_show(actor=recipient(cast, referral), referral=referral)
    return fresh(referral)


@rehearsed
def referral_in_service(cast: Cast, case: Case | None = None, **more: Any) -> Referral:
    referral = referral_scheduled(cast, case, **more)
    slips.begin_service(actor=recipient(cast, referral), referral=referral)
    return fresh(referral)


@rehearsed
def referral_completed(cast: Cast, case: Case | None = None, **more: Any) -> Referral:
    referral = referral_in_service(cast, case, **more)
    slips.complete(
        actor=recipient(cast, referral),
        referral=referral,
        outcome="attended",
        outcomes=["attended"],
        text="Đã khám",
    )
    return fresh(referral)


@rehearsed
def referral_confirmed(cast: Cast, case: Case | None = None, **more: Any) -> Referral:
    referral = referral_completed(cast, case, **more)
    link = link_of(referral)
    with opened(cast.hanh, link.case, C.NOTES):
        actions.confirm_referral(
            actor=cast.hanh, link=link, helped="yes", respected="yes", words="Rất tốt"
        )
    return fresh(referral)


@rehearsed
def referral_withdrawn(cast: Cast, case: Case | None = None, **more: Any) -> Referral:
    referral = referral_accepted(cast, case, **more)
    link = link_of(referral)
    actions.withdraw(actor=cast.hanh, consent=link.consent, method="verbal")
    return fresh(referral)


# -- livelihood


@rehearsed
def livelihood_planned(cast: Cast, case: Case | None = None) -> LivelihoodPlan:
    referral = referral_in_service(cast, case, service="F-LIV", organisation="union")
    return slips.make_plan(
        actor=cast.thu, referral=referral, trade="May vá", support="Vốn nhỏ", amount="20000000"
    )


@rehearsed
def livelihood_active(cast: Cast, case: Case | None = None) -> LivelihoodPlan:
    plan = livelihood_planned(cast, case)
    slips.start_plan(actor=cast.thu, plan=plan, on=timezone.localdate())
    return fresh(plan)


# -- following up, moving


@rehearsed
def follow_up_due(cast: Cast, case: Case | None = None) -> FollowUp:
    """The first date of a case in support; it shows in the list once the clock has reached it."""
    case = case or case_in_support(cast)
    plan = FollowUpPlan.objects.get(case=case, ended_at__isnull=True)
    found = plan.follow_ups.order_by("due_on").first()
    assert found is not None
    return found


@rehearsed
def transfer_requested(cast: Cast, case: Case | None = None) -> Transfer:
    case = case or case_in_support(cast)
    return actions.request_transfer(
        actor=cast.hanh,
        case=case,
        to_team=cast.teams["other_office"],
        summary="Chị ấy chuyển về quê",
        method="verbal",
    )


@rehearsed
def transfer_offered(cast: Cast, case: Case | None = None) -> Transfer:
    transfer = transfer_requested(cast, case)
    actions.release_transfer(actor=cast.bich, transfer=transfer)
    return fresh(transfer)


@rehearsed
def transfer_accepted(cast: Cast, case: Case | None = None) -> Transfer:
    transfer = transfer_offered(cast, case)
    actions.accept_transfer(actor=cast.loan, transfer=transfer, worker=cast.user("kien"))
    return fresh(transfer)


def fresh(record: Any) -> Any:
    """The record as the database has it: nothing that was typed is still at hand."""
    return type(record)._default_manager.get(pk=record.pk)
