"""A file: what is next, everything that stands in it, what happened, and how to reach her."""

from typing import Any, NamedTuple
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from cases import actions, policies
from cases.forms.intake import IdentityForm, SafeContactForm
from cases.forms.outreach import contact_of, contact_typed
from cases.models import Case, Level, Track
from cases.selectors import emergency as emergencies
from cases.selectors import file as files
from cases.selectors.file import EVENTS, REASONS, Overview
from cases.states import ACTIVE, MAY_REFER, CarePlanState, CaseState, ClosureState
from privacy import denials, keys
from privacy.actors import Actor
from privacy.compartments import Compartment as C
from privacy.errors import Invalid, NotFound
from privacy.fields import LOCKED
from privacy.forms import put_errors
from privacy.matrix import Verb, may
from privacy.requests import SignedIn, again_at
from privacy.roles import Role
from referrals.states import State
from services.models import ServiceType
from services.selectors import area
from workflow import engine, picture
from workflow.forms import REFERENCE
from workflow.models import WorkItem
from workflow.selectors import changes, steps_of

# Step of the case's flow → the page where it is done. "" = a button on the case page itself.
PAGES = {
    "engagement": "case_consent",
    "screening": "screening",
    "safety_plan": "safety_plan",
    "urgent_seen": "",
    "assessment": "assessment",
    "plan": "plan",
    "approve_plan": "plan_approval",
    "review": "review",
    "approve_closure": "closure_approval",
    "child_plan": "child_plan",
    "child_support": "child_plan",
}

LEVEL_COLOURS = {Level.URGENT: "red", Level.SOON: "orange", Level.ROUTINE: "blue"}


# -- the list


@require_GET
def listing(request: SignedIn) -> HttpResponse:
    actor = request.actor
    if not may(actor.role, Verb.LIST_CASES):
        raise NotFound
    closed = request.GET.get("show") == "closed"
    typed = request.GET.get("code", "").strip().upper()
    code = typed if REFERENCE.fullmatch(typed) else ""
    after = request.GET.get("after", "")
    page = files.cases_of(
        actor,
        closed=closed,
        code=code,
        after=int(after) if after.isdecimal() and len(after) < 19 else None,
    )
    chosen = {
        name: value
        for name, value in (("show", "closed" if closed else ""), ("code", code))
        if value
    }
    return render(
        request,
        "cases/file/list.html",
        {
            "rows": [_row(actor, case) for case in page.cases],
            "codes": files.handed_over_by(actor) if not (closed or code or after) else [],
            "closed": closed,
            "code": typed if code else "",
            "first_url": f"?{urlencode(chosen)}" if after else "",
            "next_url": f"?{urlencode({**chosen, 'after': str(page.next)})}" if page.next else "",
        },
    )


def _row(actor: Actor, case: Case) -> dict[str, Any]:
    return {
        "url": reverse("case", args=[case.uuid]),
        "step": str(case.alias or _("Locked")),
        "reference": case.code,
        "urgent": case.is_open and case.work_facts().urgent,
        "status": CaseState(case.state).label,
        "colour": "grey" if case.state == CaseState.CLOSED else "teal",
        "who": case.worker.display_name if actor.role == Role.SUPERVISOR else "",
    }


# -- one file


class Turn(NamedTuple):
    """A step that waits: whose, until when, and where it is done if it is mine."""

    title: str
    due: Any
    holder: str
    url: str
    posts: bool


@require_GET
def show(request: SignedIn, uuid: UUID) -> HttpResponse:
    actor = request.actor
    case = files.find(actor, uuid, C.IDENTITY, C.NEEDS, C.CONTACT, C.CHILD, page="case_page")
    seen = files.overview(case)
    mine, others = _turns(actor, case, seen)
    is_child = case.track == Track.CHILD
    unit = area(case.area_code)
    return render(
        request,
        "cases/file/child.html" if is_child else "cases/file/case.html",
        {
            "case": case,
            "state": CaseState(case.state).label,
            "level": Level(case.level).label if case.level else "",
            "level_colour": LEVEL_COLOURS.get(Level(case.level), "grey") if case.level else "grey",
            "area": str(unit) if unit else "",
            "contact": case.contact if isinstance(case.contact, dict) else None,
            "mine": mine,
            "others": others,
            "seen": seen,
            "emergencies": [] if is_child else emergencies.of_case(case),
            "shut": _shut(actor, case),
            "is_worker": policies.is_worker(actor, case),
            "is_supervisor": policies.is_supervisor(actor, case),
            "is_own_case": actor.user_id == case.worker_id,
            "tasks": [] if is_child else _tasks(actor, case, seen),
            "goals": [] if is_child else _goals(actor, case, seen),
            "links": [] if is_child else _links(seen),
            "more": [] if is_child else _more(actor, case),
            "may_end_child": is_child
            and case.state == CaseState.PROTECTED
            and seen.child_plan is not None,
        },
    )


def _shut(actor: Actor, case: Case) -> str:
    """Beside a name that stays locked: which right is missing, and who can give it."""
    if case.alias is not LOCKED:
        return ""
    return denials.locked_words(actor, case, C.IDENTITY)


def _turns(actor: Actor, case: Case, seen: Overview) -> tuple[list[Turn], list[Turn]]:
    mine: list[Turn] = []
    others: list[Turn] = []
    titles = engine.titles((item.flow, item.step) for item in seen.items)
    for item in seen.items:
        node = engine.step_node(item.flow, item.step)
        is_mine = node is not None and node.may_act(actor, item)
        if item.role == Role.SUPERVISOR and item.flow == "case":
            # A deputy's too; and never about her own case.
            is_mine = (is_mine or policies.may_decide(actor, case)) and (
                actor.user_id != case.worker_id
            )
        turn = Turn(
            title=str(titles[item.flow, item.step]),
            due=item.due_at,
            holder=_holder(item),
            url=_where(case, item) if is_mine else "",
            posts=is_mine and item.step == "urgent_seen",
        )
        (mine if is_mine else others).append(turn)
    return mine, others


def _where(case: Case, item: WorkItem) -> str:
    if item.flow == "case":
        name = PAGES.get(item.step, "case")
        return reverse(name or "urgent_seen", args=[case.uuid])
    name = "follow_up" if item.flow == "follow_up" else "case_referral"
    return reverse(name, args=[item.subject_uuid])


def _holder(item: WorkItem) -> str:
    if item.user is not None:
        return str(item.user.display_name)
    place = f", {item.organisation.name}" if item.organisation else ""
    return f"{Role(item.role).label}{place}"


def _tasks(actor: Actor, case: Case, seen: Overview) -> list[dict[str, Any]]:
    """The whole way of a file, each part with how it stands and a link where the role may go."""
    worker = policies.is_worker(actor, case)
    at = case.state

    def link(name: str, allowed: bool = True) -> str:
        return reverse(name, args=[case.uuid]) if allowed else ""

    done, open_, later = _("Done"), _("To do now"), _("Later")
    consent = seen.file_consent
    if at == CaseState.ENGAGEMENT:
        asked = (open_, "blue", link("case_consent", worker))
    elif consent is None:
        asked = (_("Not asked"), "grey", "")
    elif consent.given:
        asked = (_("Agreed"), "", link("consents"))
    else:
        asked = (_("Refused"), "grey", link("case_consent"))
    if at == CaseState.SCREENING:
        word = _("Under way") if seen.begun_screening else open_
        screened = (word, "blue", link("screening", worker))
    elif seen.screening is not None:
        screened = (done, "", link("screening_result"))
    else:
        screened = (later, "grey", "")
    rows = [
        (_("Consent to a file"), "", *asked),
        (_("Needs screening"), "", *screened),
    ]
    if at == CaseState.SAFETY or seen.safety_plans:
        if at == CaseState.SAFETY:
            rows.append((_("Safety plan"), "", open_, "red", link("safety_plan", worker)))
        else:
            rows.append((_("Safety plan"), "", done, "", link("safety_plan")))
    if at == CaseState.ASSESSMENT:
        rows.append(
            (_("Assessment of the situation"), "", open_, "blue", link("assessment", worker))
        )
    elif seen.assessment is not None:
        rows.append((_("Assessment of the situation"), "", done, "", link("assessment")))
    else:
        rows.append((_("Assessment of the situation"), "", later, "grey", ""))
    rows.append(_plan_row(case, seen, worker, link))
    rows.append(_referral_row(case, seen, worker, link))
    rows.append(_follow_up_row(seen, worker))
    shared = len(seen.shared_with)
    rows.append(
        (
            _("Consents to share"),
            "",
            ngettext("%(n)d in force", "%(n)d in force", shared) % {"n": shared}
            if shared
            else _("None in force"),
            "",
            link("consents"),
        )
    )
    rows.append(_closure_row(actor, case, seen, worker, link))
    return [
        {"title": title, "hint": hint, "status": status, "colour": colour, "url": url}
        for title, hint, status, colour, url in rows
    ]


Row = tuple[str, str, str, str, str]


def _plan_row(case: Case, seen: Overview, worker: bool, link: Any) -> Row:
    title, plan = _("Support plan and goals"), seen.plan
    if plan is None:
        if case.state == CaseState.PLANNING:
            return (title, "", _("To do now"), "blue", link("plan", worker))
        return (title, "", _("Later"), "grey", "")
    colours = {CarePlanState.SUBMITTED: "yellow", CarePlanState.RETURNED: "orange"}
    state = CarePlanState(plan.state)
    hint = (
        _("Read why it was returned, then change it with her.")
        if state == CarePlanState.RETURNED
        else ""
    )
    return (title, hint, str(state.label), colours.get(state, ""), link("plan"))


def _referral_row(case: Case, seen: Overview, worker: bool, link: Any) -> Row:
    running = sum(1 for item in seen.links if item.referral.state in _RUNNING)
    if running:
        status = ngettext("%(n)d under way", "%(n)d under way", running) % {"n": running}
    elif case.state in MAY_REFER:
        status = _("None under way")
    else:
        status = _("None under way") if seen.links else _("Later")
    may = worker and case.state in MAY_REFER
    hint = _("Choose a service and ask for her consent.") if may else ""
    return (_("Referrals"), hint, status, "", link("refer", may))


_RUNNING = frozenset(State) - frozenset(
    {
        State.CONFIRMED,
        State.CANCELLED,
        State.WITHDRAWN,
        State.EXPIRED,
        State.ENTERED_IN_ERROR,
    }
)


def _follow_up_row(seen: Overview, worker: bool) -> Row:
    planned = seen.next_follow_up
    if planned is None:
        return (_("Follow-ups"), "", _("None planned"), "", "")
    status = _("Next on %(day)s") % {"day": planned.due_on.strftime("%d/%m/%Y")}
    waits = any(item.flow == "follow_up" for item in seen.items)
    url = reverse("follow_up", args=[planned.plan.uuid]) if worker and waits else ""
    return (_("Follow-ups"), "", status, "", url)


def _closure_row(actor: Actor, case: Case, seen: Overview, worker: bool, link: Any) -> Row:
    title = _("Closure")
    if case.state == CaseState.CLOSED:
        return (title, "", _("Closed"), "", "")
    if case.state == CaseState.CLOSING:
        supervises = policies.is_supervisor(actor, case) and actor.user_id != case.worker_id
        return (
            title,
            "",
            _("Waiting for approval"),
            "yellow",
            link("closure_approval", supervises),
        )
    if case.state == CaseState.SUPPORT:
        returned = seen.closure is not None and seen.closure.state == ClosureState.RETURNED
        return (
            title,
            "",
            _("Returned") if returned else _("When she wishes"),
            "",
            link("closure", worker),
        )
    return (title, "", _("Later"), "grey", "")


def _goals(actor: Actor, case: Case, seen: Overview) -> list[dict[str, Any]]:
    if seen.plan is None or seen.plan.state not in (CarePlanState.APPROVED, CarePlanState.REPLACED):
        return []
    may = policies.is_worker(actor, case) and case.is_open
    return [
        {
            "title": goal.text,
            "hint": ServiceType.Family(goal.family).label if goal.family else "",
            "status": goal.get_state_display(),
            "colour": "",
            "url": reverse("goal", args=[goal.uuid]) if may else "",
        }
        for goal in seen.goals
    ]


def _links(seen: Overview) -> list[dict[str, Any]]:
    """Slips by recipient and kind; the service itself stands on the slip's own page."""
    return [
        {
            "title": link.referral.recipient_team.organisation.name,
            "hint": f"{ServiceType.Family(link.referral.family).label} · {link.referral.reference}",
            "status": State(link.referral.state).label,
            "colour": "teal" if link.referral.state in _RUNNING else "",
            "url": reverse("case_referral", args=[link.referral.uuid]),
        }
        for link in seen.links
    ]


def _more(actor: Actor, case: Case) -> list[dict[str, str]]:
    """What may be done beside the way: only what this person may do."""
    worker = policies.is_worker(actor, case)
    supervises = policies.is_supervisor(actor, case) and actor.user_id != case.worker_id
    found = []

    def offer(name: str, label: str, allowed: bool) -> None:
        if allowed:
            found.append({"url": reverse(name, args=[case.uuid]), "label": label})

    offer("case_timeline", _("What has happened, and where this stands"), True)
    offer("case_opened", _("Who opened this file"), policies.may_read_looks(actor, case))
    offer("case_requests", _("Her requests and her own file"), worker or supervises)
    offer("case_contact", _("Change the contact plan"), case.is_open)
    offer("case_identity", _("Change her personal details"), case.is_open)
    offer("papers", _("Papers in this file"), True)
    offer("same_person", _("Another file of the same person"), True)
    offer(
        "safety_plan",
        _("Write down a new safety plan"),
        worker
        and case.state in ACTIVE
        and case.state not in (CaseState.ENGAGEMENT, CaseState.SAFETY),
    )
    offer("review", _("Review the plan with her"), worker and case.state == CaseState.SUPPORT)
    offer(
        "deputy_for_case",
        _("Another supervisor decides about the approval"),
        actor.team_id == case.team_id
        and may(actor.role, Verb.NAME_DEPUTY)
        and case.state in (CaseState.PLAN_REVIEW, CaseState.CLOSING),
    )
    offer("assign", _("Assign to another worker of the team"), supervises and case.is_open)
    offer("transfer_request", _("She moves: hand over to another commune"), worker and case.is_open)
    offer(
        "erasure_ask",
        _("She wishes that nothing of her stays: ask for the erasure"),
        policies.looks_after(actor, case),
    )
    offer(
        "reopen", _("She came back: open the case again"), worker and case.state == CaseState.CLOSED
    )
    return found


# -- what happened


@require_GET
def timeline(request: SignedIn, uuid: UUID) -> HttpResponse:
    actor = request.actor
    case = files.find(actor, uuid, page="case_timeline")
    done = steps_of(case)
    titles = engine.titles((step.flow, step.step) for step in done)
    return render(
        request,
        "cases/file/timeline.html",
        {
            "case": case,
            "steps": [
                {
                    "label": titles[step.flow, step.step],
                    "state": "done" if step.done_at else "current",
                    "note": _step_note(step),
                }
                for step in done
            ],
            "events": [
                {
                    "title": EVENTS.get(event.event, _("Changed")),
                    "when": event.at,
                    "who": _who(event),
                    "text": REASONS.get(event.reason, ""),
                }
                for event in changes(case)
            ],
            "picture": picture.draw(case),
        },
    )


def _step_note(step: Any) -> str:
    if step.outcome == "cancelled":
        return _("Not needed any more")
    if step.done_at is None:
        day = timezone.localtime(step.due_at).strftime("%d/%m/%Y %H:%M")
        words = _("Over its limit of %(day)s") if step.late else _("Waiting, until %(day)s")
        return words % {"day": day}
    parts = [timezone.localtime(step.done_at).strftime("%d/%m/%Y %H:%M")]
    if step.by:
        parts.append(step.by)
    if step.late:
        parts.append(_("after its limit"))
    return " · ".join(parts)


def _who(event: Any) -> str:
    if event.role == Role.SYSTEM:
        return _("The system")
    parts = [event.actor, Role(event.role).label if event.role in Role.values else ""]
    return ", ".join(str(part) for part in [*parts, event.organisation] if part)


# -- how she can be reached, and who she is


@require_http_methods(["GET", "POST"])
@again_at("case")
def contact(request: SignedIn, uuid: UUID) -> HttpResponse:
    actor = request.actor
    case = files.find(actor, uuid, C.CONTACT, page="contact_page")
    policies.require_edit(actor, case, C.CONTACT)
    denials.require_open(actor, case, C.CONTACT)
    known = case.contact
    if not isinstance(known, dict):
        raise keys.KeyMissing("the contact plan does not open")
    form = SafeContactForm(
        request.POST if request.method == "POST" else None, initial=contact_typed(known)
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_contact(actor=actor, case=case, contact=contact_of(form.cleaned_data))
        except Invalid as error:
            put_errors(form, error)
        else:
            messages.success(request, _("The contact plan is saved."))
            return redirect("case", uuid)
    return render(
        request,
        "cases/file/contact.html",
        {"case": case, "form": form},
        status=422 if form.is_bound else 200,
    )


@require_http_methods(["GET", "POST"])
@again_at("case")
def identity(request: SignedIn, uuid: UUID) -> HttpResponse:
    actor = request.actor
    case = files.find(actor, uuid, C.IDENTITY, page="identity_page")
    policies.require_edit(actor, case, C.IDENTITY)
    denials.require_open(actor, case, C.IDENTITY)
    if case.alias is LOCKED:
        raise keys.KeyMissing("the name does not open")
    form = IdentityForm(
        request.POST if request.method == "POST" else None,
        initial={
            name: str(getattr(case, name) or "")
            for name in ("alias", "legal_name", "birth_year", "address")
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_identity(actor=actor, case=case, **form.cleaned_data)
        except Invalid as error:
            put_errors(form, error)
        else:
            messages.success(request, _("Her personal details are saved."))
            return redirect("case", uuid)
    return render(
        request,
        "cases/file/identity.html",
        {"case": case, "form": form},
        status=422 if form.is_bound else 200,
    )
