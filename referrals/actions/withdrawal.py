"""Consent is taken back: sight ends at once, packets die, entries stay shut."""

from django.db import transaction
from django.utils import timezone

from privacy import access, audit, keys
from privacy.actors import Actor
from privacy.compartments import Compartment
from privacy.models import Basis
from referrals import notices, policies, states
from referrals.actions.plot import end, locked, may_it, move
from referrals.models import (
    Referral,
)
from referrals.states import Side, State
from workflow import engine


@transaction.atomic
def withdraw_for(*, actor: Actor, basis: Basis) -> int:
    """Everything that rested on this basis ends, in the caller's transaction: grants, open steps,
    appointments. The packets' keys die from the outbox; the recipients' own entries stay shut."""
    ended = 0
    for referral in Referral.objects.select_for_update(of=("self",)).filter(basis=basis):
        access.take_away(referral, by=actor, outside=True)
        if State(referral.state) in FINAL_OR_DONE:
            engine.cancel(subject=referral, actor=actor)  # nobody needs to close this loop now
            notices.packet_dies(referral)
            continue
        may_it(referral, State.WITHDRAWN, Side.SYSTEM)
        move(actor, referral, State.WITHDRAWN, "referral.withdrawn", ended_at=timezone.now())
        end(referral, actor)
        notices.packet_dies(referral)
        ended += 1
    return ended


FINAL_OR_DONE = frozenset({*states.FINAL, State.COMPLETED, State.NOT_COMPLETED})


@transaction.atomic
def relay_withdrawal(*, actor: Actor, referral: Referral) -> None:
    """The client tells the recipient that she takes her consent back. The recipient loses sight at
    once; the word is carried up, and the room that holds her consent ends it."""
    referral = locked(referral)
    policies.require_recipient(actor, referral)
    audit.record_change(actor=actor, event="referral.withdrawal_relayed", subject=referral)
    access.take_away(referral, by=actor, outside=True)
    notices.withdrawal_relayed(referral)


def destroy_packet_key(referral_id: int) -> None:
    """Outbox handler, idempotent: after this the packet opens for nobody."""
    referral = Referral.objects.filter(pk=referral_id).first()
    if referral is not None:
        keys.destroy(referral.owner_uuid, [Compartment.PACKET])


def rest_on(*, actor: Actor, old: Basis, new: Basis) -> int:
    """She renewed her consent: slips and grants that rested on the old basis rest on the new one,
    in the caller's transaction, before the old one ends. The number of slips is returned."""
    moved = 0
    for referral in Referral.objects.select_for_update(of=("self",)).filter(basis=old):
        referral.basis = new
        referral.save(update_fields=["basis"])
        audit.record_change(actor=actor, event="referral.renewed", subject=referral)
        moved += 1
    access.rest_on(old, new, by=actor)
    return moved
