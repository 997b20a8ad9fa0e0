"""Pages that belong to no room: help, licence, health of the service."""

from django.db import connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET

from privacy import keys
from privacy.middleware import public


@public
@require_GET
def licence(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/licence.html")


@public
@require_GET
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/help.html")


@public
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    return redirect("worklist")


@public
@require_GET
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


@public
@require_GET
def ready(request: HttpRequest) -> HttpResponse:
    """Databases and keyring answer. Says which part does not, and nothing else."""
    parts = {}
    for alias in connections:
        try:
            connections[alias].ensure_connection()
            parts[alias] = True
        except Exception:
            parts[alias] = False
    try:
        keys.provider().index_root()
        keys.refuse_foreign(keys.provider())
        parts["keyring"] = True
    except keys.KeyringUnavailable:
        parts["keyring"] = False
    return JsonResponse(parts, status=200 if all(parts.values()) else 503)


urlpatterns = [
    path("home/", home, name="home"),
    path("help/", help_page, name="help"),
    path("licence/", licence, name="licence"),
    path("livez", alive),
    path("readyz", ready),
]
