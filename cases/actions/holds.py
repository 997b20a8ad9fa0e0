"""Legal holds: while one stands nothing of a file is erased. Set and lifted by two people."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import policies
from cases.actions.erasure import LONGEST_REASON, give_readers
from cases.actions.plot import locked, note, required
from cases.actions.registers import make_keys
from cases.models import Case, ErasureRequest, LegalHold
from cases.models.erasure import HoldSource
from cases.selectors.erasure import holds_on
from cases.states import ErasureState, HoldState, check
from privacy import access, audit
from privacy.actors import Actor
from privacy.errors import AlreadyDone, Invalid, NotFound, WrongState
from workflow import engine


@transaction.atomic
def propose_hold(
    *, actor: Actor, case: Case, source: str, reason: str, until: date | None = None
) -> LegalHold:
    """The data-protection officer sets it; it holds at once, and ends if the second says no."""
    policies.require_dpo(actor)
    case = locked(case)
    if case.erased_at is not None:
        raise NotFound
    if ErasureRequest.objects.filter(case=case, state=ErasureState.APPROVED).exists():
        raise WrongState(_("The erasure of this file has been approved already."))
    if holds_on(case).exists():
        raise AlreadyDone(_("A legal hold stands on this file already."))
    errors = {}
    if source not in HoldSource.values:
        errors["source"] = _("Choose what the hold rests on.")
    if until is not None and until <= timezone.localdate():
        errors["until"] = _("Choose a day that lies ahead.")
    if len(reason) > LONGEST_REASON:
        errors["reason"] = _("This text is too long.")
    if errors:
        raise Invalid(errors)
    hold = LegalHold(case=case, source=source, until=until, set_by_id=actor.user_id)
    make_keys(hold)
    hold.reason = required("reason", reason, _("Write what the hold rests on."))
    hold.save()
    give_readers(actor, hold)
    audit.record_change(actor=actor, event="hold.proposed", subject=hold, after=hold.state)
    note(actor, case, "hold.proposed", reason=source)
    engine.start(subject=hold, actor=actor)
    return hold


def _locked(hold: LegalHold) -> LegalHold:
    case = locked(hold.case)
    row = LegalHold.objects.select_for_update(of=("self",)).get(pk=hold.pk)
    row.case = case
    return row


def _move(actor: Actor, hold: LegalHold, after: HoldState, event: str, **changed: Any) -> None:
    check(HoldState, hold.state, after)
    before = hold.state
    hold.state = after
    for name, value in changed.items():
        setattr(hold, name, value)
    hold.save(update_fields=["state", *changed])
    audit.record_change(actor=actor, event=event, subject=hold, before=before, after=after)
    note(actor, hold.case, event)


@transaction.atomic
def propose_lift(*, actor: Actor, hold: LegalHold) -> None:
    """What it rested on is over; it stands until a second person agrees."""
    hold = _locked(hold)
    access.require(actor, hold)
    policies.require_dpo(actor)
    _move(actor, hold, HoldState.LIFTING, "hold.lift_proposed", lift_asked_by_id=actor.user_id)
    engine.start(subject=hold, actor=actor)


@transaction.atomic
def decide_hold(*, actor: Actor, hold: LegalHold, agrees: bool) -> None:
    """The second person: to setting it, or to lifting it."""
    hold = _locked(hold)
    policies.require_hold_decider(actor, hold)
    now = timezone.now()
    if hold.state == HoldState.LIFTING:
        if agrees:
            _move(
                actor,
                hold,
                HoldState.LIFTED,
                "hold.lifted",
                lifted_by_id=actor.user_id,
                ended_at=now,
            )
        else:
            _move(actor, hold, HoldState.IN_FORCE, "hold.kept", lift_asked_by_id=None)
    elif agrees:
        _move(
            actor,
            hold,
            HoldState.IN_FORCE,
            "hold.confirmed",
            confirmed_by_id=actor.user_id,
            confirmed_at=now,
        )
    else:
        _move(
            actor,
            hold,
            HoldState.REFUSED,
            "hold.refused",
            confirmed_by_id=actor.user_id,
            ended_at=now,
        )
    engine.complete(subject=hold, step="decide", actor=actor)
