"""Our own node closes the holes of the stock one; each test shows the hole where there is one."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from viewflow.workflow.models import Task
from viewflow.workflow.status import STATUS

from tests.workflow.probe_flows import ProbeFlow, StockFlow, calls
from workflow import engine, timers
from workflow.models import WorkItem
from workflow.nodes import Clock, Step, Wait

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


def scheduled(subject):
    return Task.objects.filter(
        process__in=engine.processes(subject), status=STATUS.SCHEDULED
    ).values_list("flow_task", flat=True)


def names(subject):
    return sorted(node.name for node in scheduled(subject))


def after(**delta):
    return time_machine.travel(timezone.now() + timedelta(**delta))


def test_a_step_that_runs_out_disarms_its_other_clocks(probe):
    lead = probe()
    with after(days=2, minutes=1):
        timers.fire_due()
    assert sorted(calls) == ["late", "remind"]
    assert engine.waiting_steps(lead) == ["second"]
    assert names(lead) == ["wait"]  # the nine-day clock of the step went with it
    assert engine.items(lead).get(step="work").outcome == "cancelled"


def test_the_stock_node_leaves_them_running(probe):
    lead = probe(StockFlow)
    with after(days=2, minutes=1):
        timers.fire_due()
    assert calls == ["late"]
    assert len(scheduled(lead)) == 1, "viewflow has closed the hole: disarm may go"


def test_a_step_that_does_not_interrupt_stays(probe):
    lead = probe()
    with after(days=1, minutes=1):
        assert timers.fire_due() == 1
    assert calls == ["remind"] and engine.waiting_steps(lead) == ["work"]


def test_cancelling_the_step_alone_disarms_it(cast, probe):
    lead = probe()
    assert engine.dismiss(subject=lead, steps=["work"], actor=cast.hoa) == 1
    assert names(lead) == ["wait"]
    assert not engine.items(lead).filter(done_at=None).exists()


def test_a_revived_step_has_its_lane_and_its_clocks(cast, probe):
    lead = probe()
    engine.dismiss(subject=lead, steps=["work"], actor=cast.hoa)
    task = Task.objects.get(flow_task=ProbeFlow.instance.work)
    fresh = task.flow_task.activation_class(task).revive()
    assert Task.objects.get(pk=task.pk).status == STATUS.REVIVED
    assert fresh.status == STATUS.NEW and engine.waiting_steps(lead) == ["work"]
    item = WorkItem.objects.get(task=fresh)
    assert item.lane == f"t{cast.hoa.team_id}:peer_worker"
    assert len(names(lead)) == 4
    engine.complete(subject=lead, step="work", actor=cast.hoa)
    assert engine.waiting_steps(lead) == ["second"] and names(lead) == ["wait"]


@pytest.mark.parametrize("claim_first", [False, True])
def test_the_time_of_taking_is_written(cast, probe, claim_first):
    lead = probe()
    if claim_first:
        engine.claim(subject=lead, step="work", actor=cast.hoa)
    engine.complete(subject=lead, step="work", actor=cast.hoa)
    task = Task.objects.get(flow_task=ProbeFlow.instance.work)
    assert task.assigned is not None and task.owner_id == cast.hoa.user_id


def test_only_steps_and_clocks_wait_in_our_flows():
    """No other kind of node holds a token: nothing is open to a user without an actor."""
    for flow_class in engine.flows():
        for node in flow_class.instance.nodes():
            if node.task_type == "HUMAN":
                assert isinstance(node, Step), node
            if node.task_type == "TIMER":
                assert isinstance(node, Clock | Wait), node


def test_locks_wait_instead_of_giving_up():
    for flow_class in engine.flows():
        assert (flow_class.lock_impl.nowait, flow_class.lock_impl.attempts) == (False, 1)
