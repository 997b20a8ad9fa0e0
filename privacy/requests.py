"""The request behind the locked door, for types: ``SessionActor`` has said who acts."""

from django.http import HttpRequest

from privacy.actors import Actor
from privacy.models import Membership


class SignedIn(HttpRequest):
    actor: Actor
    membership: Membership
