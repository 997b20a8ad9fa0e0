"""Following up by the safe channel."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases import actions, policies
from cases.forms.follow_up import FollowUpForm
from cases.models import FollowUp
from cases.selectors import follow_up as selectors
from cases.states import FollowUpState
from privacy import access
from privacy.actors import Actor
from privacy.compartments import Compartment as C
from privacy.errors import Invalid, WrongState
from privacy.forms import put_errors
from services import selectors as services

RECORDED = (FollowUpState.DONE, FollowUpState.NOT_REACHED)


@require_http_methods(["GET", "POST"])
def record(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The next date of a timeline. ``?saved=<uuid>`` shows what comes after the one just made."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    plan = selectors.plan_of(actor, uuid)
    case = plan.case
    request.again_url = reverse("follow_up", args=[uuid])  # type: ignore[attr-defined]
    policies.require_worker(actor, case)
    access.open_keys(
        actor,
        [case],
        [C.IDENTITY, C.CONTACT, C.NEEDS, C.PROTECTION, C.NOTES],
        purpose="follow_up",
    )
    dates = selectors.dates_of(plan)
    template = selectors.template_of(plan)
    due = selectors.next_of(dates)
    form = FollowUpForm(
        template.questions,
        template.decisions,
        request.POST if request.method == "POST" else None,
        initial={"follow_up": due.uuid if due else None},
    )
    if form.is_bound and form.is_valid():
        meant = _meant(dates, str(form.cleaned_data["follow_up"]))
        try:
            actions.record_follow_up(
                actor=actor,
                follow_up=meant,
                reached=form.is_reached(),
                answers=form.answers(),
                decision=form.cleaned_data["decision"],
                note_text=form.cleaned_data["note_text"],
            )
        except Invalid as error:
            put_errors(form, error)
        else:
            address = reverse("follow_up", args=[uuid])
            return redirect(f"{address}?saved={meant.uuid}")
    saved = next(
        (
            item
            for item in dates
            if str(item.uuid) == request.GET.get("saved", "") and item.state in RECORDED
        ),
        None,
    )
    return render(
        request,
        "cases/follow_up/saved.html"
        if saved and not form.is_bound
        else "cases/follow_up/record.html",
        {
            "case": case,
            "plan": plan,
            "form": form,
            "due": due,
            "due_title": template.titles.get(due.code) if due else "",
            "contact": selectors.contact_of(case),
            "days": selectors.days(dates, template, services.today()),
            "saved": saved,
            "alarms": selectors.alarms(saved) if saved else [],
        },
        status=422 if form.is_bound and form.errors else 200,
    )


def _meant(dates: list[FollowUp], uuid: str) -> FollowUp:
    """The date that the form was about: a second press does not record the next one."""
    for item in dates:
        if str(item.uuid) == uuid:
            return item
    raise WrongState(_("This date is not part of this timeline."))
