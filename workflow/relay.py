"""The embedded relay of the outbox: leases due rows, runs their handlers, retries with back-off.

A row whose worker was killed is taken again when its lease runs out. Handlers run at least once.
"""

import logging
import os
import uuid
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from privacy import audit, keys, retention
from privacy.logs import event
from privacy.models import Outbox
from privacy.outbox import handlers

logger = logging.getLogger("workflow.relay")
LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 8
BATCH = 50


def _free(now: datetime) -> Q:
    """Nobody works on it: never leased, the lease ran out, or it ends later than any lease given
    by this clock can (the clock was set back)."""
    return Q(lease_until__isnull=True) | Q(lease_until__lte=now) | Q(lease_until__gt=now + LEASE)


def due() -> "models.QuerySet[Outbox]":
    now = timezone.now()
    return Outbox.objects.filter(
        _free(now),
        done_at__isnull=True,
        gave_up_at__isnull=True,
        run_at__lte=now,
    ).order_by("run_at", "pk")


def run_due(limit: int = BATCH) -> int:
    """Run up to ``limit`` due rows; the number run is returned."""
    ran = 0
    for row_id in list(due().values_list("pk", flat=True)[:limit]):
        ran += run_row(row_id)
    return ran


def run_row(row_id: int) -> int:
    """Lease one row and run it once. 0 when somebody else has it."""
    lease = f"{os.getpid()}-{uuid.uuid4().hex[:12]}"
    now = timezone.now()
    leased = Outbox.objects.filter(
        _free(now),
        pk=row_id,
        done_at__isnull=True,
        gave_up_at__isnull=True,
        run_at__lte=now,
    ).update(lease=lease, lease_until=now + LEASE, attempts=F("attempts") + 1)
    if not leased:
        return 0
    row = Outbox.objects.get(pk=row_id)
    if row.attempts > MAX_ATTEMPTS:
        # Its worker died every time, so nobody could say so.
        _failed(row, lease, "WorkerDied")
        return 0
    token = audit.current_actor.set(None)
    try:
        for handler in handlers.get(row.kind, ()):
            with keys.fresh_ring(), transaction.atomic():
                handler(row.object_id or 0)
        if row.kind not in handlers:
            raise LookupError("nobody handles this kind")
    except Exception as error:
        _failed(row, lease, type(error).__name__)
    else:
        Outbox.objects.filter(pk=row_id, lease=lease).update(
            done_at=timezone.now(), lease="", lease_until=None, last_error=""
        )
    finally:
        audit.current_actor.reset(token)
    return 1


def _failed(row: Outbox, lease: str, error: str) -> None:
    """Back off 2, 4, 8 … minutes at most an hour; after eight tries a person must look."""
    now = timezone.now()
    event(
        logger,
        "outbox_failed",
        level=logging.ERROR,
        kind=row.kind,
        row=row.pk,
        attempts=row.attempts,
        error=error,
    )
    given_up = row.attempts >= MAX_ATTEMPTS
    Outbox.objects.filter(pk=row.pk, lease=lease).update(
        lease="",
        lease_until=None,
        last_error=error,
        run_at=now + min(timedelta(minutes=2**row.attempts), timedelta(hours=1)),
        gave_up_at=now if given_up else None,
    )


def drain(rounds: int = 20) -> int:
    """Run until nothing is due (tests, commands)."""
    total = 0
    for _ in range(rounds):
        ran = run_due()
        if not ran:
            break
        total += ran
    return total


def sweep() -> int:
    """Drop rows whose time is over (retention schedule)."""
    old = retention.schedule().rule("outbox").cut_off()
    return Outbox.objects.filter(done_at__lt=old).delete()[0]
