"""Fires what is due. One broken flow, or one row of a removed app, never stops the sweep."""

import logging
from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils import timezone
from viewflow.workflow.models import Process, Task
from viewflow.workflow.status import PROCESS, STATUS

from privacy import keys
from privacy.logs import event

logger = logging.getLogger("workflow.timers")
BATCH = 200


def _armed(since: int) -> "models.QuerySet[Task]":
    """Timers that wait; of processes begun after the one with the id ``since`` only."""
    return Task.objects.filter(
        flow_task_type="TIMER", status=STATUS.SCHEDULED, process_id__gt=since
    ).order_by("scheduled")


def next_moment(*, since: int = 0) -> datetime | None:
    """When the next timer runs out."""
    return _armed(since).values_list("scheduled", flat=True).first()


def fire_due(limit: int = BATCH, *, since: int = 0) -> int:
    """Fire the timers that are due, oldest first; the number fired is returned.

    Each runs in its own transaction: the subject is locked first (as actions do), then the
    process. Two dispatchers are harmless: the row is read again under the lock.
    """
    due = (
        _armed(since).filter(scheduled__lte=timezone.now()).values_list("pk", "process_id")[:limit]
    )
    fired = 0
    for task_id, process_id in list(due):
        try:
            with keys.fresh_ring(), transaction.atomic():
                fired += _fire(task_id, process_id)
        except Exception as error:
            event(
                logger,
                "timer_failed",
                level=logging.ERROR,
                task=task_id,
                error=type(error).__name__,
            )
            _put_off(task_id)
    return fired


def _fire(task_id: int, process_id: int) -> int:
    process = Process.objects.get(pk=process_id)
    subject_type = process.artifact_content_type
    model = subject_type.model_class() if subject_type else None
    if model is None:
        raise LookupError("the record of this process belongs to no room of the house")
    subject = model._default_manager.select_for_update(of=("self",)).get(
        pk=process.artifact_object_id
    )
    process.artifact = subject
    with process.flow_class.lock(process.pk):
        task = Task.objects.get(pk=task_id)
        if task.status != STATUS.SCHEDULED:
            return 0
        process.refresh_from_db(fields=["status"])
        if process.status != PROCESS.NEW:
            return 0
        task.process = process
        activation = task.flow_task.activation_class(task)
        activation.start()
        activation.execute()
        return 1


def _put_off(task_id: int) -> None:
    """Try a timer that failed again in five minutes, so that it does not block the batch."""
    later = timezone.now() + timedelta(minutes=5)
    Task.objects.filter(pk=task_id, status=STATUS.SCHEDULED).update(scheduled=later)
