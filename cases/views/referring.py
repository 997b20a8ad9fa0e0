from django.http import HttpRequest, HttpResponse


def choose(request: HttpRequest, **kw: object) -> HttpResponse:
    return HttpResponse()


def consent(request: HttpRequest, **kw: object) -> HttpResponse:
    return HttpResponse()


def slip(request: HttpRequest, **kw: object) -> HttpResponse:
    return HttpResponse()


def show(request: HttpRequest, **kw: object) -> HttpResponse:
    return HttpResponse()


def check(request: HttpRequest, **kw: object) -> HttpResponse:
    return HttpResponse()


def sent(request: HttpRequest, **kw: object) -> HttpResponse:
    return HttpResponse()


def discard(request: HttpRequest, **kw: object) -> HttpResponse:
    return HttpResponse()


def cancel(request: HttpRequest, **kw: object) -> HttpResponse:
    return HttpResponse()


def contacted(request: HttpRequest, **kw: object) -> HttpResponse:
    return HttpResponse()


def settle(request: HttpRequest, **kw: object) -> HttpResponse:
    return HttpResponse()


def send_back(request: HttpRequest, **kw: object) -> HttpResponse:
    return HttpResponse()


def confirm(request: HttpRequest, **kw: object) -> HttpResponse:
    return HttpResponse()
