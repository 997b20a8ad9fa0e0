"""The recipient sees the slip and answers; the sender reacts to a refusal."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy import access, audit
from privacy.actors import Actor
from privacy.compartments import Compartment
from privacy.errors import Invalid, WrongState
from privacy.roles import Role
from referrals import policies
from referrals.actions.plot import (
    answer_clocks,
    give_recipient,
    locked,
    may_it,
    move,
    required,
    stop_chasing,
)
from referrals.models import (
    Referral,
)
from referrals.states import CancelReason, DeclineReason, Side, State
from workflow import engine


@transaction.atomic
def receive(*, actor: Actor, referral: Referral) -> None:
    """She presses "See the slip": from now on it counts as received."""
    referral = locked(referral)
    policies.require_recipient(actor, referral)
    may_it(referral, State.RECEIVED, Side.RECIPIENT)
    move(actor, referral, State.RECEIVED, "referral.received", received_at=timezone.now())


@transaction.atomic
def accept(*, actor: Actor, referral: Referral, note: str = "") -> None:
    referral = locked(referral)
    policies.require_recipient(actor, referral)
    may_it(referral, State.ACCEPTED, Side.RECIPIENT)
    move(
        actor,
        referral,
        State.ACCEPTED,
        "referral.accepted",
        answered_at=timezone.now(),
        message=note.strip(),
    )
    stop_chasing(actor, referral)
    engine.complete(subject=referral, step="answer", actor=actor)


@transaction.atomic
def decline(*, actor: Actor, referral: Referral, reason: str, text: str = "") -> None:
    """With a coded reason; the sender decides what next."""
    referral = locked(referral)
    policies.require_recipient(actor, referral)
    may_it(referral, State.DECLINED, Side.RECIPIENT)
    if reason not in DeclineReason.values:
        raise Invalid({"reason": _("Choose a reason.")})
    if reason == DeclineReason.OTHER:
        required("text", text, _("Say in a few words why."))
    move(
        actor,
        referral,
        State.DECLINED,
        "referral.declined",
        reason=reason,
        decline_reason=reason,
        message=text.strip(),
        answered_at=timezone.now(),
    )
    _put_down(actor, referral)
    stop_chasing(actor, referral)
    engine.complete(subject=referral, step="answer", actor=actor)


def _put_down(actor: Actor, referral: Referral) -> None:
    """Who does not help does not read on; the reference and her own answer stay in her list."""
    access.take_away(referral, by=actor, outside=True, permissions=[Compartment.PACKET.permission])


@transaction.atomic
def propose_redirect(*, actor: Actor, referral: Referral, text: str) -> None:
    """Somebody else would fit better. Never automatic: a new recipient needs a new consent."""
    referral = locked(referral)
    policies.require_recipient(actor, referral)
    may_it(referral, State.REDIRECT_PROPOSED, Side.RECIPIENT)
    required("text", text, _("Say who could help, in a few words."))
    move(
        actor,
        referral,
        State.REDIRECT_PROPOSED,
        "referral.redirect_proposed",
        message=text.strip(),
        answered_at=timezone.now(),
    )
    _put_down(actor, referral)
    stop_chasing(actor, referral)
    engine.complete(subject=referral, step="answer", actor=actor)


@transaction.atomic
def send_back(*, actor: Actor, referral: Referral, text: str) -> None:
    """The supervisor of the sending team asks the recipient to look again at a refusal."""
    referral = locked(referral)
    policies.require_supervising_sender(actor, referral)
    may_it(referral, State.RECEIVED, Side.SENDER)
    required("text", text, _("Say why you send it back."))
    now = timezone.now()
    move(
        actor,
        referral,
        State.RECEIVED,
        "referral.sent_back",
        decline_reason="",
        answered_at=None,
        message=text.strip(),
        **answer_clocks(referral, now),
    )
    give_recipient(actor, referral)
    engine.complete(subject=referral, step="decide", actor=actor)


@transaction.atomic
def settle(*, actor: Actor, referral: Referral) -> None:
    """The worker has seen a refusal, an expiry or an unfinished service and goes on without it."""
    referral = locked(referral)
    policies.require_sender(actor, referral)
    if referral.state in (State.DECLINED, State.REDIRECT_PROPOSED):
        move(
            actor,
            referral,
            State.CANCELLED,
            "referral.settled",
            reason=CancelReason.OTHER_PROVIDER,
            end_reason=CancelReason.OTHER_PROVIDER,
            ended_at=timezone.now(),
        )
    elif referral.state in (State.NOT_COMPLETED, State.EXPIRED):
        audit.record_change(actor=actor, event="referral.settled", subject=referral)
    else:
        raise WrongState(_("There is nothing to decide here now."))
    access.take_away(referral, by=actor, outside=True)
    engine.complete(subject=referral, step="decide", actor=actor)


@transaction.atomic
def note_chased(*, actor: Actor, referral: Referral) -> None:
    """The sender, or her supervisor, has asked the receiving office for an answer."""
    referral = locked(referral)
    policies.require_sender(actor, referral)
    step = "chase_supervisor" if actor.role == Role.SUPERVISOR else "chase"
    audit.record_change(actor=actor, event="referral.chased", subject=referral)
    engine.complete(subject=referral, step=step, actor=actor)
