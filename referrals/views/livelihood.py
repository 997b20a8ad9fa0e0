from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse


def new(request: HttpRequest, uuid: UUID) -> HttpResponse:
    raise Http404


def show(request: HttpRequest, uuid: UUID) -> HttpResponse:
    raise Http404


def start(request: HttpRequest, uuid: UUID) -> HttpResponse:
    raise Http404


def milestone(request: HttpRequest, uuid: UUID) -> HttpResponse:
    raise Http404


def visit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    raise Http404


def conclude(request: HttpRequest, uuid: UUID) -> HttpResponse:
    raise Http404


def end(request: HttpRequest, uuid: UUID) -> HttpResponse:
    raise Http404
