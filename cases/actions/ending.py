"""What ends when a consent ends: the sight that rested on it, referrals, a transfer under way."""

from django.db.models import Q
from django.utils import timezone

from cases.actions.plot import note
from cases.models import Case, Consent, ConsentEnd, Purpose, Transfer
from cases.states import TransferState
from privacy import access, audit, keys, outbox
from privacy.actors import Actor
from privacy.compartments import CASE_COMPARTMENTS
from privacy.models import Basis, Organisation
from referrals import actions as referrals
from workflow import engine

SUMMARY_DIES = "transfer.summary_dies"
UNDER_WAY = (TransferState.REQUESTED, TransferState.OFFERED)


def live_consents(case: Case) -> list[Consent]:
    """Given, not taken back, not run out."""
    return [
        consent
        for consent in Consent.objects.filter(case=case, given=True, end__isnull=True)
        .select_related("basis", "recipient")
        .order_by("pk")
        if consent.basis is None or consent.basis.is_live
    ]


def end_consent(
    actor: Actor, case: Case, consent: Consent, method: str, relayed_by: Organisation | None = None
) -> None:
    ConsentEnd.objects.create(
        consent=consent, method=method, relayed_by=relayed_by, recorded_by_id=actor.user_id
    )
    end_basis(actor, consent)
    engine.cancel(subject=consent, actor=actor)
    if consent.purpose == Purpose.TRANSFER:
        end_transfers(actor, case)
    note(actor, case, "consent.withdrawn", reason=consent.purpose)


def end_basis(actor: Actor, consent: Consent) -> None:
    if consent.basis is None:
        return
    Basis.objects.filter(pk=consent.basis.pk, ended_at__isnull=True).update(ended_at=timezone.now())
    consent.basis.refresh_from_db()
    referrals.withdraw_for(actor=actor, basis=consent.basis)


def end_transfers(actor: Actor, case: Case) -> None:
    """A transfer that nobody may accept any more leaves the lists; the case stays where it is."""
    for transfer in Transfer.objects.select_for_update(of=("self",)).filter(
        case=case, state__in=UNDER_WAY
    ):
        before = transfer.state
        transfer.state, transfer.decided_at = TransferState.REFUSED, timezone.now()
        transfer.save(update_fields=["state", "decided_at"])
        audit.record_change(
            actor=actor,
            event="transfer.ended",
            subject=transfer,
            before=before,
            after=transfer.state,
        )
        engine.cancel(subject=transfer, actor=actor)
    close_summaries(actor, case)


def close_summaries(actor: Actor, case: Case) -> None:
    """No transfer of this case, under way or over, is read any more; what was written dies."""
    for transfer in Transfer.objects.filter(~Q(state__in=UNDER_WAY), case=case):
        access.take_away(transfer, by=actor)
        outbox.put(SUMMARY_DIES, transfer.pk, dedupe_key=f"{SUMMARY_DIES}:{transfer.pk}")


def destroy_summary_key(transfer_id: int) -> None:
    """Outbox handler, idempotent: after this the summary opens for nobody."""
    transfer = Transfer.objects.filter(pk=transfer_id).exclude(state__in=UNDER_WAY).first()
    if transfer is not None:
        keys.destroy(transfer.owner_uuid)


def shut_file(actor: Actor, case: Case) -> None:
    """The team still sees that there was a case; no word of hers opens for anybody any more."""
    access.take_away(case, by=actor, permissions=[item.permission for item in CASE_COMPARTMENTS])
    close_summaries(actor, case)
