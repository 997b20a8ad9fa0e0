from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse


def listing(request: HttpRequest) -> HttpResponse:
    raise Http404


def show(request: HttpRequest, uuid: UUID) -> HttpResponse:
    raise Http404


def receive(request: HttpRequest, uuid: UUID) -> HttpResponse:
    raise Http404


def accept(request: HttpRequest, uuid: UUID) -> HttpResponse:
    raise Http404


def decline(request: HttpRequest, uuid: UUID) -> HttpResponse:
    raise Http404


def redirect(request: HttpRequest, uuid: UUID) -> HttpResponse:
    raise Http404


def schedule(request: HttpRequest, uuid: UUID) -> HttpResponse:
    raise Http404


def began(request: HttpRequest, uuid: UUID) -> HttpResponse:
    raise Http404


def no_show(request: HttpRequest, uuid: UUID) -> HttpResponse:
    raise Http404


def hold(request: HttpRequest, uuid: UUID) -> HttpResponse:
    raise Http404


def entry(request: HttpRequest, uuid: UUID) -> HttpResponse:
    raise Http404


def complete(request: HttpRequest, uuid: UUID) -> HttpResponse:
    raise Http404


def unfinished(request: HttpRequest, uuid: UUID) -> HttpResponse:
    raise Http404


def relay(request: HttpRequest, uuid: UUID) -> HttpResponse:
    raise Http404
