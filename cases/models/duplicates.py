"""The same person in two files: the look that she agreed to, what it found, a link with her yes."""

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils import timezone

from cases.models.file import Case, ConsentMethod, OfCase
from cases.states import MatchState
from privacy.models import Organisation, User
from workflow.nodes import Facts


class DuplicateCheck(OfCase):
    """She was asked whether we may look for another file of hers, and what she said. What the look
    found stands in no row that leads back here."""

    agreed = models.BooleanField()
    method = models.CharField(max_length=10, choices=ConsentMethod.choices)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    # The look itself is a job; null = still to be done, or she said no.
    looked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["asked_by", "created_at"], name="duplicate_check_person"),
            models.Index(fields=["organisation", "created_at"], name="duplicate_check_office"),
        ]

    def __str__(self) -> str:
        return f"duplicate check {self.pk}"


class DuplicateMatch(models.Model):
    """A phone or citizen number stands in two files. Belongs to the supervisor of ``case``, the
    file that was there; she asks that client. ``other`` is shown to nobody before her yes."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, models.CASCADE, related_name="+")
    other = models.ForeignKey(Case, models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=MatchState.choices, default=MatchState.OPEN)
    created_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "other"],
                condition=Q(state="open"),
                name="one_open_match",
            )
        ]

    def __str__(self) -> str:
        return f"match {self.pk}"

    def work_facts(self) -> Facts:
        return self.case.work_facts()._replace(urgent=False)


class CaseLink(models.Model):
    """Two files of one person, linked with her yes. Nothing is merged, and it can be undone: each
    file stays where it is and opens no compartment of the other."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    first = models.ForeignKey(Case, models.CASCADE, related_name="+")
    second = models.ForeignKey(Case, models.CASCADE, related_name="+")
    method = models.CharField(max_length=10, choices=ConsentMethod.choices)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["first", "second"],
                condition=Q(ended_at__isnull=True),
                name="linked_once",
            )
        ]

    def __str__(self) -> str:
        return f"link {self.pk}"
