"""Every answer the client gave to a question of consent, and what rests on it today."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from cases.models import Case, CaseReferral, Consent, Purpose
from cases.selectors.referring import Words, field_labels
from privacy import access, audit
from privacy.actors import Actor
from privacy.errors import NotFound
from referrals.states import FINAL, State
from services import wordings
from services.models import ServiceType


class Standing(models.TextChoices):
    """How a consent stands today; computed, never stored."""

    GIVEN = "given", _("Given")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Taken back")
    EXPIRED = "expired", _("Run out")
    ENDED = "ended", _("Ended with the case")


COLOUR = {
    Standing.GIVEN: "green",
    Standing.REFUSED: "orange",
    Standing.WITHDRAWN: "red",
    Standing.EXPIRED: "grey",
    Standing.ENDED: "grey",
}


def standing(consent: Consent, now: datetime) -> Standing:
    if not consent.given:
        return Standing.REFUSED
    if hasattr(consent, "end"):
        return Standing.WITHDRAWN
    if consent.basis is None or consent.basis.is_live:
        return Standing.GIVEN
    if consent.basis.valid_until is not None and consent.basis.valid_until <= now:
        return Standing.EXPIRED
    return Standing.ENDED


def consent_of(actor: Actor, uuid: UUID) -> Consent:
    """The consent with this uuid, if its file is hers to work on; otherwise NotFound."""
    consent = (
        Consent.objects.filter(uuid=uuid)
        .select_related("case", "basis", "recipient", "recorded_by", "end", "witness")
        .first()
    )
    if consent is None:
        audit.refused(actor=actor, action="work", subject=None, reason="absent")
        raise NotFound
    access.require(actor, consent.case)
    return consent


class Shown(NamedTuple):
    consent: Consent
    standing: Standing
    colour: str
    purpose: Words
    service: Words
    fields: list[Words]
    can_withdraw: bool
    # The words that were read to her, as this version had them; empty when they are not known.
    read_out: list[str]
    # False when the words of that version are not those she heard any more.
    unchanged: bool
    can_renew: bool
    heard_by: Words


def shown(consents: list[Consent], now: datetime) -> list[Shown]:
    """The keys of ``needs`` have to be open: which service and which fields are sealed."""
    names = {service.code: service.name for service in ServiceType.objects.all()}
    labels = field_labels()
    rows = []
    versions = {(consent.purpose, consent.wording) for consent in consents}
    words = {key: wordings.wording_of(*key) for key in versions}
    for consent in consents:
        stands = standing(consent, now)
        fields = consent.fields or []
        rows.append(
            Shown(
                consent=consent,
                standing=stands,
                colour=COLOUR[stands],
                purpose=consent.get_purpose_display(),
                service=names.get(consent.service, ""),
                fields=[labels.get(code, code) for code in labels if code in fields],
                can_withdraw=stands is Standing.GIVEN,
                read_out=_read_out(consent, words, names.get(consent.service, "")),
                unchanged=_unchanged(consent, words),
                can_renew=stands is Standing.GIVEN
                and consent.purpose == Purpose.SHARE
                and consent.valid_until is not None,
                heard_by=consent.witness.words if hasattr(consent, "witness") else "",
            )
        )
    return rows


Known = dict[tuple[str, str], wordings.Wording | None]


def _read_out(consent: Consent, words: Known, service: object) -> list[str]:
    wording = words[consent.purpose, consent.wording]
    if wording is None:
        return []
    recipient = consent.recipient.name if consent.recipient else ""
    with translation.override(consent.wording_language or "vi"):
        return wording.read_out(recipient=recipient, service=str(service))


def _unchanged(consent: Consent, words: Known) -> bool:
    wording = words[consent.purpose, consent.wording]
    return wording is not None and wording.digest == consent.wording_hash


def consents_of(case: Case) -> list[Consent]:
    """Newest first, with what a list of them shows."""
    return list(
        Consent.objects.filter(case=case)
        .select_related(
            "case",
            "basis",
            "recipient",
            "recorded_by",
            "end__recorded_by",
            "end__relayed_by",
            "witness",
        )
        .order_by("-created_at", "-pk")
    )


class Losing(NamedTuple):
    """Who loses sight of what when a consent ends."""

    reference: str
    recipient: str
    state: Words
    goes_on: bool


_OVER = (*FINAL, State.COMPLETED, State.NOT_COMPLETED)


def losing(consent: Consent) -> list[Losing]:
    """Slips that rest on this consent; for the consent to the file: every slip that still goes on
    or can still be seen."""
    links = CaseReferral.objects.filter(case=consent.case).select_related(
        "referral__recipient_team__organisation"
    )
    if consent.purpose != Purpose.FILE:
        links = links.filter(consent=consent)
    return [
        Losing(
            reference=link.referral.reference,
            recipient=link.referral.recipient_team.organisation.name,
            state=State(link.referral.state).label,
            goes_on=link.referral.state not in _OVER,
        )
        for link in links.exclude(
            referral__state__in=(State.CANCELLED, State.WITHDRAWN, State.ENTERED_IN_ERROR)
        )
    ]
