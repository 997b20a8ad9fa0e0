"""The referral, state by state (flows.md 2): which change is legal, who makes it, what it needs."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _

from privacy.errors import AlreadyDone, WrongState


class State(models.TextChoices):
    """Values are frozen; FHIR Task statuses stand in ``FHIR``."""

    DRAFT = "draft", _("Draft")
    SENT = "sent", _("Sent")
    RECEIVED = "received", _("Received")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    REDIRECT_PROPOSED = "redirect_proposed", _("Another recipient proposed")
    SCHEDULED = "scheduled", _("Appointment made")
    NO_SHOW = "no_show", _("Did not come")
    IN_SERVICE = "in_service", _("Service under way")
    ON_HOLD = "on_hold", _("On hold")
    COMPLETED = "completed", _("Completed")
    NOT_COMPLETED = "not_completed", _("Not completed")
    CONFIRMED = "confirmed", _("Confirmed with the client")
    CANCELLED = "cancelled", _("Cancelled")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Expired")
    ENTERED_IN_ERROR = "entered_in_error", _("Entered in error")


class Side(StrEnum):
    SENDER = "sender"
    RECIPIENT = "recipient"
    SYSTEM = "system"


class Edge(NamedTuple):
    before: State
    after: State
    side: Side
    needs: str = ""


OPEN = (
    State.SENT,
    State.RECEIVED,
    State.ACCEPTED,
    State.SCHEDULED,
    State.NO_SHOW,
    State.IN_SERVICE,
    State.ON_HOLD,
)
WAITS_FOR_ANSWER = (State.SENT, State.RECEIVED)
# From here on the client has had access to a service (indicator S-01).
COUNTS_AS_ACCESS = (State.IN_SERVICE, State.ON_HOLD, State.COMPLETED, State.CONFIRMED)
FINAL = (
    State.CONFIRMED,
    State.CANCELLED,
    State.WITHDRAWN,
    State.EXPIRED,
    State.ENTERED_IN_ERROR,
)

EDGES: tuple[Edge, ...] = (
    Edge(State.DRAFT, State.SENT, Side.SENDER, "consent"),
    Edge(State.DRAFT, State.CANCELLED, Side.SENDER),
    Edge(State.SENT, State.RECEIVED, Side.RECIPIENT),
    Edge(State.RECEIVED, State.ACCEPTED, Side.RECIPIENT),
    Edge(State.RECEIVED, State.DECLINED, Side.RECIPIENT, "reason"),
    Edge(State.RECEIVED, State.REDIRECT_PROPOSED, Side.RECIPIENT, "reason"),
    Edge(State.DECLINED, State.RECEIVED, Side.SENDER, "supervisor"),
    Edge(State.ACCEPTED, State.SCHEDULED, Side.RECIPIENT, "appointment"),
    Edge(State.ACCEPTED, State.IN_SERVICE, Side.RECIPIENT),
    Edge(State.SCHEDULED, State.SCHEDULED, Side.RECIPIENT, "appointment"),
    Edge(State.SCHEDULED, State.NO_SHOW, Side.RECIPIENT),
    Edge(State.SCHEDULED, State.IN_SERVICE, Side.RECIPIENT),
    Edge(State.NO_SHOW, State.SCHEDULED, Side.RECIPIENT, "appointment"),
    Edge(State.IN_SERVICE, State.ON_HOLD, Side.RECIPIENT, "reason and review date"),
    Edge(State.ON_HOLD, State.IN_SERVICE, Side.RECIPIENT),
    Edge(State.IN_SERVICE, State.COMPLETED, Side.RECIPIENT, "outcome"),
    Edge(State.ACCEPTED, State.NOT_COMPLETED, Side.RECIPIENT, "reason"),
    Edge(State.SCHEDULED, State.NOT_COMPLETED, Side.RECIPIENT, "reason"),
    Edge(State.NO_SHOW, State.NOT_COMPLETED, Side.RECIPIENT, "reason"),
    Edge(State.IN_SERVICE, State.NOT_COMPLETED, Side.RECIPIENT, "reason"),
    Edge(State.ON_HOLD, State.NOT_COMPLETED, Side.RECIPIENT, "reason"),
    Edge(State.COMPLETED, State.CONFIRMED, Side.SENDER, "client's answer"),
    *(Edge(state, State.CANCELLED, Side.SENDER, "reason") for state in OPEN),
    Edge(State.DECLINED, State.CANCELLED, Side.SENDER),
    Edge(State.REDIRECT_PROPOSED, State.CANCELLED, Side.SENDER),
    *(
        Edge(state, State.WITHDRAWN, Side.SYSTEM)
        for state in (*OPEN, State.DRAFT, State.DECLINED, State.REDIRECT_PROPOSED)
    ),
    *(Edge(state, State.EXPIRED, Side.SYSTEM, "escalation") for state in WAITS_FOR_ANSWER),
    *(
        Edge(state, State.ENTERED_IN_ERROR, Side.SENDER, "approver")
        for state in State
        if state not in (State.ENTERED_IN_ERROR, State.DRAFT)
    ),
)

FHIR: dict[State, str] = {
    State.DRAFT: "draft",
    State.SENT: "requested",
    State.RECEIVED: "received",
    State.ACCEPTED: "accepted",
    State.DECLINED: "rejected",
    State.REDIRECT_PROPOSED: "rejected",
    State.SCHEDULED: "accepted",
    State.NO_SHOW: "on-hold",
    State.IN_SERVICE: "in-progress",
    State.ON_HOLD: "on-hold",
    State.COMPLETED: "completed",
    State.NOT_COMPLETED: "failed",
    State.CONFIRMED: "completed",
    State.CANCELLED: "cancelled",
    State.WITHDRAWN: "cancelled",
    State.EXPIRED: "cancelled",
    State.ENTERED_IN_ERROR: "entered-in-error",
}

_LEGAL = {(edge.before, edge.after, edge.side) for edge in EDGES}


def check(before: str, after: str, side: Side) -> None:
    """Raises WrongState when this side may not make this change from here; AlreadyDone when the
    referral is where it should go already."""
    if (State(before), State(after), side) in _LEGAL:
        return
    if before == after:
        raise AlreadyDone(_("This has been done already."))
    raise WrongState(
        _("The referral is in the state “%(state)s”, so this is not possible now.")
        % {"state": State(before).label}
    )


def reachable_from(state: str, side: Side) -> list[State]:
    """What this side can do next: the buttons of a page."""
    return sorted({edge.after for edge in EDGES if edge.before == state and edge.side == side})


class DeclineReason(models.TextChoices):
    NO_CAPACITY = "no_capacity", _("No capacity at present")
    NOT_ELIGIBLE = "not_eligible", _("Not eligible for this service")
    OUT_OF_AREA = "out_of_area", _("Outside our area")
    SAFETY = "safety", _("Not safe for the client here")
    OTHER = "other", _("Another reason")


class NotCompletedReason(models.TextChoices):
    CLIENT_STOPPED = "client_stopped", _("The client did not wish to go on")
    NOT_REACHED = "not_reached", _("The client could not be reached")
    MOVED = "moved", _("The client moved away")
    SERVICE_ENDED = "service_ended", _("The service is no longer given")
    OTHER = "other", _("Another reason")


class CancelReason(models.TextChoices):
    CLIENT_WISH = "client_wish", _("The client does not want it any more")
    OTHER_PROVIDER = "other_provider", _("Another provider was chosen")
    NEED_MET = "need_met", _("The need has been met")
    CASE_CLOSED = "case_closed", _("The case was closed or handed over")
    OTHER = "other", _("Another reason")


class PlanState(models.TextChoices):
    """Of a livelihood plan."""

    PLANNED = "planned", _("Planned")
    ACTIVE = "active", _("Under way")
    STABLE = "stable", _("Stable")
    NEEDS_REVIEW = "needs_review", _("Needs review")
    ENDED = "ended", _("Ended early")


PLAN_EDGES: frozenset[tuple[PlanState, PlanState]] = frozenset(
    {
        (PlanState.PLANNED, PlanState.ACTIVE),
        (PlanState.ACTIVE, PlanState.STABLE),
        (PlanState.ACTIVE, PlanState.NEEDS_REVIEW),
        (PlanState.NEEDS_REVIEW, PlanState.STABLE),
        *(
            (state, PlanState.ENDED)
            for state in (PlanState.PLANNED, PlanState.ACTIVE, PlanState.NEEDS_REVIEW)
        ),
    }
)


def check_plan(before: str, after: str) -> None:
    if (PlanState(before), PlanState(after)) in PLAN_EDGES:
        return
    if before == after:
        raise AlreadyDone(_("This has been done already."))
    raise WrongState(
        _("The livelihood plan is in the state “%(state)s”, so this is not possible now.")
        % {"state": PlanState(before).label}
    )


def any_of(states: Iterable[State]) -> list[str]:
    return [state.value for state in states]
