"""Appointment, visit, service, outcome: what the recipient does after she accepted."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy import access, audit
from privacy.actors import Actor
from privacy.errors import Invalid, WrongState
from privacy.sessions import system_actor
from referrals import notices, policies
from referrals.actions.livelihood import end_with_referral, must_not_be_tracked
from referrals.actions.plot import (
    locked,
    mark_appointment,
    may_it,
    move,
    required,
    write_entry,
)
from referrals.models import (
    Appointment,
    AppointmentState,
    Entry,
    Referral,
)
from referrals.states import NotCompletedReason, Side, State
from services import selectors as services
from workflow import engine


@transaction.atomic
def schedule(*, actor: Actor, referral: Referral, at: datetime, place: str = "") -> Appointment:
    """Make or move the appointment. After a no-show it opens the referral again."""
    referral = locked(referral)
    policies.require_recipient(actor, referral)
    may_it(referral, State.SCHEDULED, Side.RECIPIENT)
    if at <= timezone.now() - timedelta(minutes=1):
        raise Invalid({"at": _("Choose a time that lies ahead.")})
    before = State(referral.state)
    Appointment.objects.filter(referral=referral, state=AppointmentState.PLANNED).update(
        state=AppointmentState.MOVED
    )
    appointment = Appointment(
        referral=referral, owner_uuid=referral.owner_uuid, at=at, made_by_id=actor.user_id
    )
    appointment.place = place.strip()
    appointment.save()
    move(actor, referral, State.SCHEDULED, "referral.scheduled")
    if before == State.SCHEDULED:
        engine.refresh(subject=referral)
    else:
        if engine.is_waiting(referral, "contact_client"):
            engine.complete(subject=referral, step="contact_client", actor=system_actor())
        engine.complete(subject=referral, step="arrange", actor=actor)
    return appointment


@transaction.atomic
def record_no_show(*, actor: Actor, referral: Referral) -> None:
    """She did not come. Said by the recipient, never by a timer; it is no fault."""
    referral = locked(referral)
    policies.require_recipient(actor, referral)
    may_it(referral, State.NO_SHOW, Side.RECIPIENT)
    mark_appointment(referral, AppointmentState.MISSED)
    move(actor, referral, State.NO_SHOW, "referral.no_show")
    engine.complete(subject=referral, step="visit", actor=actor)


@transaction.atomic
def note_client_contacted(*, actor: Actor, referral: Referral) -> None:
    """After a no-show the worker has talked to the client, who wants a new time."""
    referral = locked(referral)
    policies.require_sender(actor, referral)
    if referral.state != State.NO_SHOW:
        raise WrongState(_("This step is not open now."))
    audit.record_change(actor=actor, event="referral.client_contacted", subject=referral)
    notices.changed(referral)
    engine.complete(subject=referral, step="contact_client", actor=actor)


@transaction.atomic
def begin_service(*, actor: Actor, referral: Referral) -> None:
    """She came, or the service began: from here on it counts as access."""
    referral = locked(referral)
    policies.require_recipient(actor, referral)
    may_it(referral, State.IN_SERVICE, Side.RECIPIENT)
    if referral.state == State.ON_HOLD:
        move(actor, referral, State.IN_SERVICE, "referral.resumed", review_on=None)
        engine.refresh(subject=referral)
        return
    step = "visit" if referral.state == State.SCHEDULED else "arrange"
    mark_appointment(referral, AppointmentState.KEPT)
    move(
        actor,
        referral,
        State.IN_SERVICE,
        "referral.service_began",
        service_began_at=timezone.now(),
    )
    engine.complete(subject=referral, step=step, actor=actor)


@transaction.atomic
def hold(*, actor: Actor, referral: Referral, text: str, review_on: date) -> None:
    referral = locked(referral)
    policies.require_recipient(actor, referral)
    may_it(referral, State.ON_HOLD, Side.RECIPIENT)
    required("text", text, _("Say in a few words why."))
    if review_on <= timezone.localdate():
        raise Invalid({"review_on": _("Choose a day that lies ahead.")})
    move(
        actor,
        referral,
        State.ON_HOLD,
        "referral.on_hold",
        message=text.strip(),
        review_on=review_on,
    )
    engine.refresh(subject=referral)


@transaction.atomic
def add_entry(*, actor: Actor, referral: Referral, kind: str, text: str) -> Entry:
    """The recipient's own record. Nobody else opens it."""
    referral = locked(referral)
    policies.require_recipient(actor, referral)
    if referral.state not in (State.IN_SERVICE, State.ON_HOLD):
        raise WrongState(_("Entries are made while the service is under way."))
    required("text", text, _("Write what you want to record."))
    return write_entry(actor, referral, kind, text)


@transaction.atomic
def complete(
    *, actor: Actor, referral: Referral, outcome: str, outcomes: Collection[str], text: str = ""
) -> None:
    """The service has been given. ``outcomes`` are the codes this kind of service allows; for
    health there is one for whatever was found, because a status that differs would tell."""
    referral = locked(referral)
    policies.require_recipient(actor, referral)
    may_it(referral, State.COMPLETED, Side.RECIPIENT)
    must_not_be_tracked(referral)
    if outcome not in outcomes:
        raise Invalid({"outcome": _("Choose an outcome.")})
    if text.strip():
        write_entry(actor, referral, "outcome", text)
    move(
        actor,
        referral,
        State.COMPLETED,
        "referral.completed",
        outcome=outcome,
        ended_at=timezone.now(),
    )
    access.take_away(referral, by=actor, outside=True, at=services.due("access_grace"))
    engine.complete(subject=referral, step="deliver", actor=actor)


@transaction.atomic
def end_unfinished(*, actor: Actor, referral: Referral, reason: str, text: str = "") -> None:
    """The service ends without being completed, with a coded reason."""
    referral = locked(referral)
    policies.require_recipient(actor, referral)
    may_it(referral, State.NOT_COMPLETED, Side.RECIPIENT)
    if reason not in NotCompletedReason.values:
        raise Invalid({"reason": _("Choose a reason.")})
    if text.strip():
        write_entry(actor, referral, "outcome", text)
    step = {
        State.ACCEPTED: "arrange",
        State.SCHEDULED: "visit",
        State.NO_SHOW: "contact_client",
        State.IN_SERVICE: "deliver",
        State.ON_HOLD: "deliver",
    }[State(referral.state)]
    by = actor
    if step == "contact_client":
        # It may wait with the recipient already, if the client wished a new time.
        step = step if engine.is_waiting(referral, step) else "arrange"
        by = system_actor() if step == "contact_client" else actor
    mark_appointment(referral, AppointmentState.CANCELLED)
    end_with_referral(referral, actor)
    move(
        actor,
        referral,
        State.NOT_COMPLETED,
        "referral.not_completed",
        reason=reason,
        end_reason=reason,
        ended_at=timezone.now(),
    )
    access.take_away(referral, by=actor, outside=True, at=services.due("access_grace"))
    engine.complete(subject=referral, step=step, actor=by)
