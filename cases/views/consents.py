from django.http import HttpRequest, HttpResponse


def listing(request: HttpRequest, **kw: object) -> HttpResponse:
    return HttpResponse()


def withdraw(request: HttpRequest, **kw: object) -> HttpResponse:
    return HttpResponse()
