"""Signing in, the one membership a session runs under, and the clocks of a session."""

import hashlib
import re
import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import auth
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from privacy import audit
from privacy.actors import SYSTEM_USERNAME, Actor
from privacy.models import Membership, OpenSession, User
from privacy.roles import Role
from privacy.session_store import row_of

if TYPE_CHECKING:
    from django.db.models import QuerySet

MEMBERSHIP = "membership"
JOBS = "jobs"
STARTED = "started"
SEEN = "seen"
PROVED = "proved"
LAST_PERSON_SALT = "privacy.last-person"


def memberships_of(user: User) -> "QuerySet[Membership]":
    return (
        Membership.objects.live()
        .filter(user=user)
        .exclude(role=Role.SYSTEM)
        .select_related("organisation", "team", "user")
        .order_by("pk")
    )


def actor_for(membership: Membership, session_key: str = "", proved_at: int = 0) -> Actor:
    user = membership.user
    return Actor(
        user_id=user.pk,
        user_uuid=user.uuid,
        name=user.display_name,
        role=membership.role,
        membership_id=membership.pk,
        organisation_id=membership.organisation_id,
        team_id=membership.team_id,
        session=hashlib.sha256(session_key.encode()).hexdigest()[:32] if session_key else "",
        proved_at=proved_at,
    )


def system_actor() -> Actor:
    """The named system user that jobs act as. It holds no grant and opens no key."""
    user, _ = User.objects.get_or_create(
        username=SYSTEM_USERNAME, defaults={"display_name": "system", "is_active": False}
    )
    return Actor(user_id=user.pk, user_uuid=user.uuid, name="", role=Role.SYSTEM)


def begin(
    request: HttpRequest,
    user: User,
    membership: Membership,
    *,
    proved_at: int = 0,
    started_at: int = 0,
) -> None:
    """``proved_at`` = when a second factor was shown beside the password; 0 = none was asked.
    ``started_at`` = when the password was; now, unless she changes over to other work."""
    if SESSION_KEY in request.session:
        leave(request)  # somebody was signed in here: nothing of that session goes on
    auth.login(request, user, backend="privacy.backends.PasswordBackend")
    now = int(time.time())
    request.session[MEMBERSHIP] = membership.pk
    request.session[STARTED] = started_at or now
    request.session[SEEN] = now
    if proved_at:
        request.session[PROVED] = proved_at
    # Whether the page offers to change over to her other work.
    request.session[JOBS] = memberships_of(user).count()
    OpenSession.objects.create(
        user=user,
        membership=membership,
        row=row_of(request.session.session_key),
        device=device_of(request),
    )
    actor = actor_for(membership, request.session.session_key or "", proved_at)
    # The answer to the sign-in itself may be a page: it is hers already.
    request.actor, request.membership = actor, membership  # type: ignore[attr-defined]
    audit.signed(actor=actor, action="sign_in")


# What a browser says of its system; a code is kept, never the text.
_DEVICES = (
    ("iphone", r"iPhone|iPad"),
    ("android", r"Android"),
    ("windows", r"Windows"),
    ("mac", r"Macintosh"),
    ("linux", r"Linux|X11"),
)


def device_of(request: HttpRequest) -> str:
    said = request.headers.get("User-Agent", "")[:400]
    return next((code for code, pattern in _DEVICES if re.search(pattern, said)), "other")


def prove(request: HttpRequest) -> None:
    """She showed password and code again. The session's key changes, as with every new right."""
    old = row_of(request.session.session_key)
    request.session.cycle_key()
    request.session[PROVED] = int(time.time())
    _moved(old, request)


def keep_signed_in(request: HttpRequest, user: User) -> None:
    """After she changed her own password: this session goes on, under a new key."""
    old = row_of(request.session.session_key)
    auth.update_session_auth_hash(request, user)
    _moved(old, request)


def _moved(old: str, request: HttpRequest) -> None:
    OpenSession.objects.filter(row=old).update(row=row_of(request.session.session_key))


def leave(request: HttpRequest) -> None:
    """Drop the session of this browser, whatever is in it."""
    _mark_ended([row_of(request.session.session_key)])
    request.session.flush()


def close(sessions: "QuerySet[OpenSession]") -> int:
    """End these sessions, wherever they are: the next request of each finds none."""
    found = list(sessions.filter(ended_at__isnull=True).values_list("row", flat=True))
    Session.objects.filter(session_key__in=found).delete()
    return _mark_ended(found)


def _mark_ended(rows: list[str]) -> int:
    found = OpenSession.objects.filter(row__in=rows, ended_at__isnull=True)
    return found.update(ended_at=timezone.now())


def has_ended(request: HttpRequest) -> bool:
    """Idle 15 minutes, or 10 hours in all (privacy.md 10)."""
    now = int(time.time())
    seen = request.session.get(SEEN, 0)
    started = request.session.get(STARTED, 0)
    return bool(
        now - seen > settings.SESSION_IDLE_SECONDS
        or now - started > settings.SESSION_ABSOLUTE_SECONDS
    )


def touch(request: HttpRequest) -> None:
    """Move the idle clock, at most once a minute: most pages write nothing."""
    now = int(time.time())
    if now - request.session.get(SEEN, 0) >= 60:
        request.session[SEEN] = now
        OpenSession.objects.filter(row=row_of(request.session.session_key)).update(
            seen_at=timezone.now()
        )


def seconds_left(request: HttpRequest) -> int:
    """Until the ten hours are over, whatever she does."""
    started: int = request.session.get(STARTED, 0)
    return max(0, started + settings.SESSION_ABSOLUTE_SECONDS - int(time.time()))


def end(request: HttpRequest, action: str) -> None:
    actor = getattr(request, "actor", None)
    audit.signed(actor=actor, action=action)
    _mark_ended([row_of(request.session.session_key)])
    auth.logout(request)


def remember_person(response: HttpResponse, user: User) -> None:
    """Whose text it is when a session is gone: only a signed uuid, kept by this browser 24 h."""
    response.set_cookie(
        settings.LAST_PERSON_COOKIE_NAME,
        signing.dumps(str(user.uuid), salt=LAST_PERSON_SALT),
        max_age=24 * 3600,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def forget_person(response: HttpResponse) -> None:
    response.delete_cookie(settings.LAST_PERSON_COOKIE_NAME, samesite="Lax")


def last_person(request: HttpRequest) -> User | None:
    try:
        uuid = signing.loads(
            request.COOKIES.get(settings.LAST_PERSON_COOKIE_NAME, ""),
            salt=LAST_PERSON_SALT,
            max_age=24 * 3600,
        )
    except signing.BadSignature:
        return None
    return User.objects.filter(uuid=uuid, is_active=True).first()
