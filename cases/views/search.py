"""Find a file of one's own by name."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases.forms.pages import only_a_look
from cases.forms.search import NameForm
from cases.selectors import search
from privacy.errors import Invalid
from privacy.forms import put_errors
from privacy.requests import SignedIn


@require_http_methods(["GET", "POST"])
def by_name(request: SignedIn) -> HttpResponse:
    search.require_search(request.actor)
    form = NameForm(request.POST if request.method == "POST" else None)
    found: search.Hits | None = None
    if form.is_bound and form.is_valid():
        try:
            found = search.by_name(
                request.actor, form.cleaned_data["q"], after=form.cleaned_data["after"]
            )
        except Invalid as error:
            put_errors(form, error)
    page = render(
        request,
        "cases/file/search.html",
        {
            "form": form,
            "found": found,
            "rows": [_row(hit) for hit in found.hits] if found else [],
            "typed": form.cleaned_data.get("q", "") if form.is_bound else "",
        },
        status=422 if form.is_bound and found is None else 200,
    )
    # A look changes nothing, so the way back in the browser may send it again.
    return only_a_look(page)


def _row(hit: search.Hit) -> dict[str, Any]:
    return {
        "url": reverse("case", args=[hit.uuid]),
        "step": hit.alias or _("Locked"),
        "reference": hit.code,
        "status": _("Closed") if hit.closed else "",
        "colour": "grey",
    }
