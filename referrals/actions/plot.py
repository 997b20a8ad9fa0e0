"""What every action on a referral shares: the row under lock, may it, change and record."""

from datetime import datetime
from typing import Any

from privacy import access, audit
from privacy.actors import Actor
from privacy.compartments import Compartment
from privacy.errors import Invalid
from privacy.models import GrantSource
from referrals import notices, states
from referrals.actions.earlier import who_was_faster
from referrals.actions.livelihood import end_with_referral
from referrals.models import (
    Appointment,
    AppointmentState,
    Entry,
    Priority,
    Referral,
)
from referrals.states import Side, State
from services import clocks
from services import selectors as services
from workflow import engine

PACKET_PERMISSIONS = ("work", Compartment.PACKET.permission)
RECIPIENT_PERMISSIONS = (*PACKET_PERMISSIONS, Compartment.ENTRIES.permission)


def locked(referral: Referral) -> Referral:
    return Referral.objects.select_for_update(of=("self",)).get(pk=referral.pk)


def may_it(referral: Referral, after: State, side: Side) -> None:
    """As ``states.check``, and tells who was faster and when."""
    with who_was_faster(referral):
        states.check(referral.state, after, side)


def move(
    actor: Actor, referral: Referral, after: State, event: str, *, reason: str = "", **changed: Any
) -> None:
    """Change and record: the state, what goes with it, and who did it when and why."""
    before = referral.state
    referral.state = after
    for name, value in changed.items():
        setattr(referral, name, value)
    referral.save(update_fields=["state", *changed])
    audit.record_change(
        actor=actor, event=event, subject=referral, before=before, after=after, reason=reason
    )
    notices.changed(referral)


def required(name: str, value: str, message: str) -> None:
    if not value.strip():
        raise Invalid({name: message})


CHASING = ("chase", "chase_supervisor")


def stop_chasing(actor: Actor, referral: Referral) -> None:
    """There is an answer, or there will be none: nobody needs to ask for it any more."""
    engine.dismiss(subject=referral, steps=CHASING, actor=actor)


def end(referral: Referral, actor: Actor) -> None:
    """Nobody works on it any more: steps leave the lists, appointments fall, sight ends."""
    Appointment.objects.filter(referral=referral, state=AppointmentState.PLANNED).update(
        state=AppointmentState.CANCELLED
    )
    end_with_referral(referral, actor)
    engine.cancel(subject=referral, actor=actor)
    access.take_away(referral, by=actor, outside=True)


def give_recipient(actor: Actor, referral: Referral) -> None:
    """The receiving team reads the slip while the consent behind it holds."""
    access.give(
        referral,
        RECIPIENT_PERMISSIONS,
        team=referral.recipient_team_id,
        source=GrantSource.REFERRAL,
        basis=referral.basis,
        granted_by=actor,
        sort_key=referral.sort_key,
        purpose="referral",
    )


def answer_clocks(referral: Referral, start: datetime) -> dict[str, Any]:
    """Answer-by, reminder at half time, supervisor, expiry: dated rule data (services)."""
    code = f"referral_{referral.priority}"
    answer_by = services.due(code, start)
    urgent = referral.priority == Priority.URGENT
    escalation = "referral_escalation_urgent" if urgent else "referral_escalation"
    return {
        "answer_by": answer_by,
        "remind_at": clocks.half_time(
            start, answer_by, services.clock(code), services.working_calendar()
        ),
        "escalate_at": services.due(escalation, answer_by),
        "expires_at": services.due("referral_grace", answer_by),
    }


def mark_appointment(referral: Referral, state: AppointmentState) -> None:
    planned = referral.appointments.filter(state=AppointmentState.PLANNED)
    planned.update(state=state)


def write_entry(actor: Actor, referral: Referral, kind: str, text: str) -> Entry:
    entry = Entry(referral=referral, owner_uuid=referral.owner_uuid, author_id=actor.user_id)
    entry.kind, entry.text = kind, text.strip()
    entry.save()
    audit.record_change(actor=actor, event="referral.entry_added", subject=referral)
    return entry
