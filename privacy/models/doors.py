"""What stands around the door: open sessions, and how often something was tried."""

from datetime import timedelta
from typing import Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils import timezone

from privacy.models.people import Membership, User


class OpenSessionQuerySet(models.QuerySet["OpenSession"]):
    def going_on(self) -> Self:
        """Neither ended nor run out: the clocks are those of ``privacy.sessions``."""
        now = timezone.now()
        # The idle clock is moved at most once a minute.
        idle = timedelta(seconds=settings.SESSION_IDLE_SECONDS + 60)
        whole = timedelta(seconds=settings.SESSION_ABSOLUTE_SECONDS)
        return self.filter(
            ended_at__isnull=True, seen_at__gt=now - idle, started_at__gt=now - whole
        )


class OpenSession(models.Model):
    """One sign-in of one person, so that she can see it and end it from elsewhere.

    ``device`` is a code such as ``android``: enough to tell phone from desk. No address is kept.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="+")
    # The session's row in the database: no cookie can be made of it (session_store.row_of).
    row = models.CharField(max_length=40, unique=True)
    device = models.CharField(max_length=10)
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    objects = OpenSessionQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["user", "ended_at"], name="open_session_user")]

    def __str__(self) -> str:
        return f"session {self.pk}"


class Tries(models.Model):
    """How often one person did one thing within its window."""

    kind = models.CharField(max_length=30)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    since = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "user"], name="tries_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
