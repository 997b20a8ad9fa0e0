"""What a worker still holds when she goes: numbers only, for whoever ends her work."""

from django.utils.translation import gettext as _

from cases.models import Case, Lead
from cases.states import CaseState, LeadState
from privacy.leaving import Left
from privacy.models import Membership
from privacy.roles import Role
from workflow.models import WorkItem


def held(membership: Membership) -> list[Left]:
    """Three counts, whatever the size of her caseload."""
    hers = {"worker_id": membership.user_id, "team_id": membership.team_id}
    cases = Case.objects.filter(**hers).exclude(state__in=[CaseState.CLOSED, CaseState.PROTECTED])
    leads = Lead.objects.filter(worker_role=membership.role, **hers).exclude(
        state__in=[LeadState.HANDED_OVER, LeadState.CASE_OPENED, LeadState.ENDED]
    )
    steps = WorkItem.objects.filter(
        user_id=membership.user_id,
        team_id=membership.team_id,
        role=membership.role,
        done_at__isnull=True,
    )
    is_worker = membership.role == Role.SOCIAL_WORKER
    return [
        Left(_("Open cases"), cases.count() if is_worker else 0),
        Left(_("Contacts of her own"), leads.count()),
        Left(_("Steps in her own list"), steps.count()),
    ]
