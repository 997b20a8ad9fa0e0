"""Meeting people: a count, or a contact with her yes; information, offer, hand-over, or later."""

from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import policies
from cases.actions.plot import required
from cases.models import Channel, Lead, OutreachCount
from cases.states import AgeBand, LeadState, check
from privacy import access, audit, keys, outbox
from privacy.actors import Actor
from privacy.compartments import LEAD_COMPARTMENTS
from privacy.errors import Invalid
from privacy.models import GrantSource, Membership
from privacy.roles import Role
from services import selectors as services
from workflow import engine

LEAD_PERMISSIONS = ("work", *(item.permission for item in LEAD_COMPARTMENTS))
KEYS_DIE = "lead.keys_die"


def _locked(lead: Lead) -> Lead:
    return Lead.objects.select_for_update(of=("self",)).select_related("team").get(pk=lead.pk)


def _move(
    actor: Actor, lead: Lead, after: LeadState, event: str, *, reason: str = "", **changed: Any
) -> None:
    check(LeadState, lead.state, after)
    before = lead.state
    lead.state = after
    for name, value in changed.items():
        setattr(lead, name, value)
    lead.save(update_fields=["state", *changed])
    audit.record_change(
        actor=actor, event=event, subject=lead, before=before, after=after, reason=reason
    )


def _valid_place(area_code: str, channel: str, age_band: str = AgeBand.ADULT) -> None:
    errors: dict[str, str] = {}
    if services.area(area_code) is None:
        errors["area_code"] = _("Choose a commune.")
    if channel not in Channel.values:
        errors["channel"] = _("Choose how you met.")
    if age_band not in AgeBand.values:
        errors["age_band"] = _("Choose an age group.")
    if errors:
        raise Invalid(errors)


@transaction.atomic
def count_contact(*, actor: Actor, area_code: str, channel: str) -> None:
    """She does not want a contact to be kept: one more in today's count, and nothing else."""
    policies.require_outreach(actor)
    _valid_place(area_code, channel)
    row, _created = OutreachCount.objects.get_or_create(
        on=timezone.localdate(), team_id=actor.team_id, area_code=area_code, channel=channel
    )
    OutreachCount.objects.filter(pk=row.pk).update(count=F("count") + 1)


@transaction.atomic
def record_contact(
    *,
    actor: Actor,
    area_code: str,
    channel: str,
    age_band: str,
    alias: str,
    contact: dict[str, Any],
    note_text: str = "",
) -> Lead:
    """She agrees that an alias and a safe way to reach her are kept. No name, no venue."""
    policies.require_outreach(actor)
    _valid_place(area_code, channel, age_band)
    alias = required("alias", alias, _("Enter the name she wants to be called by."))
    lead = Lead(
        channel=channel,
        area_code=area_code,
        age_band=age_band,
        worker_id=actor.user_id,
        worker_role=actor.role,
        team_id=actor.team_id,
    )
    keys.make(lead.uuid, LEAD_COMPARTMENTS)
    lead.alias = alias
    lead.contact = safe_contact(contact)
    lead.note = note_text.strip()
    lead.save()
    access.give(
        lead,
        LEAD_PERMISSIONS,
        user=actor.user_id,
        source=GrantSource.ASSIGNMENT,
        granted_by=actor,
        sort_key=lead.sort_key,
        purpose="outreach",
    )
    audit.record_change(
        actor=actor, event="lead.contact_made", subject=lead, after=LeadState.CONTACT_MADE
    )
    engine.start(subject=lead, actor=actor)
    return lead


def safe_contact(contact: dict[str, Any]) -> dict[str, Any]:
    """Only the known keys; what is not said means: do not contact."""
    return {
        "may_call": bool(contact.get("may_call")),
        "may_text": bool(contact.get("may_text")),
        "phone": str(contact.get("phone", "")),
        "hours": str(contact.get("hours", "")),
        "code_word": str(contact.get("code_word", "")),
    }


@transaction.atomic
def give_information(*, actor: Actor, lead: Lead) -> None:
    """What help there is, who sees what, and that she decides."""
    lead = _locked(lead)
    policies.require_lead_worker(actor, lead)
    _move(actor, lead, LeadState.INFORMED, "lead.informed")
    engine.complete(subject=lead, step="inform", actor=actor)


@transaction.atomic
def hand_over(*, actor: Actor, lead: Lead, to: Membership) -> None:
    """With her yes, a social worker of her choice takes over; the first worker's sight ends."""
    lead = _locked(lead)
    policies.require_lead_worker(actor, lead)
    takers = Membership.objects.live().filter(pk=to.pk, role=Role.SOCIAL_WORKER)
    if not takers.exists():
        raise Invalid({"to": _("Choose a social worker.")})
    _move(
        actor,
        lead,
        LeadState.HANDED_OVER,
        "lead.handed_over",
        handed_to_id=to.user_id,
        handed_to_team_id=to.team_id,
    )
    if to.user_id != actor.user_id:
        access.take_away(lead, by=actor, user=actor.user_id)
    access.give(
        lead,
        LEAD_PERMISSIONS,
        user=to.user_id,
        under=to,
        source=GrantSource.HAND_OVER,
        granted_by=actor,
        sort_key=lead.sort_key,
        purpose="outreach",
    )
    engine.complete(subject=lead, step="offer", actor=actor)


@transaction.atomic
def not_now(*, actor: Actor, lead: Lead) -> None:
    """She may say no, or not now: we ask once more after 90 days (dated rule data)."""
    lead = _locked(lead)
    policies.require_lead_worker(actor, lead)
    _move(actor, lead, LeadState.NOT_NOW, "lead.not_now", ask_again_at=services.due("reoffer"))
    engine.complete(subject=lead, step="offer", actor=actor)


@transaction.atomic
def end_contact(*, actor: Actor, lead: Lead) -> None:
    """She does not want any contact: alias and contact are wiped, the count stays."""
    lead = _locked(lead)
    if lead.state == LeadState.HANDED_OVER:  # she may change her mind before a case is opened
        policies.require_lead_taker(actor, lead)
    else:
        policies.require_lead_worker(actor, lead)
    _move(actor, lead, LeadState.ENDED, "lead.ended")
    engine.cancel(subject=lead, actor=actor)
    wipe(actor, lead)


def wipe(actor: Actor, lead: Lead) -> None:
    """Nothing of her stays in the lead; its keys die, and with them every older copy."""
    access.take_away(lead, by=actor)
    keys_die(lead)


def keys_die(lead: Lead) -> None:
    """Promised with this transaction, done after it: a key never dies for a change that did not
    happen."""
    outbox.put(KEYS_DIE, lead.pk, dedupe_key=f"{KEYS_DIE}:{lead.pk}")


def destroy_lead_keys(lead_id: int) -> None:
    """Outbox handler, idempotent: after this the lead opens for nobody."""
    lead = Lead.objects.filter(
        pk=lead_id, state__in=(LeadState.ENDED, LeadState.CASE_OPENED)
    ).first()
    if lead is not None:
        keys.destroy(lead.owner_uuid)


def note_ask_again(*, actor: Actor, lead: Lead) -> None:
    """Ninety days have passed (automatic node): the offer stands again."""
    _move(actor, lead, LeadState.INFORMED, "lead.ask_again", ask_again_at=None)
