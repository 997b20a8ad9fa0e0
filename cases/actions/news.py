"""News from the rooms below: outbox handlers, each harmless when run twice."""

from cases.actions.consent import withdraw
from cases.actions.plot import note
from cases.models import CaseReferral
from privacy.errors import AlreadyDone
from privacy.sessions import system_actor
from referrals.models import Milestone


def withdrawal_relayed(referral_id: int) -> None:
    """She told a recipient that she takes her consent back: it ends now, and her worker sees it."""
    link = (
        CaseReferral.objects.filter(referral_id=referral_id)
        .select_related("consent__case", "referral__recipient_team__organisation")
        .first()
    )
    if link is None:
        return
    try:
        withdraw(
            actor=system_actor(),
            consent=link.consent,
            relayed_by=link.referral.recipient_team.organisation,
        )
    except AlreadyDone:
        return


def milestone_forwarded(milestone_id: int) -> None:
    """She agreed that her worker hears of a step forward: a line in the file's history."""
    milestone = Milestone.objects.filter(pk=milestone_id).select_related("plan").first()
    if milestone is None:
        return
    link = CaseReferral.objects.filter(referral_id=milestone.plan.referral_id).first()
    if link is not None:
        note(system_actor(), link.case, "livelihood.milestone")
