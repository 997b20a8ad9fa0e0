"""When the time of a record is over: its keys die, its codes stay for the statistics.

The decision commits first; keys die from the outbox, as in an erasure. When the last compartment of
a file is over its time, the file itself is erased, with a tombstone.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from cases import retention as kept
from cases.actions.erasure import close_down, erase_now
from cases.actions.outreach import wipe
from cases.actions.plot import locked, note
from cases.models import Case, CaseReferral, Lead, Stripped
from cases.selectors.erasure import holds_on
from cases.states import CaseState, LeadState, check
from privacy import audit, blind, erasure, files, keys, outbox
from privacy.compartments import CASE_COMPARTMENTS, Compartment
from privacy.models import ErasureBasis
from privacy.retention import Rule
from privacy.sessions import system_actor
from referrals.models import Referral
from workflow import engine

STRIP = "case.strip"
STRIP_PACKET = "case.strip_packet"


@transaction.atomic
def strip(*, case: Case, compartment: Compartment, before: datetime) -> bool:
    """One compartment of one closed file; False when it was opened again or held meanwhile."""
    case = locked(case)
    if case.state != CaseState.CLOSED or case.closed_at is None or case.closed_at >= before:
        return False
    if case.erased_at is not None or holds_on(case).exists():
        return False
    _row, made = Stripped.objects.get_or_create(case=case, compartment=compartment)
    if made:
        note(system_actor(), case, "case.stripped", reason=compartment)
    if _is_bare(case):
        close_down(system_actor(), case)
    outbox.put(STRIP, case.pk, dedupe_key=f"{STRIP}:{case.pk}:{compartment}")
    return True


def _is_bare(case: Case) -> bool:
    gone = set(Stripped.objects.filter(case=case).values_list("compartment", flat=True))
    return gone >= {item.value for item in CASE_COMPARTMENTS}


def stripped(case_id: int) -> None:
    """Outbox handler, idempotent: the keys of what is over its time die."""
    case = Case.objects.filter(pk=case_id).first()
    if case is None:
        return
    if _is_bare(case):
        erase_now(locked(case), ErasureBasis.RETENTION)
        return
    codes = Stripped.objects.filter(case=case).values_list("compartment", flat=True)
    gone = tuple(Compartment(code) for code in codes)
    keys.destroy(case.uuid, gone)
    files.purge(case.uuid, gone)
    if Compartment.CONTACT in gone:
        blind.remember_phone(case.uuid, "")
    erasure.blank([erasure.Owner(case.uuid, gone)])


@transaction.atomic
def strip_packet(*, link: CaseReferral, before: datetime) -> bool:
    """What was sent long ago; the recipient's own entries stay that provider's record."""
    case = locked(link.case)
    row = CaseReferral.objects.select_for_update(of=("self",)).get(pk=link.pk)
    ended = Referral.objects.get(pk=row.referral_id).ended_at
    if holds_on(case).exists() or ended is None or ended >= before:
        return False
    row.packet_stripped_at = row.packet_stripped_at or timezone.now()
    row.save(update_fields=["packet_stripped_at"])
    outbox.put(STRIP_PACKET, row.pk, dedupe_key=f"{STRIP_PACKET}:{row.pk}")
    return True


def packet_stripped(link_id: int) -> None:
    """Outbox handler, idempotent."""
    link = CaseReferral.objects.filter(pk=link_id, packet_stripped_at__isnull=False).first()
    if link is not None:
        owner = erasure.Owner(
            Referral.objects.get(pk=link.referral_id).owner_uuid, (Compartment.PACKET,)
        )
        keys.destroy(owner.uuid, owner.compartments)
        erasure.blank([owner])


@transaction.atomic
def let_contact_go(*, lead: Lead, before: datetime) -> bool:
    """Nobody came back to it for so long: alias and contact are destroyed, the count stays."""
    row = Lead.objects.select_for_update(of=("self",)).get(pk=lead.pk)
    if row.state in (LeadState.ENDED, LeadState.CASE_OPENED) or row.created_at >= before:
        return False
    check(LeadState, row.state, LeadState.ENDED)
    previous = row.state
    row.state = LeadState.ENDED
    row.save(update_fields=["state"])
    audit.record_change(
        actor=system_actor(),
        event="lead.ended",
        subject=row,
        before=previous,
        after=row.state,
        reason=ErasureBasis.RETENTION,
    )
    engine.cancel(subject=row, actor=system_actor())
    wipe(system_actor(), row)
    return True


# -- what the engine of the schedule asks


class Files:
    codes: Collection[str] = tuple(kept.CASE_CODES)

    def due(self, rule: Rule, before: datetime) -> "QuerySet[Any]":
        return kept.closed_files(rule.compartment, before)

    def held(self, rows: "QuerySet[Any]") -> "QuerySet[Any]":
        holds = kept.kept_by_hold(timezone.localdate())
        return rows.filter(pk__in=holds.values("case"))

    def let_go(self, rule: Rule, rows: list[Any]) -> int:
        before = rule.cut_off()
        compartment = Compartment(rule.compartment)
        return sum(strip(case=case, compartment=compartment, before=before) for case in rows)


class Slips:
    codes: Collection[str] = ("referral.packet",)

    def due(self, rule: Rule, before: datetime) -> "QuerySet[Any]":
        return kept.old_slips(before).select_related("case")

    def held(self, rows: "QuerySet[Any]") -> "QuerySet[Any]":
        holds = kept.kept_by_hold(timezone.localdate())
        return rows.filter(case__in=holds.values("case"))

    def let_go(self, rule: Rule, rows: list[Any]) -> int:
        before = rule.cut_off()
        return sum(strip_packet(link=link, before=before) for link in rows)


class Contacts:
    codes: Collection[str] = ("lead",)

    def due(self, rule: Rule, before: datetime) -> "QuerySet[Any]":
        return kept.quiet_contacts(before)

    def held(self, rows: "QuerySet[Any]") -> "QuerySet[Any]":
        return rows.none()

    def let_go(self, rule: Rule, rows: list[Any]) -> int:
        before = rule.cut_off()
        return sum(let_contact_go(lead=lead, before=before) for lead in rows)
