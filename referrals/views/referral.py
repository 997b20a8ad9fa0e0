"""The slip at its recipient: see, answer, arrange, serve, report."""

from typing import Any, NamedTuple
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect as go
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from privacy import access
from privacy.compartments import Compartment as C
from referrals import actions, policies, selectors
from referrals.actions.plot import may_it
from referrals.forms.referral import (
    AcceptForm,
    ActionForm,
    AppointmentForm,
    CompleteForm,
    ConfirmForm,
    DeclineForm,
    EntryForm,
    HoldForm,
    RedirectForm,
    UnfinishedForm,
)
from referrals.labels import packet_name
from referrals.models import Priority, Referral
from referrals.states import OPEN, Side, State, reachable_from
from referrals.views import Request, act_or_ask, typed
from workflow.selectors import Cursor

COLOURS = {
    State.SENT: "blue",
    State.RECEIVED: "blue",
    State.ACCEPTED: "teal",
    State.SCHEDULED: "teal",
    State.IN_SERVICE: "green",
    State.NO_SHOW: "orange",
    State.ON_HOLD: "yellow",
}
# The next step in the words of the worklist (flows.py).
STEPS = {
    State.SENT: gettext_lazy("See the slip"),
    State.RECEIVED: gettext_lazy("Answer the referral"),
    State.ACCEPTED: gettext_lazy("Arrange the first visit"),
    State.SCHEDULED: gettext_lazy("Record whether the client came"),
    State.NO_SHOW: gettext_lazy("Make an appointment"),
    State.IN_SERVICE: gettext_lazy("Give the service and record the outcome"),
    State.ON_HOLD: gettext_lazy("Look at it again"),
}
ENTRY_KINDS = {**dict(EntryForm.KINDS), "outcome": gettext_lazy("Outcome")}


class Choice(NamedTuple):
    """A thing she can do now. ``post``: one button acts at once; otherwise a page asks first."""

    url: str
    text: str
    kind: str = "secondary"
    post: bool = False


@require_GET
def listing(request: Request) -> HttpResponse:
    policies.require_receiving(request.actor)
    only_open = request.GET.get("show") != "all"
    page = selectors.inbox(
        request.actor, only_open=only_open, after=Cursor.parse(request.GET.get("after", ""))
    )
    access.open_keys(request.actor, page.received, [C.PACKET], purpose="referral_list")
    rows = [
        {
            "url": reverse("referral", args=[referral.uuid]),
            "step": STEPS.get(State(referral.state), _("Read the slip")),
            "reference": referral.reference,
            "label": packet_name(referral),
            "urgent": referral.priority == Priority.URGENT,
            "due": referral.answer_by if referral.state in (State.SENT, State.RECEIVED) else None,
            "who": "" if referral.received_at is None else referral.sender_team.organisation.name,
            "status": State(referral.state).label,
            "colour": COLOURS.get(State(referral.state), "grey"),
        }
        for referral in page.referrals
    ]
    here = reverse("referral_list")
    everything = "" if only_open else "&show=all"
    return render(
        request,
        "referrals/list.html",
        {
            "rows": rows,
            "ended": selectors.ended_lately(request.actor),
            "only_open": only_open,
            "first_page": "after" not in request.GET,
            "open_url": here,
            "all_url": f"{here}?show=all",
            "start_url": here if only_open else f"{here}?show=all",
            "next_url": f"{here}?after={page.next}{everything}" if page.next else "",
        },
    )


@require_GET
def show(request: Request, uuid: UUID) -> HttpResponse:
    referral = selectors.received_by(request.actor, uuid)
    if referral.received_at is None:
        return render(request, "referrals/unopened.html", {"referral": referral})
    access.open_keys(request.actor, [referral], [C.PACKET, C.ENTRIES], purpose="referral_page")
    appointments = selectors.appointments_of(referral)
    plan = selectors.plan_of(referral)
    plan_runs = plan is not None and plan.state in selectors.STILL_TRACKED
    return render(
        request,
        "referrals/referral.html",
        {
            "referral": referral,
            "state": State(referral.state).label,
            "colour": COLOURS.get(State(referral.state), "grey"),
            "waits_for_answer": referral.state == State.RECEIVED,
            "is_over": referral.state not in OPEN,
            "slip": selectors.slip(referral),
            "put_down": referral.state in (State.DECLINED, State.REDIRECT_PROPOSED),
            "message": referral.message,
            "outcome": selectors.outcome_words(referral),
            "appointments": appointments,
            "planned": selectors.planned(appointments),
            "entries": [
                (entry, ENTRY_KINDS.get(str(entry.kind), entry.kind))
                for entry in referral.entries.select_related("author").order_by(
                    "-created_at", "-pk"
                )
            ],
            "history": selectors.history(referral),
            "plan": plan,
            "plan_runs": plan_runs,
            "may_plan": selectors.may_plan_livelihood(request.actor, referral),
            "choices": _choices(
                referral,
                selectors.next_states(referral, selectors.planned(appointments)),
                leading=not plan_runs,
            ),
        },
    )


def _choices(referral: Referral, states: list[State], *, leading: bool) -> list[Choice]:
    """What the page offers, the usual next step first; ``leading`` = it is the page's main one."""

    def url(name: str) -> str:
        return reverse(name, args=[referral.uuid])

    state = State(referral.state)
    serve = {
        State.SCHEDULED: _("The client came: the service begins"),
        State.ON_HOLD: _("The service goes on"),
    }.get(state, _("The service begins now"))
    arrange = _("Move the appointment") if state == State.SCHEDULED else _("Make an appointment")
    known = {
        State.ACCEPTED: Choice(url("referral_accept"), _("Accept")),
        State.DECLINED: Choice(url("referral_decline"), _("Decline")),
        State.REDIRECT_PROPOSED: Choice(url("referral_redirect"), _("Propose another recipient")),
        State.IN_SERVICE: Choice(url("referral_began"), serve, post=True),
        State.NO_SHOW: Choice(url("referral_no_show"), _("The client did not come")),
        State.SCHEDULED: Choice(url("referral_schedule"), arrange),
        State.COMPLETED: Choice(url("referral_complete"), _("Record the outcome")),
        State.ON_HOLD: Choice(url("referral_hold"), _("Put on hold")),
        State.NOT_COMPLETED: Choice(url("referral_unfinished"), _("End without completing")),
    }
    order = list(known)
    if state == State.ACCEPTED:
        order.insert(0, State.SCHEDULED)
    choices = [known[after] for after in dict.fromkeys(order) if after in states]
    if state in (State.IN_SERVICE, State.ON_HOLD):
        choices.insert(
            1 if state == State.ON_HOLD else 0, Choice(url("referral_entry"), _("Write an entry"))
        )
    if choices and leading:
        choices[0] = choices[0]._replace(kind="primary")
    return choices


@require_http_methods(["GET", "POST"])
def receive(request: Request, uuid: UUID) -> HttpResponse:
    """ "See the slip": a POST, because from now on it counts as received."""
    referral, here = _found(request, uuid)
    if request.method == "POST":
        actions.receive(actor=request.actor, referral=referral)
    return go(here)


@require_http_methods(["GET", "POST"])
def began(request: Request, uuid: UUID) -> HttpResponse:
    """She came, or the service goes on after it was on hold."""
    referral, here = _found(request, uuid)
    if request.method == "POST":
        was_on_hold = referral.state == State.ON_HOLD
        actions.begin_service(actor=request.actor, referral=referral)
        messages.success(
            request, _("The service goes on.") if was_on_hold else _("The service has begun.")
        )
    return go(here)


@require_http_methods(["GET", "POST"])
def accept(request: Request, uuid: UUID) -> HttpResponse:
    return _verb(
        request,
        uuid,
        AcceptForm(typed(request)),
        actions.accept,
        after=State.ACCEPTED,
        title=_("Accept this referral"),
        button=_("Accept"),
        said=_("The referral is accepted. The sender is told."),
    )


@require_http_methods(["GET", "POST"])
def decline(request: Request, uuid: UUID) -> HttpResponse:
    return _verb(
        request,
        uuid,
        DeclineForm(typed(request)),
        actions.decline,
        after=State.DECLINED,
        title=_("Decline this referral"),
        button=_("Decline"),
        said=_("The referral is declined. The sender decides with the client what comes next."),
    )


@require_http_methods(["GET", "POST"])
def redirect(request: Request, uuid: UUID) -> HttpResponse:
    return _verb(
        request,
        uuid,
        RedirectForm(typed(request)),
        actions.propose_redirect,
        after=State.REDIRECT_PROPOSED,
        title=_("Propose another recipient"),
        button=_("Send the proposal"),
        said=_("Your proposal is sent. The sender asks the client."),
    )


@require_http_methods(["GET", "POST"])
def schedule(request: Request, uuid: UUID) -> HttpResponse:
    return _verb(
        request,
        uuid,
        AppointmentForm(typed(request)),
        actions.schedule,
        after=State.SCHEDULED,
        title=_("Appointment"),
        button=_("Save the appointment"),
        said=_("The appointment is made. The sender can tell the client."),
    )


@require_http_methods(["GET", "POST"])
def no_show(request: Request, uuid: UUID) -> HttpResponse:
    return _verb(
        request,
        uuid,
        ConfirmForm(typed(request)),
        actions.record_no_show,
        after=State.NO_SHOW,
        title=_("The client did not come"),
        explained=[
            _("It is no fault of hers. Her worker is asked to talk to her."),
            _("You can make a new appointment at any time."),
        ],
        button=_("Record that she did not come"),
        said=_("It is recorded. Her worker talks to her."),
    )


@require_http_methods(["GET", "POST"])
def hold(request: Request, uuid: UUID) -> HttpResponse:
    return _verb(
        request,
        uuid,
        HoldForm(typed(request)),
        actions.hold,
        after=State.ON_HOLD,
        title=_("Put the service on hold"),
        button=_("Put on hold"),
        said=_("The service is on hold. The sender is told."),
    )


@require_http_methods(["GET", "POST"])
def entry(request: Request, uuid: UUID) -> HttpResponse:
    return _verb(
        request,
        uuid,
        EntryForm(typed(request)),
        actions.add_entry,
        title=_("Write an entry"),
        button=_("Save the entry"),
        said=_("The entry is saved."),
    )


@require_http_methods(["GET", "POST"])
def complete(request: Request, uuid: UUID) -> HttpResponse:
    referral, _here = _found(request, uuid)
    if State.COMPLETED not in reachable_from(referral.state, Side.RECIPIENT):
        # Which outcomes there are would tell the service: nothing is shown before its time.
        if request.method == "POST":
            may_it(referral, State.COMPLETED, Side.RECIPIENT)
        return go(request.again_url)
    access.open_keys(request.actor, [referral], [C.PACKET], purpose="referral_outcome")
    return _verb(
        request,
        uuid,
        CompleteForm(selectors.outcomes_of(referral), typed(request)),
        actions.complete,
        after=State.COMPLETED,
        title=_("Record the outcome"),
        explained=[
            _("After this the service is over. You can read this slip for a few more days."),
        ],
        button=_("Complete the referral"),
        said=_("The referral is completed. The sender is told."),
        referral=referral,
    )


@require_http_methods(["GET", "POST"])
def unfinished(request: Request, uuid: UUID) -> HttpResponse:
    return _verb(
        request,
        uuid,
        UnfinishedForm(typed(request)),
        actions.end_unfinished,
        after=State.NOT_COMPLETED,
        title=_("End without completing"),
        button=_("End the service"),
        said=_("The service is ended. The sender decides with the client what comes next."),
    )


@require_http_methods(["GET", "POST"])
def relay(request: Request, uuid: UUID) -> HttpResponse:
    """She tells the recipient that she takes her consent back."""
    return _verb(
        request,
        uuid,
        ConfirmForm(typed(request)),
        actions.relay_withdrawal,
        title=_("The client takes her consent back"),
        explained=[
            _("She can do this at any time and needs no reason."),
            _(
                "It takes effect at once: this slip closes for your whole team, open appointments "
                "fall, and your own entries are locked."
            ),
            _("It cannot be undone. If she changes her mind, her worker sends a new referral."),
        ],
        warns=True,
        button=_("She takes her consent back"),
        said=_("It is done: the slip is closed and her worker is told."),
        to=reverse("referral_list"),
    )


def _found(request: Request, uuid: UUID) -> tuple[Referral, str]:
    """The referral if it is hers to answer, and its page, to which every refusal leads back."""
    request.again_url = reverse("referral", args=[uuid])
    return selectors.received_by(request.actor, uuid), request.again_url


def _verb(
    request: Request,
    uuid: UUID,
    form: ActionForm,
    act: Any,
    *,
    title: str,
    button: str,
    said: str,
    after: State | None = None,
    explained: list[str] | None = None,
    warns: bool = False,
    to: str = "",
    referral: Referral | None = None,
) -> HttpResponse:
    """One verb on one referral: ask, act, go back to its page."""
    if referral is None:
        referral, _here = _found(request, uuid)
    possible = after is None or after in reachable_from(referral.state, Side.RECIPIENT)
    if request.method == "GET" and not possible:
        return go(request.again_url)  # nobody types a text that cannot be sent any more
    return act_or_ask(
        request,
        form,
        lambda values: act(actor=request.actor, referral=referral, **values),
        to=to or request.again_url,
        said=said,
        page={
            "title": title,
            "reference": referral.reference,
            "explained": explained or [],
            "warns": warns,
            "button": button,
        },
    )
