"""The worker sends, discards, cancels; her case moves to another worker.

Called by the cases room, which has asked the consent."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy import access, audit, keys
from privacy.actors import Actor
from privacy.compartments import Compartment
from privacy.errors import Invalid, WrongState
from privacy.models import Basis, GrantSource, Team, User
from privacy.roles import Role
from referrals import notices, policies
from referrals.actions.plot import (
    PACKET_PERMISSIONS,
    answer_clocks,
    end,
    give_recipient,
    locked,
    may_it,
    move,
)
from referrals.models import (
    Priority,
    Referral,
)
from referrals.states import CancelReason, Side, State
from referrals.turns import sender_of, sending_supervisors
from workflow import engine


@transaction.atomic
def prepare(
    *,
    actor: Actor,
    sender: User,
    sender_team: Team,
    recipient_team: Team,
    recipient_role: str,
    basis: Basis,
    family: str,
    service: str,
    priority: str,
    packet: dict[str, str],
    area_code: str = "",
) -> Referral:
    """A draft with exactly what the recipient would see. Its keys commit first."""
    if not basis.is_live or basis.recipient_id != recipient_team.organisation_id:
        raise WrongState(_("There is no valid consent for this recipient."))
    if priority not in Priority.values:
        raise Invalid({"priority": _("Choose a priority.")})
    referral = Referral(
        sender=sender,
        sender_team=sender_team,
        recipient_team=recipient_team,
        recipient_role=recipient_role,
        basis=basis,
        family=family,
        priority=priority,
        area_code=area_code,
    )
    keys.make(referral.uuid, (Compartment.PACKET, Compartment.ENTRIES))
    referral.service = service
    referral.packet = {"fields": packet, "made_on": timezone.localdate().isoformat()}
    referral.save()
    _give_sender(actor, referral, sender, sender_team)
    audit.record_change(actor=actor, event="referral.prepared", subject=referral, after=State.DRAFT)
    return referral


def _give_sender(actor: Actor, referral: Referral, sender: User, team: Team) -> None:
    """The worker by name, and her team (which counts for its supervisors only)."""
    access.give(
        referral,
        PACKET_PERMISSIONS,
        user=sender,
        under=team,
        source=GrantSource.ASSIGNMENT,
        granted_by=actor,
        sort_key=referral.sort_key,
    )
    access.give(
        referral,
        PACKET_PERMISSIONS,
        team=team,
        source=GrantSource.TEAM,
        granted_by=actor,
        sort_key=referral.sort_key,
    )


@transaction.atomic
def send(*, actor: Actor, referral: Referral) -> None:
    """Freeze the packet and hand it over. From now on the recipient's clock runs."""
    referral = locked(referral)
    policies.require_sender(actor, referral)
    may_it(referral, State.SENT, Side.SENDER)
    if not referral.basis.is_live:
        raise WrongState(_("The consent for this recipient is not valid any more."))
    now = timezone.now()
    move(actor, referral, State.SENT, "referral.sent", sent_at=now, **answer_clocks(referral, now))
    give_recipient(actor, referral)
    engine.start(subject=referral, actor=actor)


@transaction.atomic
def discard(*, actor: Actor, referral: Referral) -> None:
    """A draft that is not sent after all; its packet's key dies."""
    referral = locked(referral)
    policies.require_sender(actor, referral)
    if referral.state != State.DRAFT:
        raise WrongState(_("Only a draft can be discarded."))
    move(actor, referral, State.CANCELLED, "referral.discarded", ended_at=timezone.now())
    notices.packet_dies(referral)


@transaction.atomic
def cancel(*, actor: Actor, referral: Referral, reason: str) -> None:
    """The worker calls it off; the recipient loses sight at once."""
    referral = locked(referral)
    policies.require_sender(actor, referral)
    if reason not in CancelReason.values:
        raise Invalid({"reason": _("Choose a reason.")})
    may_it(referral, State.CANCELLED, Side.SENDER)
    move(
        actor,
        referral,
        State.CANCELLED,
        "referral.cancelled",
        reason=reason,
        end_reason=reason,
        ended_at=timezone.now(),
    )
    end(referral, actor)


@transaction.atomic
def change_sender(*, actor: Actor, referral: Referral, sender: User, team: Team) -> None:
    """The case got another worker: her steps and grants move with it. The caller's room has asked
    whether this actor may hand the case over."""
    referral = locked(referral)
    access.take_away(referral, by=actor, user=referral.sender_id)
    if team.pk != referral.sender_team_id:
        access.take_away(referral, by=actor, team=referral.sender_team_id)
    referral.sender, referral.sender_team = sender, team
    referral.save(update_fields=["sender", "sender_team"])
    _give_sender(actor, referral, sender, team)
    audit.record_change(actor=actor, event="referral.sender_changed", subject=referral)
    engine.reassign(
        subject=referral, holder=sender_of(referral), actor=actor, role=Role.SOCIAL_WORKER
    )
    engine.reassign(
        subject=referral, holder=sending_supervisors(referral), actor=actor, role=Role.SUPERVISOR
    )
