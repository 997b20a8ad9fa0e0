"""The relay: at least once, one at a time, with patience, and visibly given up in the end."""

from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from cases import actions
from cases.models import Case, Goal, Lead
from privacy import audit, keys, outbox
from privacy.models import ChangeRecord, Organisation, Outbox, WrappedDataKey
from privacy.roles import OrganisationKind
from tests import factories
from workflow import relay

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])
KIND = "test.kind"


@pytest.fixture
def ran(monkeypatch):
    """The ids that the handler of ``test.kind`` was run with."""
    seen = []
    monkeypatch.setitem(outbox.handlers, KIND, [seen.append])
    return seen


def listen(handler):
    outbox.handlers[KIND] = [handler]


def row():
    return Outbox.objects.get(kind=KIND)


def after(**delta):
    return time_machine.travel(timezone.now() + timedelta(**delta), tick=False)


def test_a_promise_is_kept_once(ran):
    outbox.put(KIND, 7)
    assert relay.run_due() == 1 and relay.run_due() == 0
    assert ran == [7]
    assert row().done_at and row().lease == "" and row().attempts == 1


def test_what_rolled_back_is_never_run(ran):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        outbox.put(KIND, 7)
        raise ZeroDivisionError
    assert relay.run_due() == 0 and ran == []


def test_later_means_later_and_the_oldest_goes_first(ran):
    outbox.put(KIND, 3, run_at=timezone.now() + timedelta(hours=3))
    outbox.put(KIND, 2, run_at=timezone.now() + timedelta(hours=2))
    outbox.put(KIND, 1)
    assert relay.run_due() == 1
    with after(hours=4):
        assert relay.run_due() == 2
    assert ran == [1, 2, 3]


def test_a_failure_waits_longer_each_time_and_gives_up_after_eight(ran, caplog):
    def fails(_id):
        raise ValueError("Mây kể chuyện")

    listen(fails)
    outbox.put(KIND, 7)
    waits = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for attempt in range(1, 9):
            assert relay.run_due() == 1
            now = row()
            assert (now.attempts, now.last_error, now.lease) == (attempt, "ValueError", "")
            assert bool(now.gave_up_at) is (attempt == 8) and not now.done_at
            waits.append((now.run_at - timezone.now()) // timedelta(minutes=1))
            assert relay.run_due() == 0
            clock.move_to(now.run_at)
        assert waits == [2, 4, 8, 16, 32, 60, 60, 60]
        clock.shift(timedelta(days=365))
        assert relay.run_due() == 0
    assert "Mây" not in caplog.text
    assert [r.facts["attempts"] for r in caplog.records if r.msg == "outbox_failed"] == list(
        range(1, 9)
    )
    assert relay.sweep() == 0 and row().gave_up_at  # it stays for a person to see


def test_it_may_succeed_later(ran):
    results = iter([ValueError, None])

    def sometimes(object_id):
        error = next(results)
        if error:
            raise error
        ran.append(object_id)

    listen(sometimes)
    outbox.put(KIND, 7)
    relay.run_due()
    with after(minutes=3):
        relay.run_due()
    assert ran == [7] and row().done_at and row().last_error == "" and row().attempts == 2


def test_a_failed_handler_writes_nothing(ran):
    def half(_id):
        Organisation.objects.create(code="half", name="half", kind=OrganisationKind.OTHER)
        raise ValueError

    listen(half)
    outbox.put(KIND, 7)
    relay.run_due()
    assert not Organisation.objects.filter(code="half").exists()


def test_several_rooms_may_listen(ran):
    outbox.handlers[KIND].append(lambda object_id: ran.append(-object_id))
    outbox.put(KIND, 7)
    relay.run_due()
    assert ran == [7, -7]


def test_a_kind_that_nobody_handles_is_not_lost(ran):
    outbox.put("nobody.listens", 1)
    relay.run_due()
    left = Outbox.objects.get(kind="nobody.listens")
    assert left.last_error == "LookupError" and not left.done_at


def test_one_bad_row_does_not_stop_the_next(ran):
    def picky(object_id):
        if object_id == 1:
            raise ValueError
        ran.append(object_id)

    listen(picky)
    for number in (1, 2, 3):
        outbox.put(KIND, number)
    assert relay.run_due() == 3 and ran == [2, 3]


# -- two relays, killed workers, clocks


def test_two_relays_run_a_row_once(ran):
    """The second one asks for the row while the first is still at it."""
    second = []

    def slow(object_id):
        ran.append(object_id)
        second.append(relay.run_row(row().pk))

    listen(slow)
    outbox.put(KIND, 7)
    assert relay.run_due() == 1
    assert ran == [7] and second == [0]
    assert relay.run_row(row().pk) == 0


def test_a_killed_worker_loses_nothing(ran):
    """Killed in the middle: the lease stands, runs out, and the row is run once more."""

    class Killed(BaseException):
        pass

    def killed(_id):
        raise Killed

    listen(killed)
    outbox.put(KIND, 7)
    with pytest.raises(Killed):
        relay.run_due()
    assert row().lease and not row().done_at
    listen(ran.append)
    assert relay.run_due() == 0
    with after(minutes=1, seconds=59):
        assert relay.run_due() == 0
    with after(minutes=2, seconds=1):
        assert relay.run_due() == 1 and relay.run_due() == 0
    assert ran == [7] and row().attempts == 2


def test_a_late_worker_does_not_undo_the_second_ones_work(ran):
    """Its lease ran out while it worked; somebody else finished; its failure counts for nothing."""
    outbox.put(KIND, 7)
    Outbox.objects.update(lease="late", lease_until=timezone.now() - timedelta(seconds=1))
    late = row()
    assert relay.run_due() == 1
    relay._failed(late, "late", "ValueError")
    assert ran == [7] and row().done_at and row().last_error == "" and not row().gave_up_at


def test_a_row_that_kills_its_worker_every_time_is_given_up(ran):
    outbox.put(KIND, 7)
    Outbox.objects.update(attempts=relay.MAX_ATTEMPTS)
    assert relay.run_due() == 0
    assert ran == [] and row().gave_up_at and row().last_error == "WorkerDied"


def test_a_clock_set_back_does_not_hold_a_lease_for_ever(ran):
    outbox.put(KIND, 7)
    Outbox.objects.update(lease="dead", lease_until=timezone.now() + timedelta(days=365))
    assert relay.run_due() == 1 and ran == [7]


def test_each_handler_has_a_ring_and_no_actor_of_its_own(ran, cast):
    seen = []

    def look(_id):
        seen.append((keys.ring(), audit.current_actor.get(), dict(keys.ring().seen)))

    listen(look)
    outbox.put(KIND, 1)
    outbox.put(KIND, 2)
    token = audit.current_actor.set(cast.hanh)
    relay.run_due()
    assert audit.current_actor.get() == cast.hanh
    audit.current_actor.reset(token)
    assert [actor for _, actor, _ in seen] == [None, None]
    assert seen[0][0] is not seen[1][0] and not seen[0][2]


def test_drain_ends(ran):
    def again(object_id):
        outbox.put(KIND, object_id + 1)

    listen(again)
    outbox.put(KIND, 1)
    assert relay.drain(rounds=5) == 5


def test_old_rows_are_swept(ran):
    outbox.put(KIND, 7)
    relay.run_due()
    with after(days=29):
        assert relay.sweep() == 0
    with after(days=31):
        assert relay.sweep() == 1


# -- our own handlers, run twice


@pytest.mark.parametrize(
    "stage",
    [
        factories.referral_confirmed,
        factories.referral_withdrawn,
        factories.lead_ended,
        factories.livelihood_active,
        factories.case_closed,
    ],
    ids=lambda stage: stage.__name__,
)
def test_our_handlers_may_run_twice(cast, stage):
    """A relay may be killed between the work and the mark that it was done."""
    stage(cast)
    relay.drain()
    assert not Outbox.objects.filter(done_at=None, run_at__lte=timezone.now()).exists()

    def world():
        return (
            list(Case.objects.values("pk", "state")),
            list(Goal.objects.values("pk", "state")),
            WrappedDataKey.objects.count(),
            ChangeRecord.objects.exclude(event="livelihood.milestone").count(),
        )

    before = world()
    Outbox.objects.update(done_at=None)
    relay.drain()
    assert world() == before
    assert not Outbox.objects.exclude(last_error="").exists()


def test_the_keys_of_a_lead_die_after_the_change_and_only_then(cast, monkeypatch):
    lead = factories.lead_handed_over(cast)
    keys_of = WrappedDataKey.objects.filter(owner_uuid=lead.uuid)

    def fails(**_):
        raise ZeroDivisionError

    monkeypatch.setattr("cases.actions.intake.engine.start", fails)
    with pytest.raises(ZeroDivisionError):
        factories.case_opened(cast, lead=lead)
    relay.drain()
    assert keys_of.count() == 3 and Lead.objects.get(pk=lead.pk).state == "handed_over"
    monkeypatch.undo()
    factories.case_opened(cast, lead=factories.fresh(lead))
    assert keys_of.count() == 3
    relay.drain()
    assert keys_of.count() == 0
    actions.destroy_lead_keys(lead.pk)
