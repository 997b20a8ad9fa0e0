"""Who could take a case: workers of the team, offices of other communes; how a transfer stands."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from cases import policies
from cases.models import Case, Transfer
from cases.states import TransferState
from privacy import access
from privacy.actors import Actor
from privacy.matrix import Verb, may
from privacy.models import Membership, Team
from privacy.roles import OrganisationKind, Role
from services import selectors as services
from services.models import AdminUnit

SHOWN = 30


def workers_of(team_id: int | None) -> list[Membership]:
    """Social workers who are in the team today, by name."""
    return list(
        Membership.objects.live()
        .filter(team=team_id, role=Role.SOCIAL_WORKER)
        .select_related("user")
        .order_by("user__display_name", "pk")
    )


class Office(NamedTuple):
    team: Team
    name: str
    place: str


def offices(words: str, *, not_team: int) -> list[Office]:
    """Offices of other communes where a supervisor can accept a case; all communes of a province
    when its name was typed. Without words the first ones, so that a small network needs no search.
    """
    teams = _taking(not_team)
    if words:
        found = services.areas(words)
        codes = {unit.code for unit in found}
        in_provinces = AdminUnit.objects.filter(
            parent__in=[unit.code for unit in found if unit.is_province]
        ).values("code")
        teams = teams.filter(organisation__area_code__in=codes) | teams.filter(
            organisation__area_code__in=in_provinces
        )
    return _named(teams.distinct()[:SHOWN])


def office(uuid: str, *, not_team: int) -> Office | None:
    try:
        wanted = UUID(uuid)
    except ValueError:
        return None
    found = _named(_taking(not_team).filter(uuid=wanted).distinct()[:1])
    return found[0] if found else None


def _taking(not_team: int) -> "QuerySet[Team]":
    supervised = Membership.objects.live().filter(role=Role.SUPERVISOR).values("team")
    return (
        Team.objects.filter(
            pk__in=supervised,
            is_active=True,
            organisation__is_active=True,
            organisation__kind=OrganisationKind.CASE_OFFICE,
        )
        .exclude(pk=not_team)
        .select_related("organisation")
        .order_by("organisation__name", "pk")
    )


def _named(teams: Iterable[Team]) -> list[Office]:
    rows = list(teams)
    places = {
        unit.code: unit
        for unit in AdminUnit.objects.filter(
            code__in={team.organisation.area_code for team in rows}
        ).select_related("parent")
    }
    return [
        Office(
            team,
            team.organisation.name,
            places[team.organisation.area_code].full_name
            if team.organisation.area_code in places
            else "",
        )
        for team in rows
    ]


def open_transfer(case: Case) -> Transfer | None:
    return Transfer.objects.filter(
        case=case, state__in=(TransferState.REQUESTED, TransferState.OFFERED)
    ).first()


def with_places(transfer: Transfer) -> Transfer:
    """The same row with what its page names."""
    return Transfer.objects.select_related(
        "case", "from_team__organisation", "to_team__organisation", "requested_by"
    ).get(pk=transfer.pk)


class Sides(NamedTuple):
    """Which side looks, and what that side may do now."""

    is_ours: bool
    may_open_case: bool
    may_release: bool
    may_accept: bool
    own_case: bool


def sides(actor: Actor, transfer: Transfer) -> Sides:
    here = actor.team_id == transfer.from_team_id or policies.stands_in(actor, transfer)
    supervises = may(actor.role, Verb.RELEASE)
    own = actor.user_id in (transfer.requested_by_id, transfer.case.worker_id)
    return Sides(
        is_ours=here,
        may_open_case=access.can(actor, transfer.case),
        may_release=supervises and here and not own and transfer.state == TransferState.REQUESTED,
        may_accept=supervises
        and actor.team_id == transfer.to_team_id
        and transfer.state == TransferState.OFFERED,
        own_case=supervises and here and own,
    )
