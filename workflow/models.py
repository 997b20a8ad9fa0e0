"""The worklist read model: one row for each step that waits, or waited, for a person."""

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils import timezone
from viewflow.workflow.models import Process, Task

from privacy.models import Organisation, Team, User


class WorkItem(models.Model):
    """Kept by the engine room only. Holds ids, codes and clocks; never an alias or a service code.

    ``lane`` says in whose list the item stands: ``t<team id>:<role>`` for everyone with that role
    in a team, with ``:u<user id>`` behind it for one person. Lists filter and sort by one
    index on (lane, due_at, id).
    """

    task = models.OneToOneField(Task, models.CASCADE, related_name="work_item")
    process = models.ForeignKey(Process, models.CASCADE, related_name="work_items")
    flow = models.CharField(max_length=40)
    step = models.CharField(max_length=40)
    subject_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+")
    subject_id = models.BigIntegerField()
    subject_uuid = models.UUIDField()
    reference = models.CharField(max_length=30)
    lane = models.CharField(max_length=60)
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=30)
    family = models.CharField(max_length=20, blank=True)
    area_code = models.CharField(max_length=5, blank=True)
    urgent = models.BooleanField(default=False)
    opened_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    escalated_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    # How it ended: done, or cancelled with its process.
    outcome = models.CharField(max_length=20, blank=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(
                fields=["lane", "due_at", "id"],
                name="work_lane_due",
                condition=Q(done_at__isnull=True),
            ),
            models.Index(
                fields=["team", "due_at", "id"],
                name="work_team_due",
                condition=Q(done_at__isnull=True),
            ),
            models.Index(fields=["subject_type", "subject_id"], name="work_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.flow}.{self.step} {self.pk}"


class RunnerBeat(models.Model):
    """When each periodic task last ran: a missed hour is caught up once, not sixty times."""

    name = models.CharField(max_length=80, unique=True)
    last_run = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
