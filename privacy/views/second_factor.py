"""The second question at the door: a code; the first time, setting it up, which nobody can skip."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from privacy import audit, second_factor, sessions, throttle
from privacy.actions import recovery
from privacy.forms import CodeForm
from privacy.middleware import public
from privacy.models import Membership
from privacy.views.door import PENDING_PROVED, let_in, pending

PAGE = "privacy/code.html"


def _back_to_the_door(request: HttpRequest) -> HttpResponse:
    request.session.flush()
    return redirect("sign_in")


def _record(work: Membership, result: str) -> None:
    audit.signed(actor=sessions.actor_for(work), action="second_factor", result=result)


@public
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def ask_code(request: HttpRequest) -> HttpResponse:
    found = pending(request)
    if found is None:
        return _back_to_the_door(request)
    user, work = found
    if not second_factor.is_set_up(user):
        return redirect("set_up_factor")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if throttle.is_closed(throttle.CODE, user.pk):
            _record(work, "locked_out")
            return throttle.too_often(request, throttle.CODE)
        if form.is_valid():
            typed = form.cleaned_data["code"]
            checked = second_factor.check(user, typed)
            if checked.right:
                throttle.clear(throttle.CODE, user.pk)
                _record(work, "allowed" if checked.left is None else "recovery_code")
                return let_in(request, user, work)
            if recovery.replace_factor(user=user, code=typed):
                throttle.clear(throttle.CODE, user.pk)
                return redirect("set_up_factor")
            _record(work, "refused")
            if throttle.count(throttle.CODE, user.pk):
                return throttle.too_often(request, throttle.CODE)
            form.add_error(
                "code", _("The code is wrong, or it was used already. Wait for the next.")
            )
    shown = second_factor.shown_in_the_demo(user)
    return render(request, PAGE, {"form": form, "shown": shown})


@public
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def set_up_factor(request: HttpRequest) -> HttpResponse:
    found = pending(request)
    if found is None:
        return _back_to_the_door(request)
    user, work = found
    if second_factor.is_set_up(user):
        # Set up a moment ago, in this browser, and the codes not yet acknowledged; or elsewhere.
        done = request.session.get(PENDING_PROVED) == user.pk
        return let_in(request, user, work) if done else redirect("ask_code")
    factor = second_factor.begin(user)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if throttle.is_closed(throttle.CODE, user.pk):
            _record(work, "locked_out")
            return throttle.too_often(request, throttle.CODE)
        if form.is_valid():
            recovery_codes = second_factor.confirm(user, form.cleaned_data["code"])
            if recovery_codes is not None:
                throttle.clear(throttle.CODE, user.pk)
                request.session[PENDING_PROVED] = user.pk
                _record(work, "set_up")
                return render(
                    request, "privacy/recovery_codes.html", {"codes": recovery_codes, "first": True}
                )
            _record(work, "refused")
            if throttle.count(throttle.CODE, user.pk):
                return throttle.too_often(request, throttle.CODE)
            form.add_error(
                "code", _("The code does not fit. Check that the clock of your phone is right.")
            )
    secret = second_factor.secret_text(factor)
    return render(
        request,
        "privacy/set_up_factor.html",
        {"form": form, "secret": [secret[n : n + 4] for n in range(0, len(secret), 4)]},
    )


@public
@require_GET
def factor_picture(request: HttpRequest) -> HttpResponse:
    """The secret as a picture, for whoever gave the password and has set up nothing yet."""
    found = pending(request)
    if found is None or second_factor.is_set_up(found[0]):
        return HttpResponse(status=404)
    picture = second_factor.picture(second_factor.begin(found[0]))
    return HttpResponse(picture, content_type="image/svg+xml")


@public
@require_POST
def factor_ready(request: HttpRequest) -> HttpResponse:
    """She has put her recovery codes away."""
    found = pending(request)
    if found is None or request.session.get(PENDING_PROVED) != found[0].pk:
        return _back_to_the_door(request)
    return let_in(request, *found)
