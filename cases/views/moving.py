from django.http import HttpRequest, HttpResponse


def assign(request: HttpRequest, **kw: object) -> HttpResponse:
    return HttpResponse()


def request(request: HttpRequest, **kw: object) -> HttpResponse:
    return HttpResponse()


def transfer(request: HttpRequest, **kw: object) -> HttpResponse:
    return HttpResponse()
