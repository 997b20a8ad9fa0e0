"""Whose turn: the worker, her team's supervisors, the child officers of the place."""

from cases.models import BreakGlass, Case, Consent, FollowUpPlan, Lead, Transfer
from privacy.models import Membership, Team
from privacy.roles import OrganisationKind, Role
from workflow.nodes import Holder


def worker_of(case: Case) -> Holder:
    return Holder(Role.SOCIAL_WORKER, case.team_id, case.worker_id, case.organisation_id)


def supervisors_of(case: Case) -> Holder:
    return Holder(Role.SUPERVISOR, case.team_id, None, case.organisation_id)


def child_officers_of(case: Case) -> Holder:
    team = child_team(case.area_code)
    if team is None:
        # No child office is known for this place: the named supervisor must find one today.
        return Holder(Role.SUPERVISOR, case.team_id, case.named_supervisor_id, case.organisation_id)
    return Holder(Role.CHILD_OFFICER, team.pk, None, team.organisation_id)


def child_team(area_code: str) -> Team | None:
    """The child officers of a commune."""
    return (
        Team.objects.filter(
            organisation__kind=OrganisationKind.CHILD_OFFICE,
            organisation__area_code=area_code,
            organisation__is_active=True,
            is_active=True,
        )
        .order_by("pk")
        .first()
    )


def named_supervisor(team: Team) -> Membership | None:
    """Who is named for a child's file: the longest-serving supervisor of the team."""
    return (
        Membership.objects.live()
        .filter(team=team, role=Role.SUPERVISOR)
        .order_by("starts_on", "pk")
        .first()
    )


def lead_worker(lead: Lead) -> Holder:
    return Holder(lead.worker_role, lead.team_id, lead.worker_id, lead.team.organisation_id)


def lead_taker(lead: Lead) -> Holder:
    team = lead.handed_to_team or lead.team
    return Holder(Role.SOCIAL_WORKER, team.pk, lead.handed_to_id, team.organisation_id)


def follow_up_worker(plan: FollowUpPlan) -> Holder:
    return worker_of(plan.case)


def releasing_supervisors(transfer: Transfer) -> Holder:
    return Holder(Role.SUPERVISOR, transfer.from_team_id, None, transfer.from_team.organisation_id)


def receiving_supervisors(transfer: Transfer) -> Holder:
    return Holder(Role.SUPERVISOR, transfer.to_team_id, None, transfer.to_team.organisation_id)


def reviewers() -> Holder | None:
    """The data-protection officers: the team of the one who has served longest."""
    found = Membership.objects.live().filter(role=Role.DPO).order_by("starts_on", "pk").first()
    return Holder(Role.DPO, found.team_id, None, found.organisation_id) if found else None


def reviewers_of(glass: BreakGlass) -> Holder:
    """The team that holds the grant to review this one."""
    found = glass.grants.filter(team__isnull=False, revoked_at__isnull=True).select_related("team")
    grant = found.order_by("pk").first()
    if grant is None or grant.team is None:
        raise LookupError("nobody was given the review of this emergency access")
    return Holder(Role.DPO, grant.team_id, None, grant.team.organisation_id)


def supervisors_of_file(glass: BreakGlass) -> Holder:
    return supervisors_of(glass.case)


def consent_worker(consent: Consent) -> Holder:
    return worker_of(consent.case)
