"""How the clock asks: periodic work of the ground floor. Arguments are ids only."""

from datetime import timedelta

from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from privacy import kept
from privacy.models import (
    BlindIndex,
    OneTimeCode,
    OpenSession,
    SentForm,
    Tries,
    WrappedDataKey,
)

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
    return dropped
