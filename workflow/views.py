"""What waits for me, most pressing first; and, for supervisors, what waits in the team."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from privacy import audit
from privacy.actors import Actor
from privacy.errors import NotFound
from privacy.matrix import Verb, may
from privacy.requests import SignedIn
from privacy.roles import Role
from services import selectors as services
from services.models import ServiceType
from workflow import engine, labels
from workflow.forms import FilterForm
from workflow.models import WorkItem
from workflow.selectors import (
    Cursor,
    Filters,
    Group,
    Page,
    group_of,
    my_page,
    page,
    waiting_in_team,
)


@require_GET
def worklist(request: SignedIn) -> HttpResponse:
    """Everyone's first page; of an administrator, whose work are accounts, it is their list."""
    if request.actor.is_a(Role.ADMINISTRATOR):
        return redirect("accounts")
    return _render(
        request,
        partial(my_page, request.actor),
        "workflow/worklist.html",
        steps=_steps_for(request.actor),
    )


@require_GET
def team(request: SignedIn) -> HttpResponse:
    """Who of my team holds what. The case work goes on by its worker; this is to see and help."""
    if not may(request.actor.role, Verb.SEE_TEAM):
        audit.refused(actor=request.actor, action="team_list", subject=None, reason="role")
        raise NotFound
    items = waiting_in_team(request.actor).select_related("user")
    return _render(
        request, partial(page, items), "workflow/team.html", steps=_steps_for(None), team=True
    )


def _steps_for(actor: Actor | None) -> dict[str, str]:
    """Step name → title, of every step that may stand in this list. A name that several flows
    use filters all of them, and is listed once."""
    found: dict[str, str] = {}
    for flow_class in engine.flows():
        for node in flow_class.steps():
            roles = node.roles | node.also
            if actor.role in roles if actor else {Role.SOCIAL_WORKER, Role.SUPERVISOR} & roles:
                found.setdefault(node.name, str(node.title))
    return found


def _render(
    request: SignedIn,
    find: Callable[..., Page],
    template: str,
    *,
    steps: dict[str, str],
    team: bool = False,
) -> HttpResponse:
    choices: dict[str, Any] = {"steps": steps, "families": dict(ServiceType.Family.choices)}
    asked = services.area_names([request.GET.get("area", "")[:5]])
    filters = FilterForm(request.GET, **choices, areas=asked).filters()
    after = Cursor.parse(request.GET.get("after", ""))
    found = find(after=after, filters=filters)
    areas = {**asked, **services.area_names(found.areas)}
    form = FilterForm(request.GET, **choices, areas=areas if len(areas) > 1 or asked else {})
    chosen = {name: value for name, value in form.chosen().items() if value}
    return render(
        request,
        template,
        {
            "page": found,
            "groups": _groups(request.actor, found, team=team),
            "filter_form": form,
            "has_filters": filters != Filters(),
            "is_later_page": after is not None,
            "first_url": f"?{urlencode(chosen)}" if chosen else request.path,
            "next_url": f"?{urlencode({**chosen, 'after': str(found.next)})}" if found.next else "",
        },
    )


def _groups(actor: Actor, found: Page, *, team: bool) -> list[dict[str, Any]]:
    """The rows of the page under their headings; a heading without rows is left out."""
    now = timezone.now()
    names = labels.name_all(actor, found.items)
    titles = engine.titles((item.flow, item.step) for item in found.items)
    rows: dict[Group, list[dict[str, Any]]] = {group: [] for group in Group}
    for item in found.items:
        label = names.get(item.pk) or labels.Label(_address(item), item.reference)
        rows[group_of(item, now)].append(
            {
                "url": label.url,
                "step": titles[item.flow, item.step],
                "reference": label.reference,
                "label": label.name,
                "urgent": item.urgent,
                "due": item.due_at,
                "who": _holder(item) if team else "",
                "status": _("Over the limit") if item.escalated_at else "",
                "colour": "orange",
            }
        )
    headings = {
        Group.CRITICAL: _("Critically overdue"),
        Group.OVERDUE: _("Overdue"),
        Group.SOON: _("Due soon"),
        Group.LATER: _("Not due yet"),
    }
    return [
        {"code": group.value, "heading": headings[group], "rows": listed}
        for group, listed in rows.items()
        if listed
    ]


def _address(item: WorkItem) -> str:
    node = engine.step_node(item.flow, item.step)
    try:
        return reverse(node.link, args=[item.subject_uuid]) if node else reverse("worklist")
    except NoReverseMatch:
        return reverse("worklist")


def _holder(item: WorkItem) -> str:
    if item.user is not None:
        return str(item.user.display_name)
    return _("Whole team: %(role)s") % {"role": Role(item.role).label}
