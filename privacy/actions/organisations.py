"""Organisations and teams: kept by administrators. Closing one ends its people's sight."""

import re

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from privacy import audit, policies
from privacy.actors import Actor
from privacy.errors import Forbidden, Invalid
from privacy.models import Organisation, Team
from privacy.roles import OrganisationKind

CODE = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")
AREA = re.compile(r"[0-9]{2}|[0-9]{5}|")


def _check(name: str, kind: str, area_code: str) -> None:
    if not name.strip():
        raise Invalid({"name": _("Enter a name.")})
    if kind not in OrganisationKind.values:
        raise Invalid({"kind": _("Choose one.")})
    if not AREA.fullmatch(area_code):
        raise Invalid({"area_code": _("Two digits for a province, five for a commune.")})


@transaction.atomic
def add_organisation(
    *, actor: Actor, code: str, name: str, kind: str, area_code: str
) -> Organisation:
    """A new office with its first team, of the same name."""
    policies.require_keeper(actor)
    _check(name, kind, area_code)
    if not CODE.fullmatch(code):
        raise Invalid({"code": _("Small letters, digits and hyphens only.")})
    try:
        with transaction.atomic():
            made = Organisation.objects.create(
                code=code, name=name.strip(), kind=kind, area_code=area_code
            )
    except IntegrityError:
        raise Invalid({"code": _("This code is taken.")}) from None
    Team.objects.create(organisation=made, name=made.name[:120])
    audit.record_change(actor=actor, event="organisation.added", subject=made, after=kind)
    return made


@transaction.atomic
def change_organisation(
    *, actor: Actor, organisation: Organisation, name: str, area_code: str, is_active: bool
) -> None:
    """Its kind and code stay: slips and rules name them."""
    policies.require_keeper(actor)
    row = Organisation.objects.select_for_update().get(pk=organisation.pk)
    _check(name, row.kind, area_code)
    if not is_active and row.pk == actor.organisation_id:
        raise Forbidden(_("Nobody closes the office that she works in."))
    before, after = _state(row.is_active), _state(is_active)
    row.name, row.area_code, row.is_active = name.strip(), area_code, is_active
    row.save(update_fields=["name", "area_code", "is_active"])
    audit.record_change(
        actor=actor, event="organisation.changed", subject=row, before=before, after=after
    )


@transaction.atomic
def add_team(*, actor: Actor, organisation: Organisation, name: str) -> Team:
    policies.require_keeper(actor)
    if not name.strip():
        raise Invalid({"name": _("Enter a name.")})
    team = Team.objects.create(organisation=organisation, name=name.strip())
    audit.record_change(actor=actor, event="team.added", subject=team)
    return team


@transaction.atomic
def change_team(*, actor: Actor, team: Team, name: str, is_active: bool) -> None:
    policies.require_keeper(actor)
    if not name.strip():
        raise Invalid({"name": _("Enter a name.")})
    if not is_active and team.pk == actor.team_id:
        raise Forbidden(_("Nobody closes the office that she works in."))
    row = Team.objects.select_for_update().get(pk=team.pk)
    before, after = _state(row.is_active), _state(is_active)
    row.name, row.is_active = name.strip(), is_active
    row.save(update_fields=["name", "is_active"])
    audit.record_change(actor=actor, event="team.changed", subject=row, before=before, after=after)


def _state(is_active: bool) -> str:
    return "open" if is_active else "closed"
