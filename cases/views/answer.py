"""How a page with a form answers: carried out, or shown again with what is wrong at its field."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render

from privacy.errors import Invalid
from privacy.forms import put_errors
from privacy.requests import SignedIn

Carry = Callable[[dict[str, Any]], object]


def carried_out(form: forms.Form, act: Carry) -> bool:
    """The form is right and the action took it; what the action refused stands at its field."""
    if not form.is_valid():
        return False
    try:
        act(form.cleaned_data)
    except Invalid as error:
        put_errors(form, error)
        return False
    return True


def wrong(*shown: forms.Form) -> int:
    """The status of a page: 422 when what was typed has to be looked at again."""
    return 422 if any(form.is_bound and form.errors for form in shown) else 200


def page_of(
    request: SignedIn, template: str, form: forms.Form | None = None, **context: Any
) -> HttpResponse:
    """The page, its form under ``form``, with the status that the form asks for."""
    status = 200 if form is None else wrong(form)
    return render(request, template, {"form": form, **context}, status=status)
