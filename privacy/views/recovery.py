"""Without e-mail: a code from the office, and asking for one when something is lost."""

import time

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from privacy.actions import recovery
from privacy.errors import WrongState
from privacy.forms.door import LostForm, NewPasswordForm, OfficeCodeForm
from privacy.middleware import public
from privacy.models import OneTimeCode

CODE_HELD = "code_held"
CODE_AT = "code_at"
CODE_SECONDS = 15 * 60


@public
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def use_office_code(request: HttpRequest) -> HttpResponse:
    """The code of an invitation, or for a new password; the next page asks for the password."""
    form = OfficeCodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        found = None
        if "\0" not in typed["username"] + typed["code"]:
            found = recovery.find_code(username=typed["username"], typed=typed["code"])
        if found is not None:
            request.session.flush()
            request.session[CODE_HELD] = found[1].pk
            request.session[CODE_AT] = int(time.time())
            return redirect("choose_password")
        form.add_error(None, _("The user name or the code is wrong, or the code has run out."))
    return render(request, "privacy/office_code.html", {"form": form})


def _held(request: HttpRequest) -> OneTimeCode | None:
    if not 0 <= int(time.time()) - request.session.get(CODE_AT, 0) <= CODE_SECONDS:
        return None
    rows = OneTimeCode.objects.live().select_related("user").filter(user__is_active=True)
    return rows.filter(pk=request.session.get(CODE_HELD, 0)).first()


@public
@sensitive_post_parameters("new_password", "again")
@require_http_methods(["GET", "POST"])
def choose_password(request: HttpRequest) -> HttpResponse:
    held = _held(request)
    if held is None:
        request.session.flush()
        return redirect("use_office_code")
    form = NewPasswordForm(held.user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        request.session.flush()
        try:
            recovery.choose_password(
                user=held.user, code=held, password=form.cleaned_data["new_password"]
            )
        except WrongState:
            return redirect("use_office_code")
        return render(request, "privacy/password_chosen.html", {"username": held.user.username})
    context = {"form": form, "username": held.user.username}
    return render(request, "privacy/choose_password.html", context)


@public
@require_http_methods(["GET", "POST"])
def ask_recovery(request: HttpRequest) -> HttpResponse:
    """The answer is the same for every user name, known or not."""
    form = LostForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if "\0" not in form.cleaned_data["username"]:
            recovery.ask_recovery(**form.cleaned_data)
        return render(request, "privacy/recovery_asked.html")
    return render(request, "privacy/ask_recovery.html", {"form": form})
