"""What the registers share: their keys and grants, a moment from a day, a change of state."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import turns
from cases.models import AuthorityRequest, Breach, OwnsKeys, RightsRequest
from cases.states import RightsState, check
from privacy import access, audit, keys
from privacy.actors import Actor
from privacy.compartments import REGISTER_COMPARTMENTS
from privacy.errors import AlreadyDone, Invalid, WrongState
from privacy.models import GrantSource, Membership, Team
from services.clocks import VIET_NAM

PERMISSIONS = ("work", *(item.permission for item in REGISTER_COMPARTMENTS))
OLDEST = timedelta(days=365)


def moment(name: str, on: date) -> datetime:
    """The opening hour of the day on which something arrived here: the clocks start that day."""
    today = timezone.localdate()
    if on > today or on < today - OLDEST:
        raise Invalid({name: _("Enter a day of the last twelve months, not later than today.")})
    now = timezone.now()
    return min(now, datetime.combine(on, time(8), tzinfo=VIET_NAM))


def choose(errors: dict[str, str], name: str, value: str, kind: type[models.TextChoices]) -> None:
    if value not in kind.values:
        errors[name] = _("Choose an answer.")


def refuse_if(errors: Mapping[str, str]) -> None:
    if errors:
        raise Invalid(errors)


def make_keys(record: OwnsKeys) -> None:
    keys.make(record.uuid, REGISTER_COMPARTMENTS)


def officers() -> Team:
    team = turns.dpo_team()
    if team is None:
        raise WrongState(
            _(
                "Nobody is named as data-protection officer. Write it on paper and tell the "
                "administrator today."
            )
        )
    return team


def give_officer(actor: Actor, record: RightsRequest | Breach | AuthorityRequest) -> None:
    access.give(
        record,
        PERMISSIONS,
        team=officers(),
        source=GrantSource.TEAM,
        granted_by=actor,
        sort_key=record.sort_key,
        purpose="register",
    )


def give_second(actor: Actor, record: RightsRequest | AuthorityRequest, second: Membership) -> None:
    access.give(
        record,
        PERMISSIONS,
        user=second.user_id,
        under=second,
        source=GrantSource.DEPUTY,
        granted_by=actor,
        sort_key=record.sort_key,
        purpose="second_person",
    )


def nobody() -> WrongState:
    return WrongState(
        _(
            "There is no second person who has no part in this. An administrator can name another "
            "supervisor or data-protection officer."
        )
    )


def shift(
    actor: Actor,
    record: Any,
    kind: type[models.TextChoices],
    after: str,
    event: str,
    *,
    reason: str = "",
    **changed: Any,
) -> None:
    check(kind, record.state, after)
    before = record.state
    record.state = after
    for name, value in changed.items():
        setattr(record, name, value)
    record.save(update_fields=["state", *changed])
    audit.record_change(
        actor=actor, event=event, subject=record, before=before, after=after, reason=reason
    )


def must_be_granted(request: RightsRequest) -> None:
    """Decided, and where two have to agree, agreed; not carried out yet."""
    if request.state == RightsState.DONE:
        raise AlreadyDone(_("This has been done already."))
    if request.state != RightsState.GRANTED:
        raise WrongState(
            _("This stands at “%(state)s”, so it is not possible now.")
            % {"state": RightsState(request.state).label}
        )
