"""How the clock asks: periodic work of the ground floor. Arguments are ids only."""

import logging
from datetime import timedelta

from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from privacy import audit, exports, kept, retention
from privacy.alone import Busy
from privacy.audit import anchor, sealer
from privacy.keys import epochs, provider, resealing, rotation
from privacy.keys.provider import Epoch, EpochState
from privacy.logs import event
from privacy.models import (
    BlindIndex,
    OneTimeCode,
    OpenSession,
    SentForm,
    Tries,
    WrappedDataKey,
)

logger = logging.getLogger("privacy.tasks")
ORPHAN_AGE = timedelta(hours=24)
# Who was signed in when stands in the audit; the list of sessions forgets after a month.
SESSION_MEMORY = timedelta(days=30)


@shared_task(name="privacy.drop_kept_text")
def drop_kept_text() -> int:
    return kept.drop_old()


@shared_task(name="privacy.drop_sent_forms")
def drop_sent_forms() -> int:
    """A page older than a day is not sent twice by a slow network any more."""
    return SentForm.objects.filter(at__lt=timezone.now() - ORPHAN_AGE).delete()[0]


@shared_task(name="privacy.seal_audit")
def seal_audit() -> int:
    return sealer.seal_new()


@shared_task(name="privacy.anchor_audit")
def anchor_audit() -> bool:
    """Asked every hour, done once a day."""
    return anchor.drop_anchor() is not None


@shared_task(name="privacy.retention")
def obey_retention() -> int:
    """The nightly run of the schedule. Asked every hour: an office may switch its machine off."""
    if not retention.is_time():
        return 0
    return sum(run.let_go for run in retention.run())


@shared_task(name="privacy.drop_exports")
def drop_exports() -> int:
    return exports.drop_expired()


@shared_task(name="privacy.drop_old_sessions")
def drop_old_sessions() -> int:
    """Sessions that ran out, counts of tries and one-time codes that count no more."""
    now = timezone.now()
    call_command("clearsessions")
    Tries.objects.filter(since__lt=now - timedelta(days=2)).delete()
    OneTimeCode.objects.filter(expires_at__lt=now - SESSION_MEMORY).delete()
    return OpenSession.objects.filter(seen_at__lt=now - SESSION_MEMORY).delete()[0]


@shared_task(name="privacy.sweep_orphan_keys")
def sweep_orphan_keys() -> int:
    """Keys whose record never came to be: its transaction rolled back after the keys committed."""
    from privacy.owners import existing_owners

    old = WrappedDataKey.objects.filter(created_at__lt=timezone.now() - ORPHAN_AGE)
    dropped = 0
    owners = list(old.values_list("owner_uuid", flat=True).distinct())
    for start in range(0, len(owners), 500):
        chunk = set(owners[start : start + 500])
        orphans = chunk - existing_owners(chunk)
        if orphans:
            BlindIndex.objects.filter(owner_uuid__in=orphans).delete()
            dropped += WrappedDataKey.objects.filter(owner_uuid__in=orphans).delete()[0]
    if dropped:
        audit.key_event(action="key.destroyed", purpose="orphans", count=dropped)
    return dropped


@shared_task(name="privacy.rotate_keys")
def rotate_keys() -> int:
    """Once a day: a new epoch where the current one is a week old, everything under it, and the
    end of epochs that nothing rests on and no backup should open any more."""
    try:
        due = rotation.due(provider().epochs())
        done = rotation.rotate(new_epoch=due, purpose="schedule").done
        for epoch in epochs.ended(provider().epochs()):
            _end(epoch)
    except Busy:
        return 0  # somebody does it by hand
    return done


def _end(epoch: Epoch) -> None:
    step = epochs.destroy if epoch.state is EpochState.RETIRED else epochs.set_aside
    try:
        step(epoch.kek, purpose="schedule")
    except epochs.Refused:
        event(logger, "epoch_stays", level=logging.WARNING)


@shared_task(name="privacy.finish_resealing")
def finish_resealing() -> int:
    """What ``keys reseal`` began: values that were written meanwhile, and the old keys."""
    try:
        if not resealing.unfinished():
            return 0
        return resealing.reseal(purpose="schedule").dropped
    except Busy:
        return 0
