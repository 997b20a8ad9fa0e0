"""How the clock asks: periodic work of the ground floor. Arguments are ids only."""

import logging
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from privacy import audit, kept
from privacy.alone import Busy
from privacy.keys import epochs, provider, resealing, rotation
from privacy.keys.provider import Epoch, EpochState
from privacy.logs import event
from privacy.models import BlindIndex, SentForm, WrappedDataKey

logger = logging.getLogger("privacy.tasks")
ORPHAN_AGE = timedelta(hours=24)


@shared_task(name="privacy.drop_kept_text")
def drop_kept_text() -> int:
    return kept.drop_old()


@shared_task(name="privacy.drop_sent_forms")
def drop_sent_forms() -> int:
    """A page older than a day is not sent twice by a slow network any more."""
    return SentForm.objects.filter(at__lt=timezone.now() - ORPHAN_AGE).delete()[0]


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
