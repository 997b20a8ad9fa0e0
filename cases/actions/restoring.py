"""After a backup was restored: what was erased in the meantime is purged again.

Old data beside the current key store: the keys never came back, so nothing opens; grants, open
steps and ciphertext did come back, and go. An old key store beside current data: the keys came
back, and are destroyed again. Every step may run twice; nothing that stands is touched.
"""

from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction

from cases.actions.ending import end_basis
from cases.actions.erasure import close_down, erase_now
from cases.actions.outreach import destroy_lead_keys
from cases.actions.plot import locked, note
from cases.models import Case, CaseReferral, Lead
from cases.selectors.erasure import proof
from cases.states import LeadState
from privacy import access, audit, erasure, keys
from privacy.compartments import Compartment
from privacy.models import ErasureBasis, Tombstone, WrappedDataKey
from privacy.sessions import system_actor
from referrals.states import FINAL
from workflow import engine


@dataclass
class Mended:
    """What ``post_restore`` found and did. References and counts, no word of a person."""

    purged: list[str] = field(default_factory=list)
    unchanged: int = 0
    buried_again: list[str] = field(default_factory=list)
    slips_ended: int = 0
    contacts_ended: int = 0
    # Files whose keys are missing although nobody erased them: another key store than theirs.
    keyless: list[str] = field(default_factory=list)


def mend_restored() -> Mended:
    """Everything above, in the order in which each is found; one transaction a file."""
    found = Mended()
    for stone in Tombstone.objects.order_by("pk"):
        _purge_again(stone, found)
    _bury_again(found)
    _end_keyless_slips(found)
    _end_keyless_contacts(found)
    found.keyless = _keyless_files()
    return found


def _purge_again(stone: Tombstone, found: Mended) -> None:
    case = Case.objects.filter(uuid=stone.subject_uuid).first()
    if case is None:  # the backup is older than the file: only keys could be left
        if erasure.destroy_keys(stone):
            found.purged.append(stone.reference)
        else:
            found.unchanged += 1
        return
    before = proof(stone)
    if before.clean:
        found.unchanged += 1
        return
    with keys.fresh_ring(), transaction.atomic():
        case = locked(case)
        close_down(system_actor(), case)
        erase_now(case, stone.basis)
        note(system_actor(), case, "case.erased_again")
    # Its transaction has committed: the tombstone may say so.
    erasure.finish(stone.subject_uuid, stone.counts or {"owners": stone.owners.count()})
    found.purged.append(stone.reference)


def _bury_again(found: Mended) -> None:
    """The data know of an erasure that this key store does not: it is the older of the two."""
    known = set(Tombstone.objects.values_list("subject_uuid", flat=True))
    for case in Case.objects.filter(erased_at__isnull=False).order_by("pk"):
        if case.uuid in known:
            continue
        with keys.fresh_ring(), transaction.atomic():
            erase_now(locked(case), ErasureBasis.REQUEST)
        erasure.finish(case.uuid, {})
        found.buried_again.append(case.code)


def _owners_with_keys(compartment: Compartment) -> set[UUID]:
    rows = WrappedDataKey.objects.filter(compartment=compartment.byte)
    return set(rows.values_list("owner_uuid", flat=True))


def _end_keyless_slips(found: Mended) -> None:
    """A packet without its key: the client took her consent back after the backup was made."""
    living = _owners_with_keys(Compartment.PACKET)
    for link in _open_links():
        if link.referral.owner_uuid in living:
            continue
        with transaction.atomic():
            case = locked(link.case)
            end_basis(system_actor(), link.consent)
            note(system_actor(), case, "consent.ended_again")
        erasure.blank([erasure.Owner(link.referral.owner_uuid, (Compartment.PACKET,))])
        found.slips_ended += 1


def _open_links() -> list[CaseReferral]:
    over = [str(state) for state in FINAL]
    return list(
        CaseReferral.objects.exclude(referral__state__in=over)
        .filter(case__erased_at__isnull=True)
        .select_related("referral", "case", "consent__basis")
        .order_by("pk")
    )


def _end_keyless_contacts(found: Mended) -> None:
    """A contact whose keys were destroyed since: she wanted no contact, or a file was opened."""
    living = _owners_with_keys(Compartment.CONTACT)
    for lead in Lead.objects.exclude(state__in=(LeadState.ENDED, LeadState.CASE_OPENED)):
        if lead.owner_uuid in living:
            continue
        with transaction.atomic():
            row = Lead.objects.select_for_update(of=("self",)).get(pk=lead.pk)
            before = row.state
            row.state = LeadState.ENDED
            row.save(update_fields=["state"])
            audit.record_change(
                actor=system_actor(),
                event="lead.ended_again",
                subject=row,
                before=before,
                after=row.state,
            )
            engine.cancel(subject=row, actor=system_actor())
            access.take_away(row, by=system_actor())
        destroy_lead_keys(lead.pk)
        erasure.blank([erasure.Owner(lead.owner_uuid)])
        found.contacts_ended += 1


def _keyless_files() -> list[str]:
    living = _owners_with_keys(Compartment.IDENTITY)
    standing = Case.objects.filter(erased_at__isnull=True).exclude(stripped__isnull=False)
    return [case.code for case in standing.order_by("pk") if case.uuid not in living]
