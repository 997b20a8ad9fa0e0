from django.http import HttpRequest, HttpResponse


def record(request: HttpRequest, **kw: object) -> HttpResponse:
    return HttpResponse()
