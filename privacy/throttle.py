"""How often one person may try one thing. Counted per person, never per address: behind one
carrier's address sit thousands of phones (wrong passwords are counted by axes, before anybody is
known).

A count is kept by an answer that is not an error: a form that was refused inside the transaction
of its page must answer 200, or its try is rolled back with it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import salted_hmac

from privacy import audit
from privacy.models import Tries, User

if TYPE_CHECKING:
    from privacy.requests import View


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``most`` within ``seconds``; then closed until the window is over."""

    kind: str
    most: int
    seconds: int


# Six digits, three steps accepted at a time: eight guesses hit once in 40,000.
CODE = Limit("code", 8, 15 * 60)
# The password and code of ``privacy.proof``, by somebody who sits at an open session.
PROOF = Limit("proof", 5, 15 * 60)
ONE_TIME_CODE = Limit("one_time_code", 5, 60 * 60)
# Asking for help at the door: each makes work for two people.
RECOVERY = Limit("recovery", 3, 24 * 3600)


def is_closed(limit: Limit, user_id: int) -> bool:
    return Tries.objects.filter(
        kind=limit.kind,
        user_id=user_id,
        since__gt=timezone.now() - timedelta(seconds=limit.seconds),
        count__gte=limit.most,
    ).exists()


def count(limit: Limit, user_id: int) -> bool:
    """One more try. True when the next one will find the door closed."""
    now = timezone.now()
    with transaction.atomic():
        row, _made = Tries.objects.select_for_update().get_or_create(
            kind=limit.kind, user_id=user_id, defaults={"since": now}
        )
        if row.since <= now - timedelta(seconds=limit.seconds) or row.since > now:
            row.since, row.count = now, 0
            row.save(update_fields=["since", "count"])
        Tries.objects.filter(pk=row.pk).update(count=F("count") + 1)
    return row.count + 1 >= limit.most


def clear(limit: Limit, user_id: int) -> None:
    Tries.objects.filter(kind=limit.kind, user_id=user_id).delete()


def limited(kind: str, most: int, seconds: int) -> "Callable[[View], View]":
    """Of a view that costs much (a slow hash, a search, an export): each person so often, then a
    page that says when to go on."""
    limit = Limit(kind, most, seconds)

    def around(view: "View") -> "View":
        @wraps(view)
        def asked(request: HttpRequest, *args: Any, **where: Any) -> HttpResponse:
            actor = request.actor  # type: ignore[attr-defined]
            if is_closed(limit, actor.user_id):
                audit.signed(actor=actor, action=kind, result="refused:too_often")
                return too_often(request, limit)
            count(limit, actor.user_id)
            return view(request, *args, **where)

        return asked

    return around


def too_often(request: HttpRequest, limit: Limit) -> HttpResponse:
    minutes = max(1, limit.seconds // 60)
    return render(request, "privacy/too_often.html", {"minutes": minutes}, status=429)


def forget_user(user: User) -> None:
    """A person proved herself in another way: what was counted before counts no more."""
    Tries.objects.filter(user=user).delete()


def hidden_name(request: Any, credentials: dict[str, Any] | None) -> str | None:
    """What axes counts wrong passwords under: a keyed digest of the name, never the name."""
    typed = (credentials or {}).get("username") if credentials else request.POST.get("username")
    if typed is None:
        return None
    return salted_hmac("privacy.throttle", str(typed).strip().lower()).hexdigest()
