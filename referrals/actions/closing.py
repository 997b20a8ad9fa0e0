"""The worker closes the loop with the client; errors are taken out by two people."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy import access, audit
from privacy.actors import Actor
from privacy.errors import WrongState
from referrals import policies, states
from referrals.actions.plot import end, locked, may_it, move
from referrals.models import (
    Referral,
)
from referrals.states import Side, State
from workflow import engine


@transaction.atomic
def confirm(*, actor: Actor, referral: Referral) -> None:
    """The worker has asked the client how it went; what she said stays in her case."""
    referral = locked(referral)
    policies.require_sender(actor, referral)
    may_it(referral, State.CONFIRMED, Side.SENDER)
    move(actor, referral, State.CONFIRMED, "referral.confirmed")
    engine.complete(subject=referral, step="confirm", actor=actor)


@transaction.atomic
def report_error(*, actor: Actor, referral: Referral) -> None:
    """It should never have been sent. A second person has to agree; until then it goes on."""
    referral = locked(referral)
    policies.require_sender(actor, referral)
    states.check(referral.state, State.ENTERED_IN_ERROR, Side.SENDER)
    referral.error_reported_by_id = actor.user_id
    referral.save(update_fields=["error_reported_by"])
    audit.record_change(actor=actor, event="referral.error_reported", subject=referral)


@transaction.atomic
def approve_error(*, actor: Actor, referral: Referral) -> None:
    """Kept, hidden: nobody but the sending team sees it any more."""
    referral = locked(referral)
    policies.require_supervising_sender(actor, referral)
    may_it(referral, State.ENTERED_IN_ERROR, Side.SENDER)
    if referral.error_reported_by_id is None:
        raise WrongState(_("Nobody has reported this referral as entered in error."))
    if referral.error_reported_by_id == actor.user_id:
        raise WrongState(_("Somebody else has to approve what you reported."))
    move(
        actor,
        referral,
        State.ENTERED_IN_ERROR,
        "referral.entered_in_error",
        ended_at=timezone.now(),
    )
    end(referral, actor)


@transaction.atomic
def let_go(*, actor: Actor, referral: Referral) -> None:
    """The case ended before this loop was closed: the last steps leave the lists."""
    referral = locked(referral)
    policies.require_sender(actor, referral)
    if not engine.cancel(subject=referral, actor=actor):
        return
    access.take_away(referral, by=actor, outside=True)
    audit.record_change(actor=actor, event="referral.let_go", subject=referral)
