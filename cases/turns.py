"""Whose turn: the worker, her team's supervisors, the child officers of the place."""

from collections.abc import Collection

from cases.models import (
    AT_THE_DESK,
    AuthorityRequest,
    BreakGlass,
    Case,
    Consent,
    DuplicateMatch,
    ErasureRequest,
    FollowUpPlan,
    Lead,
    LegalHold,
    RightsRequest,
    Track,
    Transfer,
)
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


def named_supervisor(team: Team, *, besides: int) -> Membership | None:
    """Who is named for a child's file: the longest-serving supervisor of the team, and never the
    referring worker in another job of hers (``besides``, a user id)."""
    return (
        Membership.objects.live()
        .filter(team=team, role=Role.SUPERVISOR)
        .exclude(user_id=besides)
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


def dpo_team() -> Team | None:
    """The team of the longest-serving data-protection officer; ``None`` = nobody is appointed."""
    membership = (
        Membership.objects.live()
        .filter(role=Role.DPO)
        .select_related("team")
        .order_by("starts_on", "pk")
        .first()
    )
    return membership.team if membership else None


def data_protection_officer(_: object = None) -> Holder:
    """Nobody is named: the step waits, overdue, until an administrator has named somebody."""
    team = dpo_team()
    return Holder(Role.DPO, team.pk if team else None, None, team.organisation_id if team else None)


def second_of(case: Case) -> Holder:
    """The other pair of eyes: the team's supervisors; of a child's file the one who is named for
    it, nobody else of the team."""
    named = case.named_supervisor_id if case.track == Track.CHILD else None
    return Holder(Role.SUPERVISOR, case.team_id, named, case.organisation_id)


def erasure_decider(erasure: ErasureRequest) -> Holder:
    """What the file's people ask, the data-protection officer decides; what she asks, they do."""
    return second_of(erasure.case) if erasure.entered_as == Role.DPO else data_protection_officer()


def hold_decider(hold: LegalHold) -> Holder:
    return second_of(hold.case)


def match_supervisors(match: DuplicateMatch) -> Holder:
    """Of the file that was there."""
    return second_of(match.case)


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


# -- the registers of the person's rights


def second_person(
    *, without: Collection[int], not_team: int | None = None, first_team: int | None = None
) -> Membership | None:
    """Another data-protection officer, else a supervisor: of ``first_team`` if there is one; nobody
    who works in ``not_team``, in whatever job, or stands in ``without`` (ids of users)."""
    theirs = Membership.objects.live().filter(team=not_team or 0).values("user_id")
    people = (
        Membership.objects.live()
        .filter(role__in=(Role.DPO, Role.SUPERVISOR))
        .exclude(user_id__in=without)
        .exclude(user_id__in=theirs)
        .select_related("user", "team__organisation")
        .order_by("starts_on", "pk")
    )
    return min(
        people, key=lambda item: (item.role != Role.DPO, item.team_id != first_team), default=None
    )


def by_name(record: RightsRequest | AuthorityRequest) -> Holder:
    """The second person, who was chosen when the first had decided."""
    user_id = record.second_id
    found = (
        Membership.objects.live()
        .filter(user_id=user_id or 0, role__in=(Role.DPO, Role.SUPERVISOR))
        .order_by("role", "pk")
        .first()
    )
    if found is None:
        return data_protection_officer()
    return Holder(found.role, found.team_id, user_id, found.organisation_id)


def carries_out(request: RightsRequest) -> Holder:
    """At the desk: her worker (the child officers for a child); otherwise the officer herself."""
    if request.case is None or request.kind not in AT_THE_DESK:
        return data_protection_officer()
    if request.case.track == Track.CHILD:
        return child_officers_of(request.case)
    return worker_of(request.case)
