"""Referring: consent for this recipient, a packet cut down to it, previewed, frozen, sent."""

from collections.abc import Collection, Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from cases import policies
from cases.actions.plot import locked, must_be, note, require_adult
from cases.models import Case, CaseReferral, Consent, Goal, Purpose
from cases.states import MAY_REFER, GoalState
from privacy.actors import Actor
from privacy.errors import Invalid, NotFound, WrongState
from privacy.matrix import Verb
from privacy.models import Organisation, Team
from referrals import actions as referrals
from referrals.states import COUNTS_AS_ACCESS, State
from referrals.turns import receiving_role
from services.models import ServiceType

# Packet fields that are copied from the file itself; the others are written for the slip.
FROM_FILE = {
    "identity.alias": "alias",
    "identity.legal_name": "legal_name",
    "identity.birth_year": "birth_year",
    "identity.address": "address",
}
SAFE_CONTACT = "contact.safe_contact"


def live_sharing(case: Case, consent: Consent) -> bool:
    return (
        consent.case_id == case.pk
        and consent.purpose == Purpose.SHARE
        and consent.given
        and not hasattr(consent, "end")
        and consent.basis is not None
        and consent.basis.is_live
    )


def receiving_team(organisation: Organisation) -> Team | None:
    return Team.objects.filter(organisation=organisation, is_active=True).order_by("pk").first()


def fields_to_write(consent: Consent) -> list[str]:
    """Codes of the consented fields that the worker writes for this slip."""
    return [code for code in consent.fields if code not in FROM_FILE and code != SAFE_CONTACT]


def packet_for(case: Case, consent: Consent, written: Mapping[str, str]) -> dict[str, str]:
    """What this recipient would see: never a field that the consent does not name."""
    return packet_of(case, consent.fields, written)


def packet_of(case: Case, fields: Collection[str], written: Mapping[str, str]) -> dict[str, str]:
    """The same for any set of fields: a preview before she has answered shows what would be sent,
    because it is cut by the very lines that cut what is sent."""
    packet: dict[str, str] = {}
    for code in fields:
        if code in FROM_FILE:
            value = getattr(case, FROM_FILE[code])
        elif code == SAFE_CONTACT:
            value = contact_words(case.contact)
        else:
            value = written.get(code, "").strip()
        if value:
            packet[code] = value
    return packet


def contact_words(contact: Mapping[str, object]) -> str:
    """The contact plan in a sentence; without a yes it says: do not contact."""
    if not (contact.get("may_call") or contact.get("may_text")) or not contact.get("phone"):
        return _("Please do not contact the client; the sender arranges everything.")
    how = (
        _("Call or text")
        if contact.get("may_call") and contact.get("may_text")
        else _("Call only")
        if contact.get("may_call")
        else _("Text only")
    )
    parts = [f"{how}: {contact['phone']}"]
    if contact.get("hours"):
        parts.append(_("Hours: %(hours)s") % {"hours": contact["hours"]})
    if contact.get("code_word"):
        parts.append(_("Say: %(word)s") % {"word": contact["code_word"]})
    return ". ".join(parts)


@transaction.atomic
def prepare_referral(
    *,
    actor: Actor,
    case: Case,
    consent: Consent,
    priority: str,
    written: Mapping[str, str],
    goal: Goal | None = None,
    replaces: CaseReferral | None = None,
) -> CaseReferral:
    """A draft slip, to be looked at together before it is sent. ``replaces`` is the draft that was
    looked at and written anew: a packet is never edited, its key dies with it."""
    case = locked(case)
    policies.require_worker(actor, case)
    require_adult(case)
    must_be(case, *MAY_REFER)
    if not live_sharing(case, consent):
        raise WrongState(_("There is no valid consent for this recipient."))
    if goal is not None and goal.case_id != case.pk:
        raise NotFound
    if replaces is not None and replaces.case_id != case.pk:
        raise NotFound
    service = ServiceType.objects.get(code=consent.service)
    recipient = consent.recipient
    team = receiving_team(recipient) if recipient is not None else None
    if recipient is None or team is None or consent.basis is None:
        raise Invalid({"recipient": _("This provider has no account here; give her a paper slip.")})
    unknown = set(written) - set(fields_to_write(consent))
    if any(written[code].strip() for code in unknown):
        raise Invalid({code: _("She has not agreed to share this.") for code in unknown})
    referral = referrals.prepare(
        actor=actor,
        sender=case.worker,
        sender_team=case.team,
        recipient_team=team,
        recipient_role=receiving_role(recipient.kind),
        basis=consent.basis,
        family=service.family,
        service=service.code,
        priority=priority,
        packet=packet_for(case, consent, written),
        area_code=recipient.area_code,
    )
    link = CaseReferral(case=case, referral=referral, consent=consent, goal=goal)
    link.save()
    if replaces is not None:
        referrals.discard(actor=actor, referral=replaces.referral)
    note(actor, case, "referral.prepared")
    return link


@transaction.atomic
def send_referral(*, actor: Actor, link: CaseReferral) -> None:
    """The consent is asked once more, at the moment of sending."""
    case = locked(link.case)
    policies.require_worker(actor, case)
    must_be(case, *MAY_REFER)
    if not live_sharing(case, link.consent):
        raise WrongState(_("There is no valid consent for this recipient."))
    referrals.send(actor=actor, referral=link.referral)
    note(actor, case, "referral.sent")


@transaction.atomic
def discard_referral(*, actor: Actor, link: CaseReferral) -> None:
    case = locked(link.case)
    policies.require_worker(actor, case)
    referrals.discard(actor=actor, referral=link.referral)


@transaction.atomic
def cancel_referral(*, actor: Actor, link: CaseReferral, reason: str) -> None:
    case = locked(link.case)
    policies.require_case_team(actor, case)
    referrals.cancel(actor=actor, referral=link.referral, reason=reason)
    note(actor, case, "referral.cancelled")


@transaction.atomic
def client_contacted(*, actor: Actor, link: CaseReferral) -> None:
    """After a missed appointment she was asked, and wants a new time."""
    case = locked(link.case)
    policies.require_case_team(actor, case)
    policies.require_unrestricted(actor, case)
    referrals.note_client_contacted(actor=actor, referral=link.referral)


@transaction.atomic
def chased_referral(*, actor: Actor, link: CaseReferral) -> None:
    """The receiving office was asked for its answer."""
    case = locked(link.case)
    policies.require_case_team(actor, case)
    policies.require_unrestricted(actor, case)
    referrals.note_chased(actor=actor, referral=link.referral)


@transaction.atomic
def settle_referral(*, actor: Actor, link: CaseReferral) -> None:
    """A refusal, an expiry or an unfinished service has been seen."""
    case = locked(link.case)
    policies.require_case_team(actor, case)
    referrals.settle(actor=actor, referral=link.referral)


@transaction.atomic
def send_back_referral(*, actor: Actor, link: CaseReferral, text: str) -> None:
    case = locked(link.case)
    policies.require_supervisor(actor, case, Verb.SEND_BACK)
    referrals.send_back(actor=actor, referral=link.referral, text=text)


HELPED = ("yes", "partly", "no", "unknown", "prefer_not_say")


@transaction.atomic
def confirm_referral(
    *, actor: Actor, link: CaseReferral, helped: str, respected: str, words: str = ""
) -> None:
    """What she says: did it help, was she treated with respect. Stays in her file."""
    case = locked(link.case)
    policies.require_worker(actor, case)
    errors = {
        name: _("Choose an answer.")
        for name, value in (("helped", helped), ("respected", respected))
        if value not in HELPED
    }
    if errors:
        raise Invalid(errors)
    link.client_result = {"helped": helped, "respected": respected, "words": words.strip()}
    link.save(update_fields=["client_result"])
    referrals.confirm(actor=actor, referral=link.referral)
    if helped == "yes" and link.goal_id is not None:
        Goal.objects.filter(pk=link.goal_id).update(state=GoalState.REACHED)
    note(actor, case, "referral.confirmed")


def referral_changed(referral_id: int) -> None:
    """Outbox handler: the case pulls what its referral became. Idempotent."""
    link = CaseReferral.objects.filter(referral_id=referral_id).select_related("referral").first()
    if link is None or link.goal_id is None:
        return
    if State(link.referral.state) in COUNTS_AS_ACCESS:
        Goal.objects.filter(pk=link.goal_id, state=GoalState.OPEN).update(state=GoalState.UNDER_WAY)


def loose_ends(case: Case) -> list[CaseReferral]:
    """Referrals whose service is over and whose loop nobody has closed yet."""
    over = (State.COMPLETED, State.NOT_COMPLETED, State.EXPIRED)
    return list(
        CaseReferral.objects.filter(case=case, referral__state__in=over).select_related("referral")
    )


def links_of(case: Case) -> list[CaseReferral]:
    """Every referral of this case, going on or over."""
    return list(CaseReferral.objects.filter(case=case).select_related("referral"))


def open_links(case: Case) -> list[CaseReferral]:
    """Referrals of this case that still go on."""
    over = (
        State.CONFIRMED,
        State.CANCELLED,
        State.WITHDRAWN,
        State.EXPIRED,
        State.ENTERED_IN_ERROR,
        State.COMPLETED,
        State.NOT_COMPLETED,
    )
    return list(
        CaseReferral.objects.filter(case=case)
        .exclude(referral__state__in=over)
        .select_related("referral", "case", "consent__basis")
    )
