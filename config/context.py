"""What every page shows around its content: who I am, where I can go, that the data is invented."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from privacy import keys, sessions
from privacy.roles import RECEIVING_ROLES, Role


def page(request: HttpRequest) -> dict[str, Any]:
    actor = getattr(request, "actor", None)
    context: dict[str, Any] = {"demo": settings.DEMO, "actor": actor}
    if actor is None:
        return context
    membership = request.membership  # type: ignore[attr-defined]
    context["me"] = {
        "name": actor.name,
        "role": membership.get_role_display(),
        "organisation": membership.organisation.name,
    }
    context["has_other_work"] = request.session.get(sessions.JOBS, 1) > 1
    context["idle_seconds"] = settings.SESSION_IDLE_SECONDS
    context["seconds_left"] = sessions.seconds_left(request)
    context["show_exit"] = True
    context["keys_unavailable"] = keys.ring().unavailable is not None
    context["nav_items"] = [
        {"label": label, "url": reverse(name), "current": request.path == reverse(name)}
        for name, label, roles in _places()
        if not roles or actor.role in roles
    ]
    return context


def _places() -> list[tuple[str, str, frozenset[str]]]:
    """URL name, label, roles (empty = everyone)."""
    return [
        ("worklist", _("My work"), frozenset(set(Role) - {Role.ADMINISTRATOR})),
        ("team_worklist", _("My team"), frozenset({Role.SUPERVISOR})),
        ("deputies", _("Deputies"), frozenset({Role.SUPERVISOR})),
        (
            "case_list",
            _("Cases"),
            frozenset({Role.SOCIAL_WORKER, Role.SUPERVISOR, Role.CHILD_OFFICER}),
        ),
        ("erasures", _("Erasures and legal holds"), frozenset({Role.DPO})),
        ("referral_list", _("Referrals"), frozenset(RECEIVING_ROLES)),
        ("watch", _("Who opened what"), frozenset({Role.DPO})),
        (
            "exports",
            _("Exports"),
            frozenset({Role.SUPERVISOR, Role.PROGRAMME_OFFICER, Role.DPO}),
        ),
        ("registers", _("Registers"), frozenset({Role.DPO})),
        ("lead_new", _("New contact"), frozenset({Role.PEER_WORKER, Role.SOCIAL_WORKER})),
        ("accounts", _("Accounts"), frozenset({Role.ADMINISTRATOR, Role.DPO, Role.SUPERVISOR})),
        ("organisations", _("Offices"), frozenset({Role.ADMINISTRATOR})),
        ("report", _("Report"), frozenset()),
    ]
