"""The clock: fires once, puts off what fails, forgets nothing, and keeps no client's word."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.contenttypes.models import ContentType
from django.db import connections
from django.utils import timezone
from viewflow.workflow.models import Process, Task
from viewflow.workflow.status import STATUS

from cases.models import Lead
from referrals.states import State
from tests import factories
from tests.workflow.probe_flows import SENTINEL, BrokenFlow, StockBrokenFlow, calls
from workflow import engine, timers

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


def after(**delta):
    return time_machine.travel(timezone.now() + timedelta(**delta))


def test_nothing_fires_early(probe):
    probe()
    assert timers.fire_due() == 0
    with after(hours=23):
        assert timers.fire_due() == 0
    assert calls == []


def test_each_fires_once_however_late_and_however_often(probe):
    lead = probe()
    with after(days=400):
        assert timers.fire_due() == 3
        assert timers.fire_due() == 0
    assert sorted(calls) == ["late", "remind", "waited"]
    assert engine.waiting_steps(lead) == ["second"]


def test_the_oldest_fires_first(probe):
    probe()
    with after(days=400):
        assert timers.fire_due(limit=1) == 1
        assert calls == ["remind"]
        assert timers.fire_due(limit=1) == 1
        assert calls == ["remind", "late"]


def test_a_clock_that_jumps_back_fires_nothing_again(probe):
    probe()
    with after(days=3):
        timers.fire_due()
    done = list(calls)
    assert timers.fire_due() == 0
    with after(days=3):
        assert timers.fire_due() == 0
    assert calls == done


def test_two_dispatchers_fire_a_timer_once(probe):
    """The second one read the list before the first had fired."""
    probe()
    with after(days=1, minutes=1):
        [(task, process)] = list(
            Task.objects.filter(scheduled__lte=timezone.now()).values_list("pk", "process_id")
        )
        assert [timers._fire(task, process), timers._fire(task, process)] == [1, 0]
    assert calls == ["remind"]


def test_a_process_that_ended_meanwhile_fires_nothing(cast, probe):
    lead = probe()
    with after(days=1, minutes=1):
        [(task, process)] = list(
            Task.objects.filter(scheduled__lte=timezone.now()).values_list("pk", "process_id")
        )
        engine.cancel(subject=lead, actor=cast.hoa)
        assert timers._fire(task, process) == 0
    assert calls == []


# -- what fails


def dump():
    found = []
    for alias in ("default", "audit", "keystore"):
        with connections[alias].cursor() as cursor:
            for table in connections[alias].introspection.table_names(cursor):
                cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
                found.append(repr(cursor.fetchall()))
    return "".join(found).encode().decode("unicode_escape", "ignore") + "".join(found)


def test_a_failing_node_leaves_no_word_in_the_database(probe):
    lead = probe(BrokenFlow)
    with after(days=1, minutes=1):
        assert timers.fire_due() == 0
    assert SENTINEL not in dump() and "kể chuyện" not in dump()
    for task in Task.objects.filter(process__in=engine.processes(lead)):
        assert not task.data and task.status != STATUS.ERROR


def test_the_stock_timer_keeps_them_in_clear(probe):
    """Why we do not use it: the words of the failing frame, as plain JSON."""
    probe(StockBrokenFlow)
    with after(days=1, minutes=1):
        timers.fire_due()
    kept = Task.objects.exclude(data={}).exclude(data=None).get()
    assert kept.data["_exception"]["locals"]["words"] == SENTINEL


def test_what_failed_is_put_off_and_noted_without_words(probe, caplog):
    lead = probe(BrokenFlow)
    with after(days=1, minutes=1):
        timers.fire_due()
        task = Task.objects.get(process__in=engine.processes(lead), status=STATUS.SCHEDULED)
        assert timedelta(minutes=4) < task.scheduled - timezone.now() <= timedelta(minutes=5)
        assert timers.fire_due() == 0  # not again at once
    [record] = [record for record in caplog.records if record.getMessage() == "timer_failed"]
    assert record.facts == {"task": task.pk, "error": "ValueError"}
    assert SENTINEL not in caplog.text


def test_one_broken_flow_does_not_stop_the_others(probe):
    broken = [probe(BrokenFlow) for _ in range(3)]
    lead = probe()
    with after(days=1, minutes=1):
        assert timers.fire_due() == 1
    assert calls == ["remind"] and engine.waiting_steps(lead) == ["work"]
    assert len(broken) == 3


@pytest.mark.parametrize("gone", ["flow", "model", "record", "nothing"])
def test_a_row_of_a_removed_app_does_not_stop_the_sweep(probe, gone):
    stray, lead = probe(), probe()
    process = engine.processes(stray).get()
    if gone == "flow":
        Process.objects.filter(pk=process.pk).update(flow_class="gone/flows.GoneFlow")
        Task.objects.filter(process=process).update(flow_task="gone/flows.GoneFlow.wait")
    elif gone == "model":
        kind = ContentType.objects.create(app_label="gone", model="thing")
        Process.objects.filter(pk=process.pk).update(artifact_content_type=kind)
    elif gone == "record":
        Process.objects.filter(pk=process.pk).update(artifact_object_id=10**9)
    else:
        Process.objects.filter(pk=process.pk).update(
            artifact_content_type=None, artifact_object_id=None
        )
    with after(days=1, minutes=1):
        assert timers.fire_due() == 1
        assert timers.fire_due() == 0
    assert calls == ["remind"]
    assert engine.waiting_steps(lead) == ["work"]


def test_a_failing_timer_does_not_starve_the_rest(probe):
    for _ in range(3):
        probe(BrokenFlow)
    probe()
    with after(days=1, minutes=1):
        fired = [timers.fire_due(limit=1) for _ in range(4)]
    assert fired == [0, 0, 0, 1]


# -- our clocks


def test_the_clocks_of_an_unanswered_referral(cast):
    """Reminder at half time, sender at the limit, supervisor after, expiry only after that."""
    referral = factories.referral_sent(cast)
    assert referral.remind_at < referral.answer_by < referral.escalate_at < referral.expires_at
    seen = []
    for moment in ("remind_at", "answer_by", "escalate_at", "expires_at"):
        with time_machine.travel(getattr(referral, moment) + timedelta(seconds=1), tick=False):
            assert timers.fire_due() >= 1
            assert timers.fire_due() == 0
            referral.refresh_from_db()
            seen.append(referral.state)
    assert seen == [State.SENT, State.SENT, State.SENT, State.EXPIRED]
    assert "decide" in engine.waiting_steps(referral)
    assert "answer" not in engine.waiting_steps(referral)


def test_an_answer_in_time_stops_its_clocks(cast):
    referral = factories.referral_accepted(cast)
    with time_machine.travel(referral.expires_at + timedelta(days=1)):
        timers.fire_due()
        referral.refresh_from_db()
        assert referral.state == State.ACCEPTED


def test_not_now_is_asked_again_once(cast):
    lead = factories.lead_not_now(cast)
    with after(days=91):
        assert timers.fire_due() == 1 and timers.fire_due() == 0
        assert engine.waiting_steps(lead) == ["offer"]
        assert Lead.objects.get(pk=lead.pk).state == "informed"


def test_the_next_moment_is_known(probe):
    assert timers.next_moment() is None
    lead = probe()
    assert timers.next_moment() == lead.created_at + timedelta(days=1)
