"""How a referral or a livelihood plan is called in its recipient's worklist: the packet's name."""

from collections.abc import Mapping
from typing import cast

from django.db import models
from django.db.models import Q
from django.urls import reverse

from privacy.compartments import Compartment
from privacy.fields import LOCKED
from privacy.roles import RECEIVING_ROLES
from referrals.models import Referral
from workflow.labels import Label
from workflow.models import WorkItem


class Received:
    flows = frozenset({"referral", "livelihood"})
    roles = frozenset(RECEIVING_ROLES)
    compartments = (Compartment.PACKET,)

    def fetch(self, items: list[WorkItem]) -> Mapping[int, models.Model]:
        referrals = {item.subject_id for item in items if item.flow == "referral"}
        plans = {item.subject_id for item in items if item.flow == "livelihood"}
        rows = Referral.objects.filter(
            Q(pk__in=referrals) | Q(livelihood_plan__in=plans)
        ).select_related("livelihood_plan")
        by_referral = {row.pk: row for row in rows}
        by_plan = {
            row.livelihood_plan.pk: row
            for row in by_referral.values()
            if hasattr(row, "livelihood_plan")
        }
        found: dict[int, models.Model] = {}
        for item in items:
            known = by_referral if item.flow == "referral" else by_plan
            if item.subject_id in known:
                found[item.pk] = known[item.subject_id]
        return found

    def label(self, item: WorkItem, record: models.Model) -> Label:
        referral = cast(Referral, record)
        url_name = "referral" if item.flow == "referral" else "livelihood"
        return Label(
            url=reverse(url_name, args=[item.subject_uuid]),
            reference=referral.reference,
            name=packet_name(referral),
        )


def packet_name(referral: Referral) -> object:
    """The name the client chose to be known by at this recipient; the slip before it is opened
    shows only its reference."""
    if referral.received_at is None:
        return ""
    packet = referral.packet
    if packet is LOCKED:
        return LOCKED
    fields = packet.get("fields", {})
    return fields.get("identity.alias") or fields.get("identity.legal_name") or ""
