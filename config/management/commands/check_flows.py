"""Is every open record where the engine thinks it is? The record is the truth, the task follows."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.core.management.base import BaseCommand, CommandError
from django.db import models

from cases.models import (
    AuthorityRequest,
    Breach,
    BreakGlass,
    Case,
    Consent,
    DuplicateMatch,
    ErasureRequest,
    FollowUpPlan,
    Lead,
    LegalHold,
    RightsRequest,
    Transfer,
)
from cases.states import AuthorityState as A
from cases.states import BreachState as D
from cases.states import BreakGlassState as B
from cases.states import CaseState as C
from cases.states import ErasureState as E
from cases.states import HoldState as H
from cases.states import LeadState as L
from cases.states import MatchState as M
from cases.states import RightsState as R
from cases.states import TransferState as T
from referrals.models import LivelihoodPlan, Referral
from referrals.states import PlanState as P
from referrals.states import State as S
from workflow.models import WorkItem

Steps = frozenset[str]


def one_of(*steps: str) -> tuple[Steps, ...]:
    return tuple(frozenset({step}) for step in steps)


NOTHING: tuple[Steps, ...] = (frozenset(),)
# By state: the sets of steps that may wait. What is not named waits for nobody.
FITS: dict[type[models.Model], dict[str, tuple[Steps, ...]]] = {
    Lead: {
        L.CONTACT_MADE: one_of("inform"),
        L.INFORMED: one_of("offer"),
        L.HANDED_OVER: one_of("take_over"),
    },
    Case: {
        C.ENGAGEMENT: one_of("engagement"),
        C.SCREENING: one_of("screening"),
        C.SAFETY: one_of("safety_plan"),
        C.ASSESSMENT: one_of("assessment"),
        C.PLANNING: one_of("plan"),
        C.PLAN_REVIEW: one_of("approve_plan"),
        C.SUPPORT: one_of("review"),
        C.CLOSING: one_of("approve_closure"),
        C.PROTECTED: one_of("child_plan", "child_support"),
    },
    Referral: {
        S.SENT: one_of("answer"),
        S.RECEIVED: one_of("answer"),
        S.ACCEPTED: one_of("arrange"),
        S.DECLINED: one_of("decide"),
        S.REDIRECT_PROPOSED: one_of("decide"),
        S.SCHEDULED: one_of("visit"),
        S.NO_SHOW: one_of("contact_client", "arrange"),
        S.IN_SERVICE: one_of("deliver"),
        S.ON_HOLD: one_of("deliver"),
        S.COMPLETED: one_of("confirm"),
        # Until the worker has seen how it ended.
        S.NOT_COMPLETED: (*one_of("decide"), *NOTHING),
        S.EXPIRED: (*one_of("decide"), *NOTHING),
    },
    LivelihoodPlan: {
        P.PLANNED: one_of("begin_plan"),
        P.ACTIVE: one_of("visit", "conclude"),
        P.NEEDS_REVIEW: one_of("visit", "conclude"),
    },
    Transfer: {T.REQUESTED: one_of("release"), T.OFFERED: one_of("accept")},
    ErasureRequest: {E.REQUESTED: one_of("decide")},
    LegalHold: {H.PROPOSED: one_of("decide"), H.LIFTING: one_of("decide")},
    Consent: {"answered": (*one_of("renew"), *NOTHING)},
    BreakGlass: {B.TO_REVIEW: one_of("review")},
    RightsRequest: {
        R.RECEIVED: one_of("answer"),
        R.ANSWERED: one_of("decide"),
        R.SECOND: one_of("second"),
        R.GRANTED: one_of("carry_out"),
    },
    Breach: {
        D.OPEN: one_of("notify"),
        D.NOTIFIED: one_of("learn"),
        D.KEPT_INSIDE: one_of("learn"),
    },
    AuthorityRequest: {
        A.REGISTERED: one_of("propose"),
        A.PROPOSED: one_of("agree"),
        A.AGREED: one_of("reply"),
    },
    DuplicateMatch: {M.OPEN: one_of("ask")},
    FollowUpPlan: {"open": (*one_of("visit"), *NOTHING)},
}
# May wait beside another step, until somebody has looked.
BESIDE: dict[type[models.Model], Steps] = {
    Case: frozenset({"urgent_seen"}),
    BreakGlass: frozenset({"told"}),
    Referral: frozenset({"chase", "chase_supervisor"}),
}
# Nobody's turn: the clock must be running instead.
CLOCK: dict[type[models.Model], frozenset[str]] = {
    Lead: frozenset({L.NOT_NOW}),
    FollowUpPlan: frozenset({"open"}),
}


class Problem(NamedTuple):
    model: str
    uuid: str
    state: str
    waiting: str

    def __str__(self) -> str:
        return f"{self.model} {self.uuid}: {self.state}, waiting: {self.waiting or 'nothing'}"


def problems() -> Iterator[Problem]:
    """Ids, states and steps; nothing of a person."""
    yield from _tasks()
    for model in FITS:
        yield from _records(model)


def _records(model: type[models.Model]) -> Iterator[Problem]:
    kind = ContentType.objects.get_for_model(model)
    waiting: dict[int, set[str]] = defaultdict(set)
    for subject_id, step in WorkItem.objects.filter(
        subject_type=kind, done_at__isnull=True
    ).values_list("subject_id", "step"):
        waiting[subject_id].add(step)
    armed = _armed(kind)
    for row in model._default_manager.order_by("pk").iterator(chunk_size=2000):
        state = _state(row)
        steps = frozenset(waiting.pop(row.pk, ())) - BESIDE.get(model, frozenset())
        fits = steps in FITS[model].get(state, NOTHING)
        if not steps and state in CLOCK.get(model, ()):
            fits = row.pk in armed
        if not fits:
            yield Problem(model._meta.label_lower, str(_uuid(row)), state, ", ".join(sorted(steps)))
    for subject_id, left in waiting.items():
        yield Problem(model._meta.label_lower, str(subject_id), "absent", ", ".join(sorted(left)))


def _uuid(row: models.Model) -> Any:
    return row.uuid  # type: ignore[attr-defined]


def _state(row: models.Model) -> str:
    if isinstance(row, FollowUpPlan):
        return "open" if row.ended_at is None else "ended"
    if isinstance(row, Consent):
        return "answered"
    return str(row.state)  # type: ignore[attr-defined]


def _task_model() -> type[models.Model]:
    """The engine's tasks, found through the read model: only the engine room imports the engine."""
    model = WorkItem._meta.get_field("task").related_model
    if not isinstance(model, type):
        raise TypeError("the read model has lost its tasks")
    return model


def _armed(kind: ContentType) -> set[int]:
    """Subjects whose process waits for a moment."""
    return set(
        _task_model()
        ._default_manager.filter(
            flow_task_type="TIMER", status="SCHEDULED", process__artifact_content_type=kind
        )
        .values_list("process__artifact_object_id", flat=True)
    )


def _tasks() -> Iterator[Problem]:
    """Every waiting row has its open task, and every open task of a person its row."""
    for item in WorkItem.objects.filter(done_at__isnull=True).exclude(
        task__status__in=["NEW", "ASSIGNED"]
    ):
        yield Problem("workflow.workitem", str(item.pk), "open", item.step)
    unlisted = _task_model()._default_manager.filter(
        flow_task_type="HUMAN", status__in=["NEW", "ASSIGNED"]
    )
    for task in unlisted.exclude(
        pk__in=WorkItem.objects.filter(done_at__isnull=True).values("task_id")
    ):
        yield Problem("task", str(task.pk), "open", "not in any list")


class Command(BaseCommand):
    help = (
        "Compares every open record with the step that waits for it. Prints ids; 1 if any differ."
    )
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(problems())
        for problem in found:
            self.stdout.write(str(problem))
        if found:
            raise CommandError(f"{len(found)} records and steps do not fit each other.")
        self.stdout.write("Every open record fits its waiting step.")
