"""The second factor: a secret that her phone holds as well."""

from django.db import models
from django.utils import timezone

from privacy.fields import SealedJSONField, SealedTextField
from privacy.models.people import User
from privacy.models.sealed import SealedModel


class SecondFactor(SealedModel):
    """One per person, sealed under her own key.

    ``secret`` = 40 hexadecimal digits (160 bits, RFC 4226 4). ``recovery`` = SHA-256 of the
    recovery codes that are left. ``confirmed_at`` is empty until she typed a first right code.
    """

    user = models.OneToOneField(User, models.CASCADE, related_name="second_factor")
    secret = SealedTextField(label="second_factor.secret", compartment="factor")
    recovery = SealedJSONField(label="second_factor.recovery", compartment="factor")
    confirmed_at = models.DateTimeField(null=True)
    # The time step of the code used last: no code counts twice (RFC 6238 5.2).
    last_step = models.BigIntegerField(default=-1)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"second factor {self.pk}"
