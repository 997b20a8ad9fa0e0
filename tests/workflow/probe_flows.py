"""Small flows for tests of the engine room. viewflow stores flows by the name of their module, so
these say that they live in ``workflow.probe``."""

import sys
from datetime import timedelta
from typing import Any

from viewflow import this
from viewflow.workflow import flow

from privacy.roles import Role
from workflow.nodes import Flow, Holder, Step, Wait, subject_of

sys.modules.setdefault("workflow.probe", sys.modules[__name__])

SENTINEL = "Mây kể chuyện của chị ấy"
calls: list[str] = []


def in_days(days: int) -> Any:
    return lambda subject: subject.created_at + timedelta(days=days)


def peer(lead: Any) -> Holder:
    return Holder(Role.PEER_WORKER, lead.team_id, None, lead.team.organisation_id)


def step(title: str) -> Step:
    return Step(
        title=title,
        roles={Role.PEER_WORKER, Role.SOCIAL_WORKER},
        also=frozenset({Role.SUPERVISOR}),
        holder=peer,
        due=in_days(3),
        link="lead",
    )


class ProbeFlow(Flow):
    __module__ = "workflow.probe"
    flow_name = "probe"
    process_title = "Probe"

    start = flow.StartHandle(this.begin).Next(this.both)
    both = flow.Split().Next(this.work).Next(this.wait)
    work = (
        step("Work")
        .OnTimeout(in_days(1), this.remind, interrupting=False)
        .OnTimeout(in_days(2), this.late)
        .OnTimeout(in_days(9), this.remind, interrupting=False)
        .Next(this.second)
    )
    second = step("Second").Next(this.end)
    remind = flow.Function(this.do_remind).Next(this.end)
    late = flow.Function(this.do_late).Next(this.second)
    wait = Wait(in_days(5), title="Five days").Next(this.waited)
    waited = flow.Function(this.do_waited).Next(this.end)
    end = flow.End()

    def do_remind(self, activation: Any) -> None:
        calls.append("remind")

    def do_late(self, activation: Any) -> None:
        calls.append("late")

    def do_waited(self, activation: Any) -> None:
        calls.append("waited")


class BrokenFlow(Flow):
    """Its clock leads into a node that fails with a client's words at hand."""

    __module__ = "workflow.probe"
    flow_name = "broken"
    process_title = "Broken"

    start = flow.StartHandle(this.begin).Next(this.wait)
    wait = Wait(in_days(1)).Next(this.fails)
    fails = flow.Function(this.do_fail).Next(this.end)
    end = flow.End()

    def do_fail(self, activation: Any) -> None:
        words = SENTINEL
        raise ValueError(words + str(subject_of(activation).pk))


class StockFlow(flow.Flow):
    """The same clocks on viewflow's own node, to know that our tests would notice it."""

    __module__ = "workflow.probe"
    process_title = "Stock"

    start = flow.StartHandle(this.begin).Next(this.work)
    work = (
        flow.View(None)
        .OnTimeout(timedelta(days=2), this.late)
        .OnTimeout(timedelta(days=9), this.end, interrupting=False)
        .Next(this.end)
    )
    late = flow.Function(this.do_late).Next(this.end)
    end = flow.End()

    def begin(self, activation: Any, subject: Any) -> Any:
        activation.process.artifact = subject
        return activation.process

    def do_late(self, activation: Any) -> None:
        calls.append("late")


class StockBrokenFlow(flow.Flow):
    __module__ = "workflow.probe"
    process_title = "Stock, broken"

    start = flow.StartHandle(this.begin).Next(this.wait)
    wait = flow.Timer(timedelta(days=1)).Next(this.fails)
    fails = flow.Function(this.do_fail).Next(this.end)
    end = flow.End()

    def begin(self, activation: Any, subject: Any) -> Any:
        activation.process.artifact = subject
        return activation.process

    def do_fail(self, activation: Any) -> None:
        words = SENTINEL
        raise ValueError(words)
