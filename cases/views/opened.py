"""Who opened a file: for those who work on it, and as a page for the person whom it is about."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from cases.selectors import opened
from privacy.requests import SignedIn
from privacy.roles import Role


def before_of(request: SignedIn) -> int | None:
    """Where the page goes on; whatever else stands there is the newest page."""
    typed = request.GET.get("before", "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 19 else None


def next_url(before: int | None) -> str:
    return f"?{urlencode({'before': before})}" if before else ""


@require_GET
def listing(request: SignedIn, uuid: UUID) -> HttpResponse:
    case = opened.find(request.actor, uuid, page="opened")
    before = before_of(request)
    shown = opened.looks(case, before=before)
    officer = request.actor.is_a(Role.DPO)
    return render(
        request,
        "cases/opened/file.html",
        {
            "case": case,
            "shown": shown,
            "next_url": next_url(shown.next),
            "first_url": request.path if before else "",
            "back_url": reverse("watch") if officer else reverse("case", args=[case.uuid]),
        },
    )


@require_GET
def for_client(request: SignedIn, uuid: UUID) -> HttpResponse:
    """To be read together, or printed: days, offices, reasons."""
    case = opened.find(request.actor, uuid, page="opened_client")
    before = before_of(request)
    plain = opened.in_plain_words(case, before=before)
    return render(
        request,
        "cases/opened/client.html",
        {
            "case": case,
            "told": plain.told,
            "next_url": next_url(plain.next),
            "first_url": request.path if before else "",
        },
    )
