"""The one door to the token engine. Nothing else in the house touches an activation.

    start     a process about a record
    complete  one step of it: the permission is asked every time, whoever claimed it
    claim     take a team's step into one's own list
    reassign  move a waiting step to another holder
    cancel    end the process; its steps leave every list
    refresh   the clocks or the urgency of the subject changed

Every verb runs inside the caller's transaction, after the caller has locked its record; the
record is the truth, the engine's tasks follow. Errors: WrongState, AlreadyDone, Forbidden.
"""

from collections.abc import Iterable
from typing import Any, cast

from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from viewflow.workflow.models import Process, Task
from viewflow.workflow.status import PROCESS, STATUS

from privacy import access, denials
from privacy.actors import Actor
from privacy.errors import AlreadyDone, WrongState
from workflow import notices
from workflow.models import WorkItem
from workflow.nodes import LIVE, Flow, Holder, Step, Subject

_flows: dict[type[models.Model], list[type[Flow]]] = {}


def register(model: type[models.Model], flow_class: type[Flow]) -> None:
    """One subject model ↔ one flow name. Called from ``AppConfig.ready``, oldest version first."""
    versions = _flows.setdefault(model, [])
    if flow_class not in versions:
        versions.append(flow_class)


def flows() -> list[type[Flow]]:
    return [flow_class for versions in _flows.values() for flow_class in versions]


def flow_for(model: type[models.Model]) -> type[Flow]:
    return _flows[model][-1]


def processes(subject: models.Model) -> models.QuerySet[Process]:
    return Process.objects.filter(
        artifact_content_type=ContentType.objects.get_for_model(subject),
        artifact_object_id=subject.pk,
    ).order_by("pk")


def _live_process(subject: models.Model) -> Process | None:
    process = processes(subject).filter(status=PROCESS.NEW).last()
    if process is not None:
        process.artifact = subject  # conditions read the instance that the action changed
    return process


def start(*, subject: models.Model, actor: Actor) -> Process:
    """Start the newest version of the subject's flow. Starting twice is refused."""
    with transaction.atomic():
        if _live_process(subject) is not None:
            raise AlreadyDone(_("This has been started already."))
        flow_class = flow_for(type(subject))
        process: Process = flow_class.start.run(subject=subject)
        return process


def _waiting(process: Process, step: str) -> Task | None:
    return (
        Task.objects.filter(
            process=process,
            flow_task_type="HUMAN",
            status__in=[STATUS.NEW, STATUS.ASSIGNED],
            work_item__step=step,
        )
        .order_by("pk")
        .last()
    )


def _locked(subject: models.Model, step: str) -> tuple[Task, WorkItem, Step]:
    process = _live_process(subject)
    if process is None:
        raise _too_late(subject, step)
    with process.flow_class.lock(process.pk):
        task = _waiting(process, step)
        if task is None:
            raise _too_late(subject, step)
        task.process = process
        item = WorkItem.objects.select_for_update(of=("self",)).get(task=task)
        return task, item, task.flow_task


def _too_late(subject: models.Model, step: str) -> WrongState:
    done = (
        items(subject)
        .filter(step=step, outcome="done")
        .select_related("done_by")
        .order_by("-done_at")
        .first()
    )
    if done is not None and done.done_by is not None:
        return AlreadyDone(
            _("This step has been done already."), who=done.done_by.display_name, when=done.done_at
        )
    return WrongState(_("This step is not open now."))


def items(subject: models.Model) -> models.QuerySet[WorkItem]:
    return WorkItem.objects.filter(
        subject_type=ContentType.objects.get_for_model(subject), subject_id=subject.pk
    )


def _ask(step: Step, actor: Actor, item: WorkItem, subject: models.Model) -> None:
    hers = step.may_act(actor, item) or (step.stand_in and step.stand_in(actor, subject))
    if not (hers and access.still_acts(actor)):
        raise denials.refuse(actor, subject, f"step:{step.name}", denials.Missing.HOLDER)


def complete(*, subject: models.Model, step: str, actor: Actor) -> None:
    """Finish the waiting ``step``; everything automatic behind it runs in the same transaction."""
    with transaction.atomic():
        task, item, node = _locked(subject, step)
        _ask(node, actor, item, subject)
        activation = node.activation_class(task)
        if task.status == STATUS.NEW:
            activation.assign(_user(actor))
        activation.start(None)
        WorkItem.objects.filter(pk=item.pk).update(
            done_at=timezone.now(), done_by_id=actor.user_id, outcome="done"
        )
        activation.execute()


def _user(actor: Actor) -> Any:
    from privacy.models import User

    return User(pk=actor.user_id)


def claim(*, subject: models.Model, step: str, actor: Actor) -> None:
    """Take a step from the team's list into one's own."""
    with transaction.atomic():
        task, item, node = _locked(subject, step)
        taken = item.user_id is not None and item.user_id != actor.user_id
        if taken and actor.team_id == item.team_id and actor.role == item.role:
            raise AlreadyDone(_("Somebody else has taken this step."))
        _ask(node, actor, item, subject)
        if task.status == STATUS.NEW:
            node.activation_class(task).assign(_user(actor))
            _move(item, Holder(actor.role, item.team_id, actor.user_id, item.organisation_id))


def reassign(
    *, subject: models.Model, holder: Holder, actor: Actor, role: str | None = None
) -> int:
    """Move every waiting step of the subject to another holder (of one role, if named).

    The caller's policy has asked whether this actor may move work; the number moved is returned.
    """
    with transaction.atomic():
        moved = 0
        waiting = items(subject).filter(done_at__isnull=True)
        if role is not None:
            waiting = waiting.filter(role=role)
        for item in waiting.select_for_update(of=("self",)):
            _move(item, holder)
            moved += 1
            if holder.user_id != actor.user_id:
                item.lane = holder.lane
                notices.tell_holder(item)
        return moved


def _move(item: WorkItem, holder: Holder) -> None:
    WorkItem.objects.filter(pk=item.pk).update(
        lane=holder.lane,
        user_id=holder.user_id,
        team_id=holder.team_id,
        role=holder.role,
        organisation_id=holder.organisation_id,
    )
    Task.objects.filter(pk=item.task_id).update(
        owner_id=holder.user_id,
        status=STATUS.ASSIGNED if holder.user_id else STATUS.NEW,
        assigned=timezone.now() if holder.user_id else None,
    )


def refresh(*, subject: models.Model) -> None:
    """The subject's urgency or clocks changed: the waiting items follow."""
    facts = cast(Subject, subject).work_facts()
    for item in items(subject).filter(done_at__isnull=True).select_related("task"):
        node = item.task.flow_task
        WorkItem.objects.filter(pk=item.pk).update(
            urgent=facts.urgent,
            area_code=facts.area_code,
            family=facts.family,
            due_at=node.due_of(subject),
        )


def cancel(*, subject: models.Model, actor: Actor) -> bool:
    """End the subject's process: open steps leave the lists, timers are disarmed. Idempotent."""
    with transaction.atomic():
        process = _live_process(subject)
        if process is None:
            return False
        with process.flow_class.lock(process.pk):
            for task in Task.objects.filter(process=process, status__in=LIVE).order_by("-pk"):
                task.refresh_from_db()
                if task.status not in LIVE:
                    continue  # disarmed together with its host
                task.process = process
                activation = task.flow_task.activation_class(task)
                activation.cancel()
            Process.objects.filter(pk=process.pk).update(
                status=PROCESS.CANCELED, finished=timezone.now()
            )
        WorkItem.objects.filter(process=process, done_at__isnull=True).update(
            done_at=timezone.now(), done_by_id=actor.user_id, outcome="cancelled"
        )
        return True


def dismiss(*, subject: models.Model, steps: Iterable[str], actor: Actor) -> int:
    """Take side steps off the lists that have become needless; the process goes on without them.

    Only for steps beside the main way (a chase, an alarm): it never moves the process.
    """
    with transaction.atomic():
        process = _live_process(subject)
        if process is None:
            return 0
        dismissed = 0
        with process.flow_class.lock(process.pk):
            for step in steps:
                task = _waiting(process, step)
                if task is not None:
                    task.process = process
                    task.flow_task.activation_class(task).cancel()
                    dismissed += 1
        return dismissed


def raise_step(*, subject: models.Model, step: str, actor: Actor) -> None:
    """Open a step beside the main way because something happened (BPMN: a non-interrupting
    event), once: a step that waits already is not doubled."""
    with transaction.atomic():
        process = _live_process(subject)
        if process is None or _waiting(process, step) is not None:
            return
        with process.flow_class.lock(process.pk):
            latest = Task.objects.filter(process=process).order_by("pk").last()
            if latest is None:
                return
            latest.process = process
            node = process.flow_class.instance.node(step)
            activation = node._create(latest.flow_task.activation_class(latest), latest.token)
            activation.activate()


def is_waiting(subject: models.Model, step: str) -> bool:
    return items(subject).filter(step=step, done_at__isnull=True).exists()


def waiting_steps(subject: models.Model) -> list[str]:
    return list(
        items(subject).filter(done_at__isnull=True).order_by("pk").values_list("step", flat=True)
    )


def escalate(*, subject: models.Model, step: str) -> None:
    """Mark a step that ran over its clock; it stays with its holder and shows as escalated."""
    items(subject).filter(step=step, done_at__isnull=True, escalated_at__isnull=True).update(
        escalated_at=timezone.now()
    )


def titles(steps: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Any]:
    """(flow, step) → the step's title, for lists and histories."""
    known = {
        (flow_class.flow_name, node.name): node.title
        for flow_class in flows()
        for node in flow_class.steps()
    }
    return {key: known.get(key, key[1]) for key in steps}


def step_node(flow_name: str, step: str) -> Step | None:
    for flow_class in flows():
        if flow_class.flow_name == flow_name:
            for node in flow_class.steps():
                if node.name == step:
                    return node
    return None
