"""Re-sealing: new data keys, every value anew, the old key only when nothing needs it."""

from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connections
from django.utils import timezone

from cases.models import Lead
from privacy import audit, keys, tasks
from privacy.compartments import LEAD_COMPARTMENTS
from privacy.compartments import Compartment as C
from privacy.fields import LOCKED
from privacy.keys import resealing
from privacy.keys.batches import Stopped
from privacy.models import AuditEvent, WrappedDataKey
from tests import factories
from tests.factories import ALIAS, opened

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])
NUMBER = len(LEAD_COMPARTMENTS)


class Killed(BaseException):
    """kill -9: nothing catches it."""


@pytest.fixture
def lead(cast):
    return factories.lead_made(cast)


def raw(record, column):
    with connections["default"].cursor() as cursor:
        cursor.execute(
            f"SELECT {column} FROM {record._meta.db_table} WHERE id = %s",  # noqa: S608
            [record.pk],
        )
        return bytes(cursor.fetchone()[0])


def plant(record, column, value):
    with connections["default"].cursor() as cursor:
        cursor.execute(
            f"UPDATE {record._meta.db_table} SET {column} = %s WHERE id = %s",  # noqa: S608
            [value, record.pk],
        )


def begin(lead, **more):
    return resealing.reseal(
        made_before=timezone.now() + timedelta(seconds=1),
        owners=[lead.owner_uuid],
        purpose="test",
        **more,
    )


def finish(**more):
    return resealing.reseal(purpose="test", **more)


def grace_passed():
    WrappedDataKey.objects.update(
        created_at=timezone.now() - resealing.GRACE - timedelta(seconds=1)
    )


def versions(lead):
    rows = WrappedDataKey.objects.filter(owner_uuid=lead.owner_uuid)
    return sorted(rows.values_list("compartment", "version"))


def version_of(lead, column="alias"):
    return int.from_bytes(raw(lead, column)[3:5], "big")


def reads(cast, lead):
    with opened(cast.hoa, lead, C.IDENTITY, C.CONTACT):
        found = factories.fresh(lead)
        return found.alias == ALIAS and found.contact["hours"] == "9–11"


def run(*words):
    out = StringIO()
    call_command("keys", *words, stdout=out)
    return out.getvalue()


# -- the whole


def test_every_value_lies_under_a_new_key_and_the_old_one_goes(cast, lead):
    old, wrapped = raw(lead, "alias"), bytes(WrappedDataKey.objects.first().wrapped)
    found = begin(lead)
    assert (found.made, found.values, found.dropped, found.waiting) == (NUMBER, 3, 0, NUMBER)
    assert version_of(lead) == 2 and raw(lead, "alias") != old
    assert reads(cast, lead)
    grace_passed()
    assert finish().dropped == NUMBER
    assert versions(lead) == [(item.byte, 2) for item in LEAD_COMPARTMENTS]
    assert reads(cast, lead)
    # What was copied away under the old key opens no more, and neither does the old key's row.
    plant(lead, "alias", old)
    with opened(cast.hoa, lead, C.IDENTITY):
        assert factories.fresh(lead).alias is LOCKED
    assert bytes(WrappedDataKey.objects.first().wrapped) != wrapped


def test_a_whole_case_with_everything_in_it(cast):
    """Every model with sealed fields that a journey fills."""
    referral = factories.referral_completed(cast)
    case = factories.link_of(referral).case
    owners = [case.owner_uuid, referral.owner_uuid]
    before = timezone.now() + timedelta(seconds=1)
    found = resealing.reseal(made_before=before, owners=owners, purpose="test")
    assert found.shut == found.overtaken == 0 and found.values > 30
    grace_passed()
    assert finish(owners=owners).dropped == found.made
    with opened(cast.hanh, case, C.IDENTITY, C.NEEDS):
        assert factories.fresh(case).alias == ALIAS
    for model, fields in resealing.sealed_models().items():
        for row in model._base_manager.filter(owner_uuid__in=owners):
            assert {version_of(row, item.column) for item in fields} == {2}


def test_only_the_named_owner_and_compartment(cast, lead):
    other = factories.lead_made(cast, by="hanh")
    assert begin(lead, compartments=[C.CONTACT]).made == 1
    assert version_of(lead, "contact") == 2 and version_of(lead) == 1
    assert version_of(other, "contact") == 1


def test_it_says_who_opened_what_and_why_before_it_does(cast, lead, monkeypatch):
    def fails(**_):
        raise OperationalError("no audit")

    with monkeypatch.context() as patch:
        patch.setattr(audit, "key_event", fails)
        patch.setattr(resealing, "_open", lambda *_: pytest.fail("opened without an audit row"))
        with pytest.raises(Stopped):
            begin(lead)
    begin(lead)
    row = AuditEvent.objects.filter(action="key.reseal").get()
    assert (row.purpose, row.count, len(row.ids_hash)) == ("test", NUMBER, 64)
    assert row.compartments == "contact,identity,notes"


# -- killed


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", ["_open", "_make", "_values", "_swap", "_drop"])
def test_killed_at_any_step_it_goes_on(cast, lead, monkeypatch, step, after):
    real = getattr(resealing, step)

    def dies(*args):
        if after:
            real(*args)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(resealing, step, dies)
        with pytest.raises(Killed):
            begin(lead)
    assert reads(cast, lead)
    begin(lead)
    grace_passed()
    finish()
    assert versions(lead) == [(item.byte, 2) for item in LEAD_COMPARTMENTS]
    assert version_of(lead) == version_of(lead, "contact") == version_of(lead, "note") == 2
    assert reads(cast, lead)


def test_the_same_moment_again_makes_no_third_key(cast, lead):
    before = timezone.now()
    resealing.reseal(made_before=before, purpose="test")
    assert resealing.reseal(made_before=before, purpose="test").made == 0
    grace_passed()
    WrappedDataKey.objects.filter(version=2).update(created_at=before + timedelta(seconds=1))
    assert resealing.reseal(made_before=before, purpose="test").made == 0


# -- side by side


def test_a_value_written_meanwhile_is_kept(cast, lead, monkeypatch):
    real = resealing._swap

    def slow(model, item, many):
        if item.name == "alias":
            with keys.fresh_ring():
                late = factories.fresh(lead)
                late.alias = "Gió"
                late.save(update_fields=["alias"])
        return real(model, item, many)

    monkeypatch.setattr(resealing, "_swap", slow)
    assert begin(lead).overtaken == 1
    with opened(cast.hoa, lead, C.IDENTITY):
        assert factories.fresh(lead).alias == "Gió"


def test_a_request_under_way_may_still_write_under_the_old_key(cast, lead):
    with opened(cast.hoa, lead, C.IDENTITY):
        mine = factories.fresh(lead)
        assert mine.alias == ALIAS
        with keys.fresh_ring():
            begin(lead)
        mine.alias = "Sương"
        mine.save(update_fields=["alias"])
        assert version_of(lead) == 1
    grace_passed()
    found = finish()
    assert found.values == 1 and found.dropped == NUMBER
    with opened(cast.hoa, lead, C.IDENTITY):
        assert factories.fresh(lead).alias == "Sương"


def test_a_page_under_way_reads_what_was_sealed_anew(cast, lead):
    with opened(cast.hoa, lead, C.IDENTITY):
        with keys.fresh_ring():
            begin(lead)
        assert factories.fresh(lead).alias == ALIAS


def test_an_owner_erased_meanwhile_stays_erased(cast, lead, monkeypatch):
    real = resealing._open

    def erased(keyring, pairs):
        real(keyring, pairs)
        keys.destroy(lead.owner_uuid)

    monkeypatch.setattr(resealing, "_open", erased)
    begin(lead)
    assert versions(lead) == []


def test_what_lies_elsewhere_keeps_the_old_key(cast, lead, monkeypatch):
    room = resealing.Elsewhere(lambda pairs: [(pair, 1) for pair in pairs], lambda keys: (0, 0))
    monkeypatch.setattr(resealing, "_elsewhere", [room])
    begin(lead)
    grace_passed()
    found = finish()
    assert (found.dropped, found.waiting) == (0, NUMBER)


# -- trouble


@pytest.mark.parametrize("bad", ["flipped", "replayed from another row", "cut", "planted"])
def test_what_does_not_open_is_left_and_keeps_its_key(cast, lead, bad):
    good = raw(lead, "alias")
    value = {
        "flipped": good[:-1] + bytes([good[-1] ^ 1]),
        "replayed from another row": raw(factories.lead_made(cast, by="hanh"), "alias"),
        "cut": good[:40],
        "planted": b"text",
    }[bad]
    plant(lead, "alias", value)
    assert begin(lead).shut == 1
    assert raw(lead, "alias") == value
    grace_passed()
    finish()
    # Whoever brings the right bytes back finds the key, unless nothing named it any more.
    kept = (C.IDENTITY.byte, 1) in versions(lead)
    assert kept is (bad in ("flipped", "replayed from another row"))
    assert (C.CONTACT.byte, 1) not in versions(lead)


def test_a_full_disk_stops_cleanly(cast, lead, monkeypatch):
    real, calls = resealing._swap, []

    def full(*args):
        calls.append(1)
        if len(calls) == 2:
            raise OperationalError("database or disk is full")
        return real(*args)

    with monkeypatch.context() as patch:
        patch.setattr(resealing, "_swap", full)
        with pytest.raises(CommandError, match="disk is full.*Nothing is lost"):
            run("reseal", "--new-keys", "--owner", str(lead.owner_uuid))
    assert reads(cast, lead)
    assert "Values sealed anew: 2." in run("reseal")
    assert reads(cast, lead)


def test_without_a_keyring_it_says_so(cast, lead, settings, tmp_path):
    settings.KEYRING_DIR = tmp_path / "gone"
    with pytest.raises(CommandError, match="There is no keyring"):
        run("reseal", "--new-keys")
    with pytest.raises(CommandError, match="no_keyring"):
        run("status")


def test_an_older_envelope_of_the_same_place_opens_until_it_is_resealed(cast, lead):
    """The binding knows the place, not the moment: docs/keys.md says so."""
    older = raw(lead, "alias")
    with opened(cast.hoa, lead, C.IDENTITY):
        newer = factories.fresh(lead)
        newer.alias = "Sóng"
        newer.save()
        plant(lead, "alias", older)
        assert factories.fresh(lead).alias == ALIAS
    plant(lead, "alias", raw(newer, "alias"))
    begin(lead)
    grace_passed()
    finish()
    plant(lead, "alias", older)
    with opened(cast.hoa, lead, C.IDENTITY):
        assert factories.fresh(lead).alias is LOCKED


# -- at the terminal


def test_bad_words_are_refused(cast, lead):
    with pytest.raises(CommandError, match="no key of that owner"):
        run("reseal", "--new-keys", "--owner", str(uuid4()))
    with pytest.raises(CommandError, match="add --new-keys"):
        run("reseal", "--made-before", "2026-01-01T00:00")
    with pytest.raises(CommandError, match="invalid"):
        run("reseal", "--new-keys", "--made-before", "yesterday")


def test_a_dry_run_changes_nothing(cast, lead):
    before = raw(lead, "alias"), versions(lead)
    assert f"New data keys: {NUMBER}." in run(
        "reseal", "--new-keys", "--owner", str(lead.owner_uuid), "--dry-run"
    )
    assert (raw(lead, "alias"), versions(lead)) == before
    assert not AuditEvent.objects.filter(action="key.reseal").exists()


def test_the_job_finishes_it(cast, lead):
    assert tasks.finish_resealing() == 0
    assert "at least 15 minutes" in run("reseal", "--new-keys", "--owner", str(lead.owner_uuid))
    assert f"{NUMBER} owners' keys are being re-sealed" in run("status")
    assert tasks.finish_resealing() == 0
    grace_passed()
    assert tasks.finish_resealing() == NUMBER
    assert Lead.objects.count() == 1 and reads(cast, lead)
