"""Signing in, the one membership a session runs under, and the clocks of a session."""

import hashlib
import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import auth
from django.contrib.auth import SESSION_KEY
from django.core import signing
from django.http import HttpRequest, HttpResponse

from privacy import audit
from privacy.actors import SYSTEM_USERNAME, Actor
from privacy.models import Membership, User
from privacy.roles import Role

if TYPE_CHECKING:
    from django.db.models import QuerySet

MEMBERSHIP = "membership"
JOBS = "jobs"
STARTED = "started"
SEEN = "seen"
LAST_PERSON_COOKIE = "last_person"
LAST_PERSON_SALT = "privacy.last-person"


def memberships_of(user: User) -> "QuerySet[Membership]":
    return (
        Membership.objects.live()
        .filter(user=user)
        .exclude(role=Role.SYSTEM)
        .select_related("organisation", "team", "user")
        .order_by("pk")
    )


def actor_for(membership: Membership, session_key: str = "") -> Actor:
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
    )


def system_actor() -> Actor:
    """The named system user that jobs act as. It holds no grant and opens no key."""
    user, _ = User.objects.get_or_create(
        username=SYSTEM_USERNAME, defaults={"display_name": "system", "is_active": False}
    )
    return Actor(user_id=user.pk, user_uuid=user.uuid, name="", role=Role.SYSTEM)


def begin(request: HttpRequest, user: User, membership: Membership) -> None:
    if SESSION_KEY in request.session:
        request.session.flush()  # somebody was signed in here: nothing of that session goes on
    auth.login(request, user, backend="privacy.backends.PasswordBackend")
    now = int(time.time())
    request.session[MEMBERSHIP] = membership.pk
    request.session[STARTED] = now
    request.session[SEEN] = now
    # Whether the page offers to change over to her other work.
    request.session[JOBS] = memberships_of(user).count()
    actor = actor_for(membership, request.session.session_key or "")
    # The answer to the sign-in itself may be a page: it is hers already.
    request.actor, request.membership = actor, membership  # type: ignore[attr-defined]
    audit.signed(actor=actor, action="sign_in")


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


def end(request: HttpRequest, action: str) -> None:
    actor = getattr(request, "actor", None)
    audit.signed(actor=actor, action=action)
    auth.logout(request)


def remember_person(response: HttpResponse, user: User) -> None:
    """Whose text it is when a session is gone: only a signed uuid, kept by this browser 24 h."""
    response.set_cookie(
        LAST_PERSON_COOKIE,
        signing.dumps(str(user.uuid), salt=LAST_PERSON_SALT),
        max_age=24 * 3600,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def last_person(request: HttpRequest) -> User | None:
    try:
        uuid = signing.loads(
            request.COOKIES.get(LAST_PERSON_COOKIE, ""), salt=LAST_PERSON_SALT, max_age=24 * 3600
        )
    except signing.BadSignature:
        return None
    return User.objects.filter(uuid=uuid, is_active=True).first()
