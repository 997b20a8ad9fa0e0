"""Who hears of a change of a referral: an outbox row for the rooms above, ids only.

People are told by their worklist; see workflow/notices.py for the neutral word outside it.
"""

from privacy import outbox
from referrals.models import Milestone, Referral

CHANGED = "referral.changed"
WITHDRAWAL_RELAYED = "referral.withdrawal_relayed"
PACKET_DIES = "referral.packet_dies"
MILESTONE_FORWARDED = "referral.milestone_forwarded"


def changed(referral: Referral) -> None:
    outbox.put(CHANGED, referral.pk)


def withdrawal_relayed(referral: Referral) -> None:
    outbox.put(WITHDRAWAL_RELAYED, referral.pk, dedupe_key=f"{WITHDRAWAL_RELAYED}:{referral.pk}")


def packet_dies(referral: Referral) -> None:
    outbox.put(PACKET_DIES, referral.pk, dedupe_key=f"{PACKET_DIES}:{referral.pk}")


def milestone_forwarded(milestone: Milestone) -> None:
    outbox.put(
        MILESTONE_FORWARDED, milestone.pk, dedupe_key=f"{MILESTONE_FORWARDED}:{milestone.pk}"
    )
