"""What forms leave behind: tokens of those carried out, text kept for its writer."""

from django.db import models
from django.utils import timezone

from privacy.fields import SealedTextField
from privacy.models.people import User
from privacy.models.sealed import SealedModel


class SentForm(models.Model):
    """A form that was carried out: its page's random token. Sent again, it changes nothing."""

    token = models.UUIDField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return str(self.token)


class KeptText(SealedModel):
    """Text typed when a session ended: sealed for the person who typed it, dropped after 24 h."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    text = SealedTextField(label="kept.text", compartment="draft")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"kept text {self.pk}"
