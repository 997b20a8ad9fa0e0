"""The request behind the locked door, for types: ``SessionActor`` has said who acts."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from privacy.actors import Actor
from privacy.models import Membership


class SignedIn(HttpRequest):
    actor: Actor
    membership: Membership
    # Where "See how it stands now" leads when an action refuses: see ``again_at``.
    again_url: str


View = Callable[..., HttpResponse]


def again_at(name: str) -> Callable[[View], View]:
    """Of a view about one record: a refusal leads back to the page ``name`` of its ``uuid``."""

    def around(view: View) -> View:
        @wraps(view)
        def seen(request: SignedIn, **where: Any) -> HttpResponse:
            request.again_url = reverse(name, args=[where["uuid"]])
            return view(request, **where)

        return seen

    return around
