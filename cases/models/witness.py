"""Who heard an answer about consent together with the worker."""

from django.db import models

from cases.models.file import Consent, OfCase
from privacy.fields import SealedTextField


class ConsentWitness(OfCase):
    """A name or a role, as the witness likes; written with every answer, mostly empty, so that the
    row itself tells nothing."""

    consent = models.OneToOneField(Consent, models.CASCADE, related_name="witness")
    words = SealedTextField(label="consent_witness.words", compartment="notes")

    def __str__(self) -> str:
        return f"witness of consent {self.consent_id}"
