"""Whose turn: the recipient's team, the worker who sent, her supervisor."""

from privacy.roles import OrganisationKind, Role
from referrals.models import Referral
from workflow.nodes import Holder


def recipient_of(referral: Referral) -> Holder:
    return Holder(
        role=referral.recipient_role,
        team_id=referral.recipient_team_id,
        organisation_id=referral.recipient_team.organisation_id,
    )


def sender_of(referral: Referral) -> Holder:
    return Holder(
        role=Role.SOCIAL_WORKER,
        team_id=referral.sender_team_id,
        user_id=referral.sender_id,
        organisation_id=referral.sender_team.organisation_id,
    )


def sending_supervisors(referral: Referral) -> Holder:
    return Holder(
        role=Role.SUPERVISOR,
        team_id=referral.sender_team_id,
        organisation_id=referral.sender_team.organisation_id,
    )


_ROLE_OF_KIND = {
    OrganisationKind.HEALTH_STATION: Role.HEALTH_STATION,
    OrganisationKind.WOMENS_UNION: Role.WOMENS_UNION,
    OrganisationKind.VOCATIONAL_CENTRE: Role.VOCATIONAL,
    OrganisationKind.LEGAL_AID_CENTRE: Role.LEGAL_AID,
    OrganisationKind.CHILD_OFFICE: Role.CHILD_OFFICER,
}


def receiving_role(kind: str) -> str:
    """Which role of a receiving organisation answers its referrals."""
    return _ROLE_OF_KIND.get(OrganisationKind(kind), Role.SERVICE_OFFICER)
