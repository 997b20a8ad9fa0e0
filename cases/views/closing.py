from django.http import HttpRequest, HttpResponse


def review(request: HttpRequest, **kw: object) -> HttpResponse:
    return HttpResponse()


def request(request: HttpRequest, **kw: object) -> HttpResponse:
    return HttpResponse()


def approval(request: HttpRequest, **kw: object) -> HttpResponse:
    return HttpResponse()


def reopen(request: HttpRequest, **kw: object) -> HttpResponse:
    return HttpResponse()
