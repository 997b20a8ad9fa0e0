"""Who opened, listed, was refused what: database "audit", only ever added to.

Three tables. Rows are written one by one, each chained to the row before it of the same writer; a
seal gathers the rows of a few seconds under one Merkle root; its ranges say which rows those are.
The database itself refuses a change or a removal too (privacy/audit/guard.py).
"""

import re
from typing import Any
from uuid import uuid4

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# A code, an id or a list of them: no blank, no accent, no capital. What a person said never fits.
CODE = re.compile(r"[a-z0-9_.:,-]*")
codes_only = RegexValidator(re.compile(rf"^{CODE.pattern}\Z"))
MAC_BYTES = 32
ADDED_TO = "the audit is only ever added to"


class AppendOnly(models.QuerySet[Any]):
    def update(self, **kwargs: Any) -> int:
        raise TypeError(ADDED_TO)

    def delete(self) -> Any:
        raise TypeError(ADDED_TO)


class OnlyAdded(models.Model):
    """A row is written once. The database says so as well."""

    objects = AppendOnly.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError(ADDED_TO)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(ADDED_TO)


class AuditEvent(OnlyAdded):
    """Who opened, listed, was refused. In the audit database: a refusal outlives a rollback.

    ``writer`` is one thread of one process, ``sequence`` counts its rows from 1 without a gap,
    ``prev`` is the ``mac`` of its row before (32 zero bytes for the first), ``mac`` an HMAC over
    ``prev`` and everything else that stands here. Rows written while the keyring was shut have a
    writer that begins with ``u`` and no ``mac``: refusals and sign-ins only, never an opening.
    """

    uuid = models.UUIDField(default=uuid4, editable=False)
    at = models.DateTimeField(default=timezone.now)
    writer = models.CharField(max_length=16, default="", blank=True, validators=[codes_only])
    # 0 = written before there were chains.
    sequence = models.BigIntegerField(default=0)
    prev = models.BinaryField(max_length=MAC_BYTES, default=b"")
    mac = models.BinaryField(max_length=MAC_BYTES, default=b"")
    action = models.CharField(max_length=60, validators=[codes_only])
    result = models.CharField(max_length=20, validators=[codes_only])
    actor_uuid = models.UUIDField(null=True)
    membership_id = models.BigIntegerField(null=True)
    role = models.CharField(max_length=30, blank=True, validators=[codes_only])
    organisation_id = models.BigIntegerField(null=True)
    team_id = models.BigIntegerField(null=True)
    # A hash of the session's key, never the key.
    session = models.CharField(max_length=32, blank=True, validators=[codes_only])
    object_type = models.CharField(max_length=60, blank=True, validators=[codes_only])
    object_uuid = models.UUIDField(null=True)
    compartments = models.CharField(max_length=160, blank=True, validators=[codes_only])
    purpose = models.CharField(max_length=60, blank=True, validators=[codes_only])
    basis_id = models.BigIntegerField(null=True)
    # Ids of the grants that a single record was opened under, one for each compartment.
    grants = models.CharField(max_length=160, blank=True, default="", validators=[codes_only])
    # For lists: how many, and SHA-256 over the sorted ids. One row a list, not one a line.
    count = models.PositiveIntegerField(default=1)
    ids_hash = models.CharField(max_length=64, blank=True, validators=[codes_only])
    # SHA-256 of a sealed text that was written with this event (a reason): the text lies elsewhere.
    envelope_hash = models.CharField(max_length=64, blank=True, default="", validators=[codes_only])

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["writer", "sequence"], condition=Q(sequence__gt=0), name="audit_row_once"
            )
        ]
        indexes = [
            models.Index(fields=["object_uuid", "-id"], name="audit_of_object"),
            models.Index(fields=["actor_uuid", "at"], name="audit_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.pk}"


class AuditSeal(OnlyAdded):
    """The rows of a few seconds under one Merkle root, chained to the seal before."""

    number = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField(default=timezone.now)
    rows = models.PositiveIntegerField()
    # Of this seal and all before it.
    total = models.PositiveBigIntegerField()
    # The highest row id that stood in the table then; see privacy/audit/sealer.py.
    newest = models.BigIntegerField()
    root = models.BinaryField(max_length=MAC_BYTES)
    previous = models.BinaryField(max_length=MAC_BYTES)
    digest = models.BinaryField(max_length=MAC_BYTES)

    def __str__(self) -> str:
        return f"seal {self.number}"


class AuditSealRange(OnlyAdded):
    """One writer's rows in one seal: ``first`` to ``last``, both included."""

    seal = models.ForeignKey(AuditSeal, models.PROTECT, related_name="ranges")
    writer = models.CharField(max_length=16, validators=[codes_only])
    first = models.BigIntegerField()
    last = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seal", "writer"], name="audit_range_of_seal"),
            models.UniqueConstraint(fields=["writer", "first"], name="audit_range_once"),
        ]
        indexes = [models.Index(fields=["writer", "-last"], name="audit_range_last")]

    def __str__(self) -> str:
        return f"range {self.pk}"


class Signal(models.TextChoices):
    """What a data-protection officer looks into."""

    VOLUME = "volume", _("Unusually many openings")
    REFUSALS = "refusals", _("Repeated refusals")


class ReviewOutcome(models.TextChoices):
    EXPLAINED = "explained", _("Her work explains it")
    TALKED = "talked", _("Talked about with her and her supervisor")
    BREACH = "breach", _("Looks like a breach: entered in the breach register")


class AuditReview(models.Model):
    """A signal that was looked into: whose, which, up to which moment, and what came of it.

    In the data database, beside the change record of the same action. What was counted up to
    ``until`` is settled; what comes later counts anew.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    at = models.DateTimeField(default=timezone.now)
    signal = models.CharField(max_length=10, choices=Signal.choices)
    person = models.ForeignKey("privacy.User", models.PROTECT, related_name="+")
    until = models.DateTimeField()
    count = models.PositiveIntegerField()
    outcome = models.CharField(max_length=10, choices=ReviewOutcome.choices)
    by = models.ForeignKey("privacy.User", models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["signal", "person", "-until"], name="audit_review_last")]

    def __str__(self) -> str:
        return f"review {self.pk}"
