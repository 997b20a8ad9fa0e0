"""Files people bring: cleaned, cut into chunks, each chunk sealed under its owner's key."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy.models.people import User
from privacy.models.sealed import SealedModel


class FileKind(models.TextChoices):
    PDF = "pdf", _("PDF")
    JPEG = "jpeg", _("Photo (JPEG)")
    PNG = "png", _("Picture (PNG)")


class DeleteReason(models.TextChoices):
    WRONG_FILE = "wrong_file", _("It was the wrong file")
    WRONG_PERSON = "wrong_person", _("It is about somebody else")
    NOT_NEEDED = "not_needed", _("It is not needed any more")
    CLIENT_WISH = "client_wish", _("The client wishes it")


class SealedFile(SealedModel):
    """One file of one owner (a case) in one compartment, about one record (the case itself, a
    consent). Its name is sealed too. In the database, so that it comes and goes in the same
    transaction as its record, and travels with no backup that its key is in.

    Deleted = chunks and name are gone; the row stays and tells who did it and why.
    """

    compartment = models.CharField(max_length=20)
    about_type = models.CharField(max_length=60)
    about_uuid = models.UUIDField(db_index=True)
    kind = models.CharField(max_length=4, choices=FileKind.choices)
    sealed_name = models.BinaryField()
    chunks = models.PositiveIntegerField()
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    deleted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    deleted_at = models.DateTimeField(null=True)
    delete_reason = models.CharField(max_length=15, choices=DeleteReason.choices, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"file {self.pk}"


class SealedChunk(models.Model):
    file = models.ForeignKey(SealedFile, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    envelope = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="chunk_once")]

    def __str__(self) -> str:
        return f"chunk {self.pk}"
