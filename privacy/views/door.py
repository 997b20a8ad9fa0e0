"""The door: sign in, choose the work, sign out, leave at once, choose the language."""

import time
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from privacy import audit, kept, second_factor, sessions
from privacy.forms import MembershipForm, SignInForm
from privacy.middleware import KEPT, ask_to_sign_in, public
from privacy.models import Membership, User

PENDING = "pending_user"
PENDING_KEPT = "pending_kept"
PENDING_NEXT = "pending_next"
PENDING_AT = "pending_at"
PENDING_WORK = "pending_work"
PENDING_PROVED = "pending_proved"
# A password that was right counts for the pages behind it (work, code) only as long as this.
PENDING_SECONDS = 10 * 60


def safe_next(request: HttpRequest, path: str) -> str:
    """Only a path of our own; anything else leads to the worklist."""
    if path and url_has_allowed_host_and_scheme(
        path, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        try:
            resolve(path.split("?")[0])
        except Resolver404:
            return reverse(settings.LOGIN_REDIRECT_URL)
        return path
    return reverse(settings.LOGIN_REDIRECT_URL)


@public
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    if request.method == "GET" and request.actor is not None:  # type: ignore[attr-defined]
        return redirect(settings.LOGIN_REDIRECT_URL)
    form = SignInForm(
        request,
        request.POST if request.method == "POST" else None,
        initial={"next": request.GET.get("next", "")},
    )
    if request.method == "POST" and form.is_valid() and form.user is not None:
        # The token travels in the form; another way to this page finds it in the same browser.
        token = form.cleaned_data["kept"] or request.session.get(KEPT, "")
        return _signed_in(request, form.user, form.cleaned_data["next"], token)
    if request.method == "POST":
        audit.signed(actor=None, action="sign_in", result="refused")
    return render(request, "privacy/sign_in.html", {"form": form})


def _signed_in(request: HttpRequest, user: User, path: str, token: str) -> HttpResponse:
    memberships = list(sessions.memberships_of(user))
    if not memberships:
        audit.signed(actor=None, action="sign_in", result="refused")
        return render(request, "privacy/no_membership.html", status=403)
    if len(memberships) > 1:
        pend(request, user, path, token)
        return redirect("choose_membership")
    return _for_work(request, user, memberships[0], path, token)


def pend(request: HttpRequest, user: User, path: str, token: str) -> None:
    """The password was right, and more is asked: nothing is open yet."""
    if SESSION_KEY in request.session:
        sessions.leave(request)  # somebody was signed in here
    request.session.cycle_key()
    request.session[PENDING] = user.pk
    request.session[PENDING_AT] = int(time.time())
    request.session[PENDING_NEXT] = path
    request.session[PENDING_KEPT] = token


def pending_user(request: HttpRequest) -> User | None:
    """Who gave a right password in this browser, ten minutes ago at most."""
    waited = int(time.time()) - request.session.get(PENDING_AT, 0)
    if not 0 <= waited <= PENDING_SECONDS:
        return None
    return User.objects.filter(pk=request.session.get(PENDING, 0), is_active=True).first()


def pending(request: HttpRequest) -> tuple[User, Membership] | None:
    """… and the work she came for; the second factor is what is missing."""
    user = pending_user(request)
    if user is None:
        return None
    work = sessions.memberships_of(user).filter(pk=request.session.get(PENDING_WORK, 0)).first()
    return (user, work) if work is not None else None


def _for_work(
    request: HttpRequest, user: User, membership: Membership, path: str, token: str
) -> HttpResponse:
    if not second_factor.is_asked(user, membership.role):
        sessions.begin(request, user, membership)
        return _welcome(request, user, path, token)
    audit.signed(actor=sessions.actor_for(membership), action="password")
    pend(request, user, path, token)
    request.session[PENDING_WORK] = membership.pk
    translation.activate(user.language)
    return redirect("ask_code" if second_factor.is_set_up(user) else "set_up_factor")


def let_in(request: HttpRequest, user: User, membership: Membership) -> HttpResponse:
    """Password and second factor were right."""
    path = request.session.get(PENDING_NEXT, "")
    token = request.session.get(PENDING_KEPT, "")
    request.session.flush()  # nothing of the half-open door goes on, its key least of all
    sessions.begin(request, user, membership, proved_at=int(time.time()))
    return _welcome(request, user, path, token)


@public
@require_http_methods(["GET", "POST"])
def choose_membership(request: HttpRequest) -> HttpResponse:
    user = pending_user(request)
    if user is None:
        request.session.flush()
        return redirect("sign_in")
    memberships = list(sessions.memberships_of(user))
    form = MembershipForm(memberships, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        chosen = next(
            item for item in memberships if str(item.uuid) == form.cleaned_data["membership"]
        )
        path = request.session.get(PENDING_NEXT, "")
        token = request.session.get(PENDING_KEPT, "")
        request.session.flush()
        return _for_work(request, user, chosen, path, token)
    return render(request, "privacy/choose_membership.html", {"form": form})


def _welcome(request: HttpRequest, user: User, path: str, token: str) -> HttpResponse:
    translation.activate(user.language)
    request.session.pop(KEPT, None)
    found = kept.take(user, token) if token else None
    if found is not None:
        response: HttpResponse = give_back(request, *found)
    else:
        response = redirect(safe_next(request, path))
    sessions.remember_person(response, user)
    _set_language(response, user.language)
    return response


def give_back(
    request: HttpRequest,
    path: str,
    fields: dict[str, list[str]],
    template: str = "privacy/kept_text.html",
    status: int = 200,
) -> HttpResponse:
    """Her own text, in a form that goes where it was meant to go. Nothing is sent by itself."""
    values = [(name, value) for name, given in fields.items() for value in given]
    context = {
        "action": safe_next(request, path),
        "fields": values,
        # What reads like a text is shown; ticked answers only travel along.
        "shown": kept.words_of(fields),
    }
    return render(request, template, context, status=status)


@public
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """``idle`` comes from the page itself when nobody was there: whose text it is stays known, so
    that what was typed can be kept for her (static/js/app.js)."""
    idle = "idle" in request.POST
    sessions.end(request, "idle_end" if idle else "sign_out")
    response = redirect("sign_in")
    response["Clear-Site-Data"] = '"cache", "storage"'
    if not idle:
        sessions.forget_person(response)
    return response


@public
@csrf_exempt  # leaving must work from a page of any age; ending a session harms nobody
@require_POST
def quick_exit(request: HttpRequest) -> HttpResponse:
    """Leave now: the session ends, kept text is dropped, a harmless page shows."""
    person = request.user if request.actor is not None else sessions.last_person(request)  # type: ignore[attr-defined]
    if person is not None:
        kept.drop_all(person)  # type: ignore[arg-type]
    if request.actor is not None:  # type: ignore[attr-defined]
        sessions.end(request, "quick_exit")
    else:
        sessions.leave(request)
    response = redirect("neutral_page")
    response["Clear-Site-Data"] = '"cache", "storage"'
    sessions.forget_person(response)
    return response


@public
@require_GET
def neutral_page(request: HttpRequest) -> HttpResponse:
    """Says nothing about the programme."""
    return render(request, "privacy/neutral.html")


def _set_language(response: HttpResponse, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 24 * 3600,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


@public
@require_POST
def set_language_choice(request: HttpRequest) -> HttpResponse:
    language = request.POST.get("language", "")
    path = safe_next(request, request.POST.get("next", ""))
    if request.actor is None and path == reverse(settings.LOGIN_REDIRECT_URL):  # type: ignore[attr-defined]
        path = reverse("sign_in")
    response = HttpResponseRedirect(path)
    if translation.check_for_language(language) and language in dict(settings.LANGUAGES):
        _set_language(response, language)
        if request.actor is not None:  # type: ignore[attr-defined]
            User.objects.filter(pk=request.actor.user_id).update(language=language)  # type: ignore[attr-defined]
    return response


@require_POST
def stay_signed_in(request: HttpRequest) -> HttpResponse:
    """The idle warning's "stay": reaching it moved the clock."""
    request.session[sessions.SEEN] = int(time.time())
    return HttpResponse(status=204)


@public
@require_GET
def session_ended(request: HttpRequest) -> HttpResponse:
    form = SignInForm(request)
    return render(request, "errors/session_ended.html", {"form": form}, status=200)


@public
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """An old form, or one from another sign-in: nothing is carried out, and the text comes back
    in a fresh form. A page of another site gets nothing here: cookies do not travel with it."""
    match = request.resolver_match
    if match is None or getattr(match.func, "public", False):
        return render(request, "errors/403_csrf.html", status=403)
    if request.actor is None:  # type: ignore[attr-defined]
        return ask_to_sign_in(request)
    fields = kept.typed_in(request)
    return give_back(request, request.path, fields, template="errors/403_csrf.html", status=403)


@public
def locked_out(request: HttpRequest, credentials: Any, *args: Any, **kwargs: Any) -> HttpResponse:
    audit.signed(actor=None, action="sign_in", result="locked_out")
    return render(request, "privacy/locked_out.html", status=429)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/404.html", status=404)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/400.html", status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    return render(request, "errors/500.html", status=500)
