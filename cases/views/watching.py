"""The data-protection officer's pages: what is unusual, and any file by its code, no content."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cases import actions, policies
from cases.forms.watching import ReviewForm
from cases.selectors import opened
from cases.views.opened import before_of, next_url
from privacy import audit
from privacy.audit import reading
from privacy.errors import Invalid, NotFound
from privacy.forms import put_errors
from privacy.models import Signal, User
from privacy.requests import SignedIn
from privacy.roles import Role
from services import selectors as services
from services.models import RuleSet
from workflow.forms import REFERENCE


def _limits() -> reading.Thresholds:
    return reading.Thresholds.parse(services.rule_set(RuleSet.Kind.AUDIT_WATCH).payload)


@require_GET
def overview(request: SignedIn) -> HttpResponse:
    actor = request.actor
    policies.require_dpo(actor)
    typed = request.GET.get("code", "").strip().upper()
    if typed:
        case = opened.find_by_code(actor, typed) if REFERENCE.fullmatch(typed) else None
        if case is not None:
            return redirect("case_opened", case.uuid)
        audit.refused(actor=actor, action="read_log", subject=None, reason="absent")
    limits = _limits()
    found = reading.signals(limits)
    people = reading.people({one.person for one in found})
    offices = reading.offices({one.organisation_id for one in found})
    return render(
        request,
        "cases/opened/watch.html",
        {
            "rows": [
                {
                    "url": reverse("watch_signal", args=[one.person, one.signal]),
                    "title": people[one.person].display_name,
                    "hint": ", ".join(
                        part
                        for part in (_role(one.role), offices.get(one.organisation_id or 0, ""))
                        if part
                    ),
                    "status": _said(one),
                    "colour": "orange",
                }
                for one in found
                if one.person in people
            ],
            "typed": typed,
            "days": limits.window.days,
            "limits": limits,
        },
    )


def _role(role: str) -> str:
    return str(Role(role).label) if role in Role.values else ""


def _said(one: reading.Found) -> str:
    if one.signal == Signal.REFUSALS:
        return _("%(count)d refusals") % {"count": one.count}
    return _("%(count)d openings, usually %(own).0f; others %(others).0f") % {
        "count": one.count,
        "own": one.own,
        "others": one.role_usual,
    }


@require_http_methods(["GET", "POST"])
def look(request: SignedIn, uuid: UUID, code: str) -> HttpResponse:
    """What she did, newest first, and the answer of whoever looked into it."""
    actor, signal = request.actor, code
    policies.require_dpo(actor)
    request.again_url = reverse("watch")
    person = User.objects.filter(uuid=uuid).first()
    if person is None or signal not in Signal.values:
        audit.refused(actor=actor, action="watch", subject=None, reason="absent")
        raise NotFound
    audit.looked(actor=actor, action="read_work", subject=person, purpose=signal)
    found = [
        one for one in reading.signals(_limits()) if one.person == uuid and one.signal == signal
    ]
    form = ReviewForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            actions.review_signal(actor=actor, person=person, signal=signal, **form.cleaned_data)
        except Invalid as error:
            put_errors(form, error)
        else:
            messages.success(request, _("It is recorded. What comes from now on counts anew."))
            return redirect("watch")
    before = before_of(request)
    shown = opened.of_person(uuid, before=before)
    context: dict[str, Any] = {
        "person": person,
        "signal": Signal(signal).label,
        "said": [_said(one) for one in found],
        "form": form if found or form.is_bound else None,
        "is_refusals": signal == Signal.REFUSALS,
        "own": person.pk == actor.user_id,
        "shown": shown,
        "next_url": next_url(shown.next),
        "first_url": request.path if before else "",
    }
    return render(request, "cases/opened/signal.html", context, status=422 if form.errors else 200)
