"""What surrounds every request: log, private responses, the ring of keys, the actor, refusals."""

import logging
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, OperationalError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.crypto import constant_time_compare
from django.utils.http import urlencode

from privacy import audit, kept, keys, proof, second_factor, sessions
from privacy.errors import AlreadyDone, Forbidden, Invalid, NotFound, Refusal, WrongState
from privacy.forms.door import ProofForm, SignInForm
from privacy.logs import event
from privacy.models import Membership, SentForm

logger = logging.getLogger("privacy.request")
KEPT = "kept"
GetResponse = Callable[[HttpRequest], HttpResponse]


def public(view: Any) -> Any:
    """Mark a view that needs no sign-in. Everything else is locked."""
    view.public = True
    return view


class RequestLog:
    """One line a request: view name, status, time, user id. No path, no query, no address."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        start = time.monotonic()
        response = self.get_response(request)
        match = request.resolver_match
        actor = getattr(request, "actor", None)
        event(
            logger,
            "request",
            method=request.method,
            view=match.view_name if match else None,
            status=response.status_code,
            ms=round((time.monotonic() - start) * 1000),
            user=actor.user_id if actor else None,
        )
        return response


class PrivateResponses:
    """Pages are never stored by a browser or a proxy; powerful features stay off."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, no_store=True, private=True)
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        )
        # No page of another origin may take in anything of ours, picture or file.
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


class KeyRing:
    """Keys live as long as one request."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with keys.fresh_ring():
            return self.get_response(request)


class SessionActor:
    """Finds who acts, under which membership; ends sessions that are over; locks every door."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = None  # type: ignore[attr-defined]
        request.membership = None  # type: ignore[attr-defined]
        membership = self._membership(request)
        if membership is not None:
            request.user = membership.user
            request.membership = membership  # type: ignore[attr-defined]
            request.actor = sessions.actor_for(  # type: ignore[attr-defined]
                membership,
                request.session.session_key or "",
                request.session.get(sessions.PROVED, 0),
            )
        token = audit.current_actor.set(request.actor)  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
        finally:
            audit.current_actor.reset(token)
        return response

    def _membership(self, request: HttpRequest) -> Membership | None:
        """One query for user, membership, team and organisation; deactivation works at once."""
        if sessions.MEMBERSHIP not in request.session:
            request.user = AnonymousUser()
            return None
        membership = (
            Membership.objects.live()
            .filter(
                pk=request.session[sessions.MEMBERSHIP], user_id=request.session.get(SESSION_KEY, 0)
            )
            .select_related("user", "organisation", "team")
            .first()
        )
        valid = membership is not None and constant_time_compare(
            request.session.get(HASH_SESSION_KEY, ""), membership.user.get_session_auth_hash()
        )
        if not valid or sessions.has_ended(request):
            sessions.leave(request)
            request.user = AnonymousUser()
            return None
        sessions.touch(request)
        return membership

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if getattr(view, "public", False) or request.actor is not None:  # type: ignore[attr-defined]
            return None
        return ask_to_sign_in(request)


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """A page that was read: sign in and come back. A form that was sent: its text is kept."""
    if request.method != "POST":
        return redirect(f"/sign-in/?{urlencode({'next': request.path})}")
    fields = kept.typed_in(request)
    person = sessions.last_person(request)
    try:
        token = kept.keep(person, request.path, fields) if person and fields else ""
    except (keys.KeyringUnavailable, keys.KeyMissing):
        # It cannot be sealed for later, so this browser gets it back now.
        return refusal_page(request, "errors/locked.html", 503)
    path = request.path if token else ""
    if token:
        request.session[KEPT] = token
    return render(
        request,
        "errors/session_ended.html",
        {
            "form": SignInForm(request, initial={"next": path, "kept": token}),
            "kept_token": token,
            "show_exit": True,
        },
        status=401,
    )


def ask_for_proof(request: HttpRequest) -> HttpResponse:
    """Password and code again, then back to where she was; a form that was sent is kept."""
    path = request.get_full_path()
    if request.method != "POST":
        return redirect(f"{reverse('prove')}?{urlencode({'next': path})}")
    user = request.user
    fields = kept.typed_in(request)
    token = kept.keep(user, request.path, fields)  # type: ignore[arg-type]
    # What a page without a box sends (a button alone) comes back as a button.
    with_code = second_factor.is_set_up(user)  # type: ignore[arg-type]
    form = ProofForm(initial={"next": path, "kept": token}, with_code=with_code)
    return render(request, "privacy/prove.html", proof_page(request, form), status=401)


def proof_page(request: HttpRequest, form: ProofForm) -> dict[str, Any]:
    user = request.user
    return {
        "form": form,
        "kept_token": form["kept"].value(),
        "shown": second_factor.shown_in_the_demo(user),  # type: ignore[arg-type]
    }


class Refusals:
    """Turns what an action refused into a page in the person's language; typed text comes back."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """A form is carried out once, in one transaction with its page's token: pressed twice,
        sent again by a weak network or from a second tab, it changes nothing the second time."""
        if request.method != "POST" or getattr(view, "public", False):
            return None
        try:
            token = UUID(request.POST.get("once", ""))
        except ValueError:
            return None
        try:
            with transaction.atomic():
                self._claim(request, token)
                response: HttpResponse = view(request, *args, **kwargs)
                # A page that only shows what would be sent leaves the form before it unused.
                if response.status_code >= 400 or getattr(response, "only_a_look", False):
                    transaction.set_rollback(True)
                return response
        except Exception as error:
            page = self.process_exception(request, error)
            if page is None:
                raise
            return page

    def _claim(self, request: HttpRequest, token: UUID) -> None:
        actor = request.actor  # type: ignore[attr-defined]
        sent = SentForm.objects.filter(pk=token).first()
        if sent is None:
            try:
                with transaction.atomic():
                    SentForm.objects.create(token=token, user_id=actor.user_id)
            except IntegrityError:  # the same page, sent twice at the same moment
                raise AlreadyDone(
                    translation.gettext("This form has been sent already, and carried out.")
                ) from None
            return
        raise AlreadyDone(
            translation.gettext("This form has been sent already, and carried out."),
            who=actor.name if sent.user_id == actor.user_id else "",
            when=sent.at,
        )

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, keys.KeyringUnavailable | keys.KeyMissing):
            event(logger, "keyring_unavailable", level=logging.ERROR)
            return self.page(request, "errors/locked.html", 503)
        if isinstance(error, OperationalError) and "lock" in str(error):
            event(logger, "database_busy", level=logging.ERROR)
            return self.page(request, "errors/busy.html", 503)
        if not isinstance(error, Refusal):
            return None
        if isinstance(error, proof.NeedsProof):
            return ask_for_proof(request)
        if isinstance(error, NotFound):
            return self.page(request, "errors/404.html", 404)
        if isinstance(error, Forbidden):
            return self.page(
                request, "errors/403.html", 403, reason=error.message, helper=error.next_step
            )
        if isinstance(error, WrongState):
            who = error.who if isinstance(error, AlreadyDone) else ""
            when = error.when if isinstance(error, AlreadyDone) else None
            return self.page(
                request,
                "errors/409.html",
                409,
                message=error.message,
                who=who,
                when=when,
                again_url=getattr(request, "again_url", ""),
            )
        errors = error.errors if isinstance(error, Invalid) else {}
        return self.page(request, "errors/400.html", 400, errors=errors)

    def page(
        self, request: HttpRequest, template: str, status: int, **context: Any
    ) -> HttpResponse:
        return refusal_page(request, template, status, **context)


def refusal_page(request: HttpRequest, template: str, status: int, **context: Any) -> HttpResponse:
    typed = kept.typed_in(request) if request.method == "POST" else {}
    context["kept"] = [
        {"label": translation.gettext("What you typed"), "value": value}
        for value in kept.words_of(typed)
    ]
    return render(request, template, context, status=status)
