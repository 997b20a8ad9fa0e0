"""What the clock does: inner verbs of automatic nodes; they never move the engine."""

from django.utils import timezone

from privacy import access, audit
from privacy.actors import Actor
from referrals import notices
from referrals.actions.plot import may_it, move, stop_chasing
from referrals.models import (
    Referral,
)
from referrals.states import Side, State
from workflow import engine
from workflow import notices as workflow_notices


def note_reminder(*, actor: Actor, referral: Referral) -> None:
    """Half of the time to answer has passed."""
    audit.record_change(actor=actor, event="referral.reminded", subject=referral)
    for item in engine.items(referral).filter(step="answer", done_at__isnull=True):
        workflow_notices.remind_holder(item)


def note_overdue(*, actor: Actor, referral: Referral) -> None:
    """The time to answer is over: the sender is told."""
    audit.record_change(actor=actor, event="referral.overdue", subject=referral)
    notices.changed(referral)


def note_escalated(*, actor: Actor, referral: Referral) -> None:
    """Still no answer: the supervisor is told."""
    audit.record_change(actor=actor, event="referral.escalated", subject=referral)
    engine.escalate(subject=referral, step="answer")
    notices.changed(referral)


def note_expired(*, actor: Actor, referral: Referral) -> None:
    """Only after escalation: the slip expires, the recipient loses sight."""
    may_it(referral, State.EXPIRED, Side.SYSTEM)
    stop_chasing(actor, referral)
    move(actor, referral, State.EXPIRED, "referral.expired", ended_at=timezone.now())
    access.take_away(referral, by=actor, outside=True)
