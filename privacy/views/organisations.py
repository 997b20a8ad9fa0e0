"""Offices and their teams, kept by administrators."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from privacy import policies
from privacy.actions import organisations as actions
from privacy.errors import Invalid, NotFound
from privacy.forms import put_errors
from privacy.forms.accounts import NewOrganisationForm, OrganisationForm, TeamForm, of_organisation
from privacy.models import Organisation, Team
from privacy.requests import SignedIn

PAGE = 25


def _organisation(request: SignedIn, uuid: UUID) -> Organisation:
    policies.require_keeper(request.actor)
    found = Organisation.objects.filter(uuid=uuid).first()
    if found is None:
        raise NotFound
    return found


@require_GET
def organisations(request: SignedIn) -> HttpResponse:
    policies.require_keeper(request.actor)
    text = request.GET.get("q", "")[:60].replace("\0", "").strip()
    after = request.GET.get("after", "")[:40].replace("\0", "")
    found = Organisation.objects.order_by("code")
    if text:
        found = found.filter(name__icontains=text)
    if after:
        found = found.filter(code__gt=after)
    page = list(found[: PAGE + 1])
    rows = [
        {
            "url": reverse("organisation", args=[item.uuid]),
            "step": item.name,
            "reference": item.code,
            "label": item.get_kind_display(),
            "status": "" if item.is_active else _("Not in use"),
            "colour": "red",
        }
        for item in page[:PAGE]
    ]
    context: dict[str, Any] = {"rows": rows, "q": text}
    if len(page) > PAGE:
        context["next_url"] = f"?after={page[PAGE - 1].code}" + (f"&q={text}" if text else "")
    return render(request, "privacy/accounts/organisations.html", context)


@require_http_methods(["GET", "POST"])
def add(request: SignedIn) -> HttpResponse:
    policies.require_keeper(request.actor)
    form = NewOrganisationForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.add_organisation(actor=request.actor, **form.cleaned_data)
        except Invalid as error:
            put_errors(form, error)
        else:
            messages.success(request, _("Added, with a team of the same name."))
            return redirect("organisation", made.uuid)
    status = 422 if form.errors else 200
    context = {"form": form, "title": _("Add an office"), "back": reverse("organisations")}
    return render(request, "privacy/accounts/form.html", context, status=status)


@require_GET
def organisation(request: SignedIn, uuid: UUID) -> HttpResponse:
    office = _organisation(request, uuid)
    context = {"office": office, "teams": office.teams.order_by("name", "pk")}
    return render(request, "privacy/accounts/organisation.html", context)


@require_http_methods(["GET", "POST"])
def change(request: SignedIn, uuid: UUID) -> HttpResponse:
    office = _organisation(request, uuid)
    data = request.POST if request.method == "POST" else None
    form = OrganisationForm(data, initial=of_organisation(office))
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_organisation(
                actor=request.actor, organisation=office, **form.cleaned_data
            )
        except Invalid as error:
            put_errors(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("organisation", office.uuid)
    status = 422 if form.errors else 200
    back = reverse("organisation", args=[office.uuid])
    context = {"form": form, "title": office.name, "back": back}
    return render(request, "privacy/accounts/form.html", context, status=status)


@require_http_methods(["GET", "POST"])
def team_new(request: SignedIn, uuid: UUID) -> HttpResponse:
    office = _organisation(request, uuid)
    form = TeamForm(request.POST if request.method == "POST" else None)
    del form.fields["is_active"]
    if request.method == "POST" and form.is_valid():
        actions.add_team(actor=request.actor, organisation=office, **form.cleaned_data)
        messages.success(request, _("Added."))
        return redirect("organisation", office.uuid)
    status = 422 if form.errors else 200
    back = reverse("organisation", args=[office.uuid])
    context = {"form": form, "title": _("Add a team"), "back": back}
    return render(request, "privacy/accounts/form.html", context, status=status)


@require_http_methods(["GET", "POST"])
def team_change(request: SignedIn, uuid: UUID) -> HttpResponse:
    policies.require_keeper(request.actor)
    team = Team.objects.select_related("organisation").filter(uuid=uuid).first()
    if team is None:
        raise NotFound
    data = request.POST if request.method == "POST" else None
    form = TeamForm(data, initial={"name": team.name, "is_active": team.is_active})
    if request.method == "POST" and form.is_valid():
        actions.change_team(actor=request.actor, team=team, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("organisation", team.organisation.uuid)
    status = 422 if form.errors else 200
    back = reverse("organisation", args=[team.organisation.uuid])
    context = {"form": form, "title": team.name, "back": back}
    return render(request, "privacy/accounts/form.html", context, status=status)
