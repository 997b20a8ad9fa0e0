"""How long it is kept, and what then: the schedule as data, the night that obeys it, the hold."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.utils import timezone

from cases import actions
from cases.models import Case, Stripped
from cases.selectors import erasure as selectors
from privacy import kept, retention
from privacy.compartments import CASE_COMPARTMENTS
from privacy.compartments import Compartment as C
from privacy.fields import LOCKED
from privacy.models import (
    BlindIndex,
    Outbox,
    RetentionRun,
    SentForm,
    Tombstone,
    WrappedDataKey,
)
from privacy.tasks import ORPHAN_AGE, obey_retention
from tests import factories as make
from workflow import relay

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


def aged(case, months):
    closed = timezone.now() - timedelta(days=31 * months)
    Case.objects.filter(pk=case.pk).update(closed_at=closed)
    return make.fresh(case)


def runs():
    return {run.code: run for run in RetentionRun.objects.order_by("pk")}


# -- the schedule


def test_every_compartment_has_a_period_with_its_source():
    standing = retention.schedule()
    assert {rule.compartment for rule in standing.rules} >= {str(item) for item in C} - {
        "entries",
        "draft",
        "register",
        "factor",
    }
    for rule in standing.rules:
        assert rule.source and rule.vi and rule.en and rule.amount > 0
        assert rule.unit in retention.UNITS and rule.then in ("strip", "erase", "delete")
    assert all(item.source for item in standing.kept)


def test_every_rule_is_obeyed_by_somebody():
    codes = {rule.code for rule in retention.schedule().rules}
    assert {code for code in codes if retention.keeper_of(code) is None} == {"backup.keystore"}


def test_the_code_and_the_data_say_the_same():
    standing = retention.schedule()
    assert timedelta(hours=standing.rule("kept_text").amount) == kept.LIFETIME
    assert timedelta(hours=standing.rule("sent_form").amount) == ORPHAN_AGE


def test_a_new_version_holds_from_its_day(monkeypatch, tmp_path):
    old = json.loads(retention.DATA.read_text())[0]
    new = json.loads(retention.DATA.read_text())[0]
    new |= {"version": "2030.1", "valid_from": "2030-01-01"}
    new["payload"]["rules"][0]["amount"] = 12
    path = tmp_path / "retention.json"
    path.write_text(json.dumps([new, old]))
    monkeypatch.setattr(retention, "DATA", path)
    retention._versions.cache_clear()
    try:
        first = datetime(2030, 1, 1).date()
        assert retention.schedule(first).rule("case.identity").amount == 12
        assert retention.schedule(first - timedelta(days=1)).rule("case.identity").amount == 24
        with pytest.raises(retention.NoSchedule):
            retention.schedule(datetime(2020, 1, 1).date())
    finally:
        retention._versions.cache_clear()


@pytest.mark.parametrize(
    ("now", "amount", "cut"),
    [
        ((2026, 3, 31, 3), 1, (2026, 2, 28)),
        ((2028, 3, 31, 3), 1, (2028, 2, 29)),
        ((2026, 5, 10, 3), 24, (2024, 5, 10)),
        ((2026, 1, 15, 3), 2, (2025, 11, 15)),
    ],
)
def test_months_are_counted_by_the_calendar(now, amount, cut):
    rule = retention.Rule("x", "months", amount, "", "strip", "", "", "")
    found = rule.cut_off(datetime(*now, tzinfo=UTC))
    assert (found.year, found.month, found.day) == cut


# -- files


def test_a_file_within_its_time_is_left_alone(cast):
    case = aged(make.case_closed(cast), 20)
    retention.run()
    relay.drain()
    assert not Stripped.objects.exists() and not Tombstone.objects.exists()
    with make.opened(cast.hanh, case, C.IDENTITY):
        assert make.fresh(case).alias == make.ALIAS


def test_a_file_over_its_time_keeps_its_codes_only(cast, capsys):
    case = aged(make.case_closed(cast), 30)
    open_ = make.case_in_support(cast)
    call_command("retention", "--dry-run")
    said = capsys.readouterr().out
    assert "case.identity" in said and "due      1" in said
    assert WrappedDataKey.objects.filter(owner_uuid=case.uuid).exists()
    call_command("retention", "--run")
    stone = Tombstone.objects.get()
    assert (stone.subject_uuid, stone.basis) == (case.uuid, "retention")
    assert selectors.proof(stone).clean
    assert make.fresh(case).state == "closed" and make.fresh(case).area_code == case.area_code
    with make.opened(cast.hanh, open_, C.IDENTITY):
        assert make.fresh(open_).alias == make.ALIAS
    assert {run.let_go for code, run in runs().items() if code.startswith("case.")} == {1}
    call_command("retention", "--run")
    assert Tombstone.objects.count() == 1
    call_command("check_flows")


def test_one_compartment_goes_before_the_others(cast):
    case = aged(make.case_closed(cast), 30)
    retention.run(["case.contact"])
    relay.drain()
    left = WrappedDataKey.objects.filter(owner_uuid=case.uuid)
    assert {row.compartment for row in left} == {
        item.byte for item in CASE_COMPARTMENTS if item is not C.CONTACT
    }
    assert not BlindIndex.objects.filter(owner_uuid=case.uuid).exists()
    with make.opened(cast.hanh, case, C.IDENTITY, C.CONTACT):
        assert make.fresh(case).alias == make.ALIAS
        assert make.fresh(case).contact is LOCKED
    assert not Tombstone.objects.exists()


def test_a_legal_hold_keeps_it(cast):
    case = aged(make.case_closed(cast), 30)
    actions.propose_hold(actor=cast.yen, case=case, source="complaint", reason="Khiếu nại")
    call_command("retention", "--run")
    assert runs()["case.identity"].held == 1 and runs()["case.identity"].let_go == 0
    assert WrappedDataKey.objects.filter(owner_uuid=case.uuid).count() == len(CASE_COMPARTMENTS)


def test_a_file_opened_again_meanwhile_stays(cast):
    case = aged(make.case_closed(cast), 30)
    before = retention.schedule().rule("case.needs").cut_off()
    actions.reopen_case(actor=cast.hanh, case=case)
    from cases.actions.keeping import strip

    assert not strip(case=case, compartment=C.NEEDS, before=before)


def test_it_goes_on_after_a_kill(cast, monkeypatch):
    first, second = aged(make.case_refused(cast), 30), aged(make.case_closed(cast), 30)

    class Killed(BaseException):
        pass

    from cases.actions import keeping

    real, seen = keeping.strip, []

    def killed(*, case, **more):
        seen.append(case.pk)
        if len(seen) == 5:
            raise Killed
        return real(case=case, **more)

    monkeypatch.setattr(keeping, "strip", killed)
    with pytest.raises(Killed):
        retention.run()
    monkeypatch.undo()
    assert RetentionRun.objects.filter(finished_at__isnull=True).count() == 1
    call_command("retention", "--run")
    for case in (first, second):
        assert selectors.proof(Tombstone.objects.get(subject_uuid=case.uuid)).clean


def test_one_broken_rule_stops_no_other(cast, monkeypatch):
    case = aged(make.case_closed(cast), 30)
    from cases.actions import keeping

    def broken(**_):
        raise RuntimeError

    monkeypatch.setattr(keeping, "strip", broken)
    lead = make.lead_informed(cast)
    type(lead).objects.filter(pk=lead.pk).update(created_at=timezone.now() - timedelta(days=400))
    with pytest.raises(CommandError, match="9 records"):
        call_command("retention", "--run")
    assert runs()["lead"].let_go == 1 and make.fresh(lead).state == "ended"
    assert not WrappedDataKey.objects.filter(owner_uuid=lead.owner_uuid).exists()
    assert WrappedDataKey.objects.filter(owner_uuid=case.uuid).exists()


def test_an_old_slip_loses_its_packet_and_keeps_its_entries(cast):
    slip = make.referral_confirmed(cast)
    type(slip).objects.filter(pk=slip.pk).update(ended_at=timezone.now() - timedelta(days=800))
    entries = WrappedDataKey.objects.filter(owner_uuid=slip.owner_uuid, compartment=C.ENTRIES.byte)
    kept_keys = entries.count()
    call_command("retention", "--run", "--only", "referral.packet")
    assert runs()["referral.packet"].let_go == 1
    left = WrappedDataKey.objects.filter(owner_uuid=slip.owner_uuid)
    assert left.count() == entries.count() == kept_keys
    call_command("retention", "--run", "--only", "referral.packet")
    assert runs()["referral.packet"].let_go == 0


# -- what the house itself leaves behind


def test_expired_sessions_and_spent_rows_go(cast, sign_in):
    browser = sign_in("hanh")
    now = timezone.now()
    Session.objects.create(session_key="old", expire_date=now - timedelta(days=2))
    SentForm.objects.create(token="0" * 32, user=cast.user("hanh"), at=now - timedelta(days=2))
    Outbox.objects.create(kind="x", done_at=now - timedelta(days=31))
    unfinished = Outbox.objects.create(kind="y", created_at=now - timedelta(days=90))
    retention.run()
    assert not Session.objects.filter(session_key="old").exists()
    assert browser.get("/").status_code == 200
    assert not SentForm.objects.filter(token="0" * 32).exists()
    assert list(Outbox.objects.filter(kind__in="xy")) == [unfinished]


def test_it_runs_once_a_night_and_after_a_night_off(cast):
    with time_machine.travel(datetime(2026, 5, 10, 19, 30, tzinfo=UTC), tick=False):  # 02:30
        obey_retention()
        first = RetentionRun.objects.count()
        assert first
        obey_retention()
        assert RetentionRun.objects.count() == first
    with time_machine.travel(datetime(2026, 5, 11, 6, tzinfo=UTC), tick=False):  # 13:00
        assert not retention.is_time()
    with time_machine.travel(datetime(2026, 5, 11, 19, tzinfo=UTC), tick=False):  # the next night
        assert retention.is_time()
    with time_machine.travel(datetime(2026, 5, 12, 6, tzinfo=UTC), tick=False):  # it was off
        assert retention.is_time()


def test_an_unknown_rule_is_named():
    with pytest.raises(CommandError, match="Known rules"):
        call_command("retention", "--run", "--only", "police")
