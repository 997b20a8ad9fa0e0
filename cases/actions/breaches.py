"""A data breach: written down by whoever sees it, notified within 72 elapsed hours, learnt from."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import policies
from cases.actions.plot import note, required
from cases.actions.registers import give_officer, make_keys, refuse_if, shift
from cases.models import Breach
from cases.states import BreachState
from privacy.actors import Actor
from privacy.compartments import Compartment
from privacy.errors import Invalid
from services import selectors as services
from workflow import engine


@transaction.atomic
def register_breach(
    *,
    actor: Actor,
    discovered_at: datetime,
    what: str,
    compartments: Collection[str] = (),
    people: int | None = None,
) -> Breach:
    """The 72 hours run from the moment it was seen, through nights and holidays."""
    policies.require_reporter(actor)
    now = timezone.now()
    errors: dict[str, str] = {}
    if discovered_at > now or discovered_at < now - timedelta(days=365):
        errors["discovered_on"] = _("Enter a day of the last twelve months, not later than today.")
    if set(compartments) - {item.value for item in Compartment}:
        errors["compartments"] = _("Choose an answer.")
    refuse_if(errors)
    breach = Breach(
        discovered_at=discovered_at,
        notify_by=services.due("breach_notice", discovered_at),
        law_source=services.clock("breach_notice").source[:160],
        registered_by_id=actor.user_id,
        registered_as=actor.role,
        compartments=sorted(compartments),
        people=people,
    )
    make_keys(breach)
    breach.what = required("what", what, _("Write what happened."))
    breach.save()
    give_officer(actor, breach)
    note(actor, breach, "breach.registered")
    engine.start(subject=breach, actor=actor)
    return breach


def _locked(breach: Breach) -> Breach:
    return Breach.objects.select_for_update(of=("self",)).get(pk=breach.pk)


@transaction.atomic
def assess_breach(
    *,
    actor: Actor,
    breach: Breach,
    compartments: Collection[str],
    people: int | None,
    consequences: str,
    measures: str,
) -> None:
    """What is known by now; written again as more is known, until it is closed."""
    breach = _locked(breach)
    policies.require_dpo_of(actor, breach)
    if breach.state == BreachState.CLOSED:
        shift(actor, breach, BreachState, BreachState.CLOSED, "breach.assessed")
    if set(compartments) - {item.value for item in Compartment}:
        raise Invalid({"compartments": _("Choose an answer.")})
    breach.compartments, breach.people = sorted(compartments), people
    breach.consequences = required(
        "consequences", consequences, _("Write what it may mean for the people.")
    )
    breach.measures = required("measures", measures, _("Write what was done about it."))
    breach.assessed_at = timezone.now()
    breach.save(update_fields=["compartments", "people", "consequences", "measures", "assessed_at"])
    note(actor, breach, "breach.assessed")


@transaction.atomic
def notify_breach(
    *, actor: Actor, breach: Breach, needed: bool, whom: str, people_told: bool = False
) -> None:
    """Told to whom and how; or why no notice is needed. Both are kept with the hour."""
    breach = _locked(breach)
    policies.require_dpo_of(actor, breach)
    if needed and breach.assessed_at is None:
        raise Invalid({"whom": _("First write consequences and measures: the notice needs them.")})
    now = timezone.now()
    breach.notified_whom = required(
        "whom", whom, _("Write who was told and how, or why no notice is needed.")
    )
    shift(
        actor,
        breach,
        BreachState,
        BreachState.NOTIFIED if needed else BreachState.KEPT_INSIDE,
        "breach.notified" if needed else "breach.kept_inside",
        notified_whom=breach.notified_whom,
        authority_told_at=now if needed else None,
        people_told_at=now if people_told else None,
        decided_by_id=actor.user_id,
        decided_at=now,
    )
    engine.complete(subject=breach, step="notify", actor=actor)


@transaction.atomic
def close_breach(*, actor: Actor, breach: Breach, lessons: str) -> None:
    breach = _locked(breach)
    policies.require_dpo_of(actor, breach)
    breach.lessons = required("lessons", lessons, _("Write what changes because of it."))
    shift(
        actor,
        breach,
        BreachState,
        BreachState.CLOSED,
        "breach.closed",
        lessons=breach.lessons,
        closed_at=timezone.now(),
    )
    engine.complete(subject=breach, step="learn", actor=actor)
