"""Heavy acts ask once more who is there: the one seam for it.

``prove`` turns what was typed into a ``Proof``; an action takes the proof and calls ``require``.
A second factor joins here, and no action changes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy import denials
from privacy.actors import Actor
from privacy.models import User

# As long as it takes to send one form; a proof is never kept in a session.
HOLDS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Proof:
    """This person has just shown that it is her."""

    user_id: int
    at: datetime

    def holds_for(self, actor: Actor) -> bool:
        return self.user_id == actor.user_id and timezone.now() - self.at < HOLDS


def prove(request: HttpRequest, password: str) -> Proof | None:
    """Her own password again; a wrong one counts for the lock-out like one at the door."""
    user: Any = request.user
    if not isinstance(user, User) or "\0" in password:
        return None
    if authenticate(request, username=user.username, password=password) != user:
        return None
    return Proof(user.pk, timezone.now())


def require(actor: Actor, proof: Proof, action: str) -> None:
    """Raises Forbidden in words when the proof is another person's, or too old."""
    if not proof.holds_for(actor):
        raise denials.refuse(actor, None, action, denials.Missing.PROOF)


class ProofForm(forms.Form):
    """Base of a form for a heavy act: its last question is her password. ``proof`` is there when
    the form is valid."""

    password = forms.CharField(
        label=_("Your password again"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Enter your password.")},
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.proof: Proof | None = None

    def clean_password(self) -> str:
        self.proof = prove(self.request, self.cleaned_data["password"])
        if self.proof is None:
            raise forms.ValidationError(_("The password is wrong."))
        return ""
