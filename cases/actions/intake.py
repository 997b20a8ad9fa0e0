"""Opening a file. The age group is the first question: under 18 the adult way ends there."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import policies
from cases.actions.ending import end_basis, end_transfers, live_consents
from cases.actions.following import registers_follow
from cases.actions.outreach import LEAD_PERMISSIONS, keys_die, safe_contact
from cases.actions.plot import (
    give_child_protection,
    give_team,
    locked,
    must_be_open,
    note,
    required,
)
from cases.models import Case, Channel, Lead, Level, Track
from cases.states import AgeBand, CaseState, LeadState, check
from cases.turns import child_team, named_supervisor
from privacy import access, audit, blind, keys
from privacy.actors import Actor
from privacy.compartments import CASE_COMPARTMENTS, Compartment
from privacy.errors import Invalid
from privacy.models import Team, User
from services import selectors as services
from workflow import engine


@transaction.atomic
def open_case(
    *,
    actor: Actor,
    area_code: str,
    channel: str,
    age_band: str,
    alias: str,
    contact: dict[str, Any],
    lead: Lead | None = None,
) -> Case:
    """A new file under a code and an alias. All keys are made at once, and commit first."""
    policies.require_intake(actor)
    errors: dict[str, str] = {}
    if services.area(area_code) is None:
        errors["area_code"] = _("Choose a commune.")
    if channel not in Channel.values:
        errors["channel"] = _("Choose how you met.")
    if age_band not in AgeBand.values:
        errors["age_band"] = _("Choose an age group.")
    if errors:
        raise Invalid(errors)
    alias = required("alias", alias, _("Enter the name she wants to be called by."))
    if lead is not None:
        lead = Lead.objects.select_for_update(of=("self",)).get(pk=lead.pk)
        policies.require_lead_taker(actor, lead)
        check(LeadState, lead.state, LeadState.CASE_OPENED)
    team = Team.objects.select_related("organisation").get(pk=actor.team_id)
    worker = User.objects.get(pk=actor.user_id)
    is_child = age_band != AgeBand.ADULT
    case = Case(
        age_band=age_band,
        channel=channel,
        area_code=area_code,
        organisation=team.organisation,
        team=team,
        worker=worker,
    )
    keys.make(case.uuid, CASE_COMPARTMENTS)
    case.alias = alias
    case.contact = safe_contact(contact)
    if is_child:
        _protect(case)
    case.save()
    if is_child:
        give_child_protection(actor, case, child_team(area_code))
    else:
        give_team(actor, case, worker=worker, team=team)
    blind.remember_phone(case.uuid, case.contact["phone"])
    audit.record_change(actor=actor, event="case.opened", subject=case, after=case.state)
    if lead is not None:
        _close_lead(actor, lead, case)
    engine.start(subject=case, actor=actor)
    return case


def _close_lead(actor: Actor, lead: Lead, case: Case) -> None:
    """The lead has become a file: what was known of her lives there now, the lead's keys die."""
    before = lead.state
    lead.state, lead.case = LeadState.CASE_OPENED, case
    lead.save(update_fields=["state", "case"])
    audit.record_change(
        actor=actor, event="lead.case_opened", subject=lead, before=before, after=lead.state
    )
    engine.complete(subject=lead, step="take_over", actor=actor)
    access.take_away(lead, by=actor, permissions=LEAD_PERMISSIONS)
    keys_die(lead)


def _protect(case: Case) -> None:
    """Child = under 16, minor = 16–17 (Child Law 2016): the same protected way for both."""
    supervisor = named_supervisor(case.team, besides=case.worker_id)
    case.track = Track.CHILD
    case.state = CaseState.PROTECTED
    case.level = Level.URGENT
    case.named_supervisor_id = supervisor.user_id if supervisor else None
    case.triaged_at = timezone.now()
    case.act_by = services.due("triage_same_day")


def move_to_child_track(actor: Actor, case: Case, age_band: str) -> None:
    """Her age became known during the screening: the adult team loses sight at once. The engine
    is moved by the caller; this only records."""
    before = case.state
    check(CaseState, before, CaseState.PROTECTED)
    _protect(case)
    case.age_band = age_band
    case.save(
        update_fields=[
            "track",
            "state",
            "level",
            "named_supervisor",
            "triaged_at",
            "act_by",
            "age_band",
        ]
    )
    access.take_away(case, by=actor)
    for consent in live_consents(case):
        end_basis(actor, consent)  # what an adult file shared rests on nothing now
    end_transfers(actor, case)
    give_child_protection(actor, case, child_team(case.area_code))
    registers_follow(actor, case)
    audit.record_change(
        actor=actor, event="case.child_track", subject=case, before=before, after=case.state
    )


@transaction.atomic
def change_contact(*, actor: Actor, case: Case, contact: dict[str, Any]) -> None:
    """A new safe way to reach her. Default: do not contact."""
    case = locked(case)
    policies.require_edit(actor, case, Compartment.CONTACT)
    policies.require_unrestricted(actor, case)
    must_be_open(case)
    case.contact = safe_contact(contact)
    case.save(update_fields=["contact"])
    blind.remember_phone(case.uuid, case.contact["phone"])
    note(actor, case, "case.contact_changed")


@transaction.atomic
def change_identity(
    *, actor: Actor, case: Case, alias: str, legal_name: str, birth_year: str, address: str
) -> None:
    """Only what a chosen service needs; every field but the alias may stay empty."""
    case = locked(case)
    policies.require_edit(actor, case, Compartment.IDENTITY)
    policies.require_unrestricted(actor, case)
    must_be_open(case)
    case.alias = required("alias", alias, _("Enter the name she wants to be called by."))
    if birth_year and not (
        birth_year.isdecimal() and 1900 <= int(birth_year) <= timezone.localdate().year
    ):
        raise Invalid({"birth_year": _("Enter a year with four digits.")})
    case.legal_name, case.birth_year, case.address = (
        legal_name.strip(),
        birth_year,
        address.strip(),
    )
    case.save(update_fields=["alias", "legal_name", "birth_year", "address"])
    note(actor, case, "case.identity_changed")
