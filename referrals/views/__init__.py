"""How a recipient asks. A view reads through selectors and calls one action.

Whatever an action refuses rises to privacy.middleware.Refusals, which makes the page and gives
the typed text back; only what was typed wrongly (Invalid) is shown in the form itself.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render

from privacy.actors import Actor
from privacy.errors import Invalid
from referrals.forms.referral import ActionForm


class Request(HttpRequest):
    """A request behind the door: privacy.middleware.SessionActor has found who acts."""

    actor: Actor
    # Where the page of a refusal leads back to.
    again_url: str


def typed(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: what was posted, were it empty; nothing when the page is read."""
    return request.POST if request.method == "POST" else None


def act_or_ask(
    request: Request,
    form: ActionForm,
    act: Callable[[dict[str, Any]], object],
    *,
    to: str,
    said: str,
    page: dict[str, Any],
    template: str = "referrals/form.html",
) -> HttpResponse:
    """Ask with a form; once it is filled in well, act and go ``to`` with a word of thanks.

    A form without fields is a question with one button: it is valid as soon as it is posted.
    """
    if request.method == "POST" and form.is_valid():
        try:
            act(form.arguments())
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, said)
            return redirect(to)
    status = 422 if form.errors else 200
    return render(
        request, template, {"form": form, "back": request.again_url, **page}, status=status
    )
