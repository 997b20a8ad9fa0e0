"""The only kinds of node in the house that people or clocks act on.

``Step`` closes the holes of the stock View: the permission is asked at every call, ``assigned``
is written, cancelling disarms the timers at its border, a revived step keeps its lane and timers.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar, NamedTuple, Protocol

from django.contrib.contenttypes.models import ContentType
from django.utils.timezone import now
from viewflow import this
from viewflow.workflow import flow
from viewflow.workflow.activation import Activation
from viewflow.workflow.lock import SelectForUpdateLock
from viewflow.workflow.nodes.boundary import TimerBoundary, TimerBoundaryActivation
from viewflow.workflow.nodes.timer import TimerActivation
from viewflow.workflow.nodes.view import ViewActivation
from viewflow.workflow.status import STATUS

from privacy import audit
from privacy.actors import Actor
from workflow import notices
from workflow.models import WorkItem

LIVE = (STATUS.NEW, STATUS.ASSIGNED, STATUS.STARTED, STATUS.SCHEDULED)


class Holder(NamedTuple):
    """Whose turn it is: one person, or everyone with this role in a team."""

    role: str
    team_id: int | None
    user_id: int | None = None
    organisation_id: int | None = None

    @property
    def lane(self) -> str:
        team = f"t{self.team_id}:{self.role}"
        return f"{team}:u{self.user_id}" if self.user_id else team


class Facts(NamedTuple):
    """What the worklist may know about a subject in clear."""

    reference: str
    family: str = ""
    area_code: str = ""
    urgent: bool = False


class Subject(Protocol):
    """A record that a flow can be about."""

    pk: Any
    uuid: Any

    def work_facts(self) -> Facts: ...


def subject_of(activation: Activation) -> Any:
    """The record a process is about; the instance the action changed, when there is one."""
    return activation.process.artifact


class StepActivation(ViewActivation):
    @classmethod
    def create(
        cls,
        flow_task: "Step",
        prev_activation: Activation,
        token: Any,
        data: Any = None,
        seed: Any = None,
    ) -> "StepActivation":
        activation = super().create(flow_task, prev_activation, token, data=data, seed=seed)
        activation.list_it()
        return activation

    def list_it(self) -> None:
        """Put the waiting step into its lane."""
        step: Step = self.flow_task
        subject = subject_of(self)
        holder = step.holder_of(subject)
        facts = subject.work_facts()
        item = WorkItem.objects.create(
            task=self.task,
            process=self.process,
            flow=self.flow_class.flow_name,
            step=step.name,
            subject_type=ContentType.objects.get_for_model(subject),
            subject_id=subject.pk,
            subject_uuid=subject.uuid,
            reference=facts.reference,
            lane=holder.lane,
            user_id=holder.user_id,
            team_id=holder.team_id,
            organisation_id=holder.organisation_id,
            role=holder.role,
            family=facts.family,
            area_code=facts.area_code,
            urgent=facts.urgent,
            due_at=step.due_of(subject),
            opened_at=now(),
        )
        # Nobody is told of work that she has just given herself.
        actor = audit.current_actor.get()
        if actor is None or actor.user_id != holder.user_id:
            notices.tell_holder(item)

    @Activation.status.transition(source=STATUS.NEW, target=STATUS.ASSIGNED)
    def assign(self, user: Any) -> None:
        self.task.owner = user
        self.task.assigned = now()
        self.task.save()

    @Activation.status.transition(source=[STATUS.NEW, STATUS.ASSIGNED], target=STATUS.CANCELED)
    def cancel(self) -> None:
        self.task.finished = now()
        self.task.save()
        self.disarm()
        WorkItem.objects.filter(task=self.task, done_at__isnull=True).update(
            done_at=now(), outcome="cancelled"
        )

    def disarm(self) -> None:
        """Timers at the border end with their host; the stock node leaves them running."""
        for boundary in self.flow_task._boundary_events:
            armed = self.flow_class.task_class._default_manager.filter(
                flow_task=boundary, process=self.process, previous=self.task, status__in=LIVE
            )
            for task in armed:
                activation = boundary.activation_class(task)
                if activation.cancel.can_proceed():
                    activation.cancel()

    @Activation.status.transition(source=[STATUS.CANCELED, STATUS.ERROR], target=STATUS.REVIVED)
    def revive(self) -> Any:
        """Open the step again, with its lane and its timers."""
        self.task.save(update_fields=["status"])
        fresh = self.flow_task._create(self, self.task.token)
        fresh.activate()
        return fresh.task


class Step(flow.View):
    """One turn of one role.

        answer = Step(
            title=_("Answer the referral"), roles=RECEIVING, holder=recipient, due=answer_by,
            link="referral",
        ).OnTimeout(half_time, this.remind, interrupting=False).Next(this.answered)

    ``holder`` and ``due`` get the subject; ``link`` is the URL name that takes the subject's uuid.
    ``also`` names roles of the holder's team that may act in her place; ``stand_in`` says of an
    actor and the subject whether she may, whatever her team.
    """

    activation_class = StepActivation

    def __init__(
        self,
        *,
        title: Any,
        roles: frozenset[str] | set[str],
        holder: Callable[[Any], Holder],
        due: Callable[[Any], datetime],
        link: str,
        also: frozenset[str] = frozenset(),
        stand_in: Callable[[Actor, Any], bool] | None = None,
    ) -> None:
        super().__init__(None)
        self.title = title
        self.task_title = title
        self.roles = frozenset(roles)
        self.also = also
        self.stand_in = stand_in
        self.holder_of = holder
        self.due_of = due
        self.link = link

    @property
    def view(self) -> Any:
        raise TypeError("steps have no view of viewflow's; urls.py knows the pages")

    def OnTimeout(  # noqa: N802  (viewflow's name)
        self,
        delay: Callable[[Any], datetime],
        then: Any,
        interrupting: bool = True,
        title: Any = None,
    ) -> "Step":
        """``delay`` gets the subject and answers the moment at which the clock runs out."""
        clock = Clock(
            None, delay=lambda activation: delay(subject_of(activation)), interrupting=interrupting
        ).Next(then)
        if title is not None:
            clock.Annotation(title=title)
        self._boundary_specs.append(("timeout", clock))
        return self

    def may_act(self, actor: Actor, item: WorkItem) -> bool:
        """Asked at every call, whatever was claimed before."""
        if actor.is_system:
            return True
        if actor.role in self.also and actor.team_id == item.team_id:
            return True
        if actor.role not in self.roles:
            return False
        if actor.team_id != item.team_id or actor.role != item.role:
            return False
        return item.user_id is None or actor.user_id == item.user_id

    def can_execute(self, user: Any, task: Any) -> bool:
        return False  # a user alone has no membership; the engine asks ``may_act`` for an actor

    def can_assign(self, user: Any, task: Any) -> bool:
        return False


class WaitActivation(TimerActivation):
    @Activation.status.transition(source=STATUS.STARTED)
    def execute(self) -> None:
        """Errors propagate to our own sweep: the stock timer would store the failing frame's
        variables in clear text in ``task.data``."""
        self.complete()
        self.activate_next()


class ClockActivation(TimerBoundaryActivation):
    @Activation.status.transition(source=STATUS.STARTED)
    def execute(self) -> None:
        if self.flow_task._interrupting:
            self.cancel_host_tasks()
        self.complete()
        self.activate_next()


class Clock(TimerBoundary):
    """A timer at the border of a step."""

    activation_class = ClockActivation


class Wait(flow.Timer):
    """Wait until a moment that the subject knows."""

    activation_class = WaitActivation

    def __init__(self, until: Callable[[Any], datetime], title: Any = "") -> None:
        super().__init__(lambda activation: until(subject_of(activation)))
        self.task_title = title


class Flow(flow.Flow):
    """Base of our five flows. Row lock that waits (no sleeping retries inside a request)."""

    lock_impl = SelectForUpdateLock(nowait=False, attempts=1)
    start: ClassVar[Any]
    flow_name = ""
    # One subject model ↔ one flow name; a breaking change is a new class with the next version.
    version = 1

    def begin(self, activation: Activation, subject: Any) -> Any:
        """What every ``start`` node calls: the process is about this record."""
        activation.process.artifact = subject
        return activation.process

    @classmethod
    def steps(cls) -> list[Step]:
        return [node for node in cls.instance.nodes() if isinstance(node, Step)]


__all__ = ["Facts", "Flow", "Holder", "Step", "Subject", "Wait", "subject_of", "this"]
