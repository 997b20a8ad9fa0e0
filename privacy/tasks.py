"""How the clock asks: periodic work of the ground floor. Arguments are ids only."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from privacy import exports, kept
from privacy.models import BlindIndex, SentForm, WrappedDataKey

ORPHAN_AGE = timedelta(hours=24)


@shared_task(name="privacy.drop_kept_text")
def drop_kept_text() -> int:
    return kept.drop_old()


@shared_task(name="privacy.drop_sent_forms")
def drop_sent_forms() -> int:
    """A page older than a day is not sent twice by a slow network any more."""
    return SentForm.objects.filter(at__lt=timezone.now() - ORPHAN_AGE).delete()[0]


@shared_task(name="privacy.drop_exports")
def drop_exports() -> int:
    return exports.drop_expired()


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
    return dropped
