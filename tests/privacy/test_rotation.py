"""Rotation: every data key under a new epoch; killed anywhere, nothing is lost and it goes on."""

import errno
import os
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.conf import settings as conf
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from privacy import crypto, keys, tasks
from privacy.alone import Busy, alone
from privacy.compartments import Compartment
from privacy.keys import batches, epochs, keyfile, rotation, status
from privacy.keys.provider import EpochState
from privacy.management.progress import Bar
from privacy.models import AuditEvent, WrappedDataKey

C = Compartment
pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])
OWNERS, MANY = 6, (C.IDENTITY, C.NOTES)


class Killed(BaseException):
    """kill -9: nothing catches it."""


@pytest.fixture
def sealed(own_keyring, monkeypatch):
    """Some owners; ``check()`` says that each value sealed before still opens."""
    monkeypatch.setattr(rotation, "BATCH", 5)
    places = []
    for _ in range(OWNERS):
        owner = uuid4()
        with keys.fresh_ring():
            keys.make(owner, MANY)
            for item in MANY:
                place = crypto.Place("test", uuid4(), owner, item.byte)
                text = keys.ring().sealer(owner, item).seal(b"word", place)
                places.append((owner, item, place, text))

    def check(expect=2 * OWNERS):
        with keys.fresh_ring():
            keys.open_pairs([(owner, item) for owner, item, _, _ in places])
            found = [
                key.open(text, place)
                for owner, item, place, text in places
                if (key := keys.ring().opener(owner, item, 1))
            ]
        assert found == [b"word"] * expect

    return check


def named():
    return {kek.partition("@")[0] for kek in rotation.named_epochs()}


def rotate(**more):
    return rotation.rotate(purpose="test", **more)


def run(*words):
    out = StringIO()
    call_command("keys", *words, stdout=out)
    return out.getvalue()


# -- the whole


def test_it_rewraps_everything_under_the_new_epoch(sealed):
    before = {row.pk: bytes(row.wrapped) for row in WrappedDataKey.objects.all()}
    assert rotate(new_epoch=list(C)) == (12, 0, 0)
    assert named() == {"identity.2", "notes.2"}
    assert all(bytes(row.wrapped) != before[row.pk] for row in WrappedDataKey.objects.all())
    sealed()
    assert rotate() == (0, 0, 0)
    assert [(e.action, e.result, e.count) for e in AuditEvent.objects.order_by("-pk")[:2]] == [
        ("key.rewrap", "done", 12),
        ("key.rewrap", "started", 12),
    ]
    assert AuditEvent.objects.filter(action="key.epoch").count() == len(C)


def test_one_compartment_alone(sealed):
    assert rotate(new_epoch=[C.NOTES]).done == OWNERS
    assert named() == {"identity.1", "notes.2"}
    sealed()


def test_new_keys_use_the_new_epoch_at_once(sealed):
    keys.provider().new_epoch(C.NOTES)
    owner = uuid4()
    keys.make(owner, [C.NOTES])
    assert WrappedDataKey.objects.get(owner_uuid=owner).kek.startswith("notes.2@")


# -- killed


@pytest.mark.parametrize("at", range(4))
def test_killed_between_batches_it_goes_on(sealed, at):
    seen = []

    def report(done, total):
        seen.append(done)
        if len(seen) > at:
            raise Killed

    with pytest.raises(Killed):
        rotate(new_epoch=list(C), report=report)
    sealed()
    assert rotation.behind() == 12 - seen[-1]
    assert rotate().done == 12 - seen[-1]
    assert named() == {"identity.2", "notes.2"}
    sealed()


@pytest.mark.parametrize("step", ["wrap_many", "unwrap_many", "new_epoch"])
@pytest.mark.parametrize("after", [False, True])
def test_killed_at_the_provider(sealed, monkeypatch, step, after):
    real, calls = getattr(keys.FileKeyring, step), []

    def dies(self, *args):
        calls.append(step)
        if len(calls) == 2:
            if after:
                real(self, *args)
            raise Killed
        return real(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(keys.FileKeyring, step, dies)
        with pytest.raises(Killed):
            rotate(new_epoch=[C.IDENTITY, C.NOTES])
    sealed()
    rotate()
    assert rotation.behind() == 0
    sealed()


@pytest.mark.parametrize("call", ["os.open", "os.fsync", "os.replace"])
def test_killed_while_a_key_file_is_written(sealed, own_keyring, monkeypatch, call):
    def dies(*_args, **_more):
        raise Killed

    with monkeypatch.context() as patch:
        target = "privacy.keys.keyfile." + call
        if call == "os.open":  # the folder's lock opens too: only the new file dies
            real = os.open
            patch.setattr(target, lambda p, *a: dies() if str(p).endswith(".new") else real(p, *a))
        else:
            patch.setattr(target, dies)
        with pytest.raises(Killed):
            keys.provider().new_epoch(C.NOTES)
    assert keys.provider().current(C.NOTES).startswith("notes.1@")
    assert rotate(new_epoch=[C.NOTES]).done == OWNERS
    sealed()
    assert not list(own_keyring.glob("*.new"))


def test_killed_inside_the_transaction(sealed, monkeypatch):
    real = rotation._swap

    def dies(swaps):
        with rotation.transaction.atomic(using="keystore"):
            real(swaps)
            raise Killed

    monkeypatch.setattr(rotation, "_swap", dies)
    with pytest.raises(Killed):
        rotate(new_epoch=[C.NOTES])
    monkeypatch.undo()
    assert named() == {"identity.1", "notes.1"}
    assert rotate().done == OWNERS
    sealed()


# -- side by side


def test_a_key_destroyed_meanwhile_stays_destroyed(sealed, monkeypatch):
    gone, real = [], rotation._swap

    def slow(swaps):
        row = WrappedDataKey.objects.filter(pk=swaps[0][2]).first()
        gone.append(row.owner_uuid)
        keys.destroy(row.owner_uuid)
        return real(swaps)

    monkeypatch.setattr(rotation, "_swap", slow)
    found = rotate(new_epoch=list(C))
    assert found.gone >= len(gone) > 0
    assert not WrappedDataKey.objects.filter(owner_uuid__in=gone).exists()
    sealed(12 - 2 * len(set(gone)))


def test_a_key_made_meanwhile_is_taken_by_the_next_run(sealed, monkeypatch):
    owner, real = uuid4(), keys.FileKeyring.new_epoch

    def late(self, compartment):
        kek = self.current(compartment)
        answer = real(self, compartment)
        raw = bytes(32)
        context = keys.dek_context(owner, compartment, 1, kek)
        WrappedDataKey.objects.create(
            owner_uuid=owner,
            compartment=compartment.byte,
            kek=kek,
            wrapped=self.wrap(kek, raw, context),
        )
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(keys.FileKeyring, "new_epoch", late)
        rotate(new_epoch=[C.NOTES])
    assert rotation.behind() == 0 and keys.open_pairs([(owner, C.NOTES)])


@pytest.mark.sqlite  # a lock of the same session is no second process to PostgreSQL
def test_the_second_process_is_told(sealed):
    with alone(batches.KEY_WORK):
        for words in (["rotate", "--new-epoch"], ["reseal"], ["destroy-epoch", "notes.1"]):
            if words[0] == "destroy-epoch":
                keys.provider().new_epoch(C.NOTES)
                WrappedDataKey.objects.filter(compartment=C.NOTES.byte).delete()
            with pytest.raises(CommandError, match="Another process"):
                run(*words)
    with alone(batches.KEY_WORK), pytest.raises(Busy), alone(batches.KEY_WORK):
        pass
    with alone(batches.KEY_WORK):
        pass


# -- trouble


def test_a_full_disk_under_the_keyring_changes_nothing(sealed, own_keyring, monkeypatch):
    before = sorted(path.name for path in own_keyring.iterdir())

    def full(_handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(keyfile.os, "fsync", full)
        with pytest.raises(CommandError, match="disk is full.*Nothing is lost"):
            run("rotate", "--new-epoch")
    assert sorted(path.name for path in own_keyring.iterdir()) == before
    sealed()
    assert "Re-wrapped: 12." in run("rotate", "--new-epoch")
    sealed()


def test_a_full_disk_under_the_key_store_stops_cleanly(sealed, monkeypatch):
    real, calls = rotation._swap, []

    def full(swaps):
        calls.append(1)
        if len(calls) == 2:
            raise OperationalError("database or disk is full")
        return real(swaps)

    with monkeypatch.context() as patch:
        patch.setattr(rotation, "_swap", full)
        with pytest.raises(CommandError, match="disk is full.*Nothing is lost"):
            run("rotate", "--new-epoch")
    assert rotation.behind() == 7
    sealed()
    assert "Re-wrapped: 7." in run("rotate")
    sealed()


@pytest.mark.parametrize("wrapped", [b"", bytes(60)])
def test_a_planted_row_is_left_and_told(sealed, wrapped):
    row = WrappedDataKey.objects.first()
    WrappedDataKey.objects.filter(pk=row.pk).update(wrapped=wrapped)
    with pytest.raises(CommandError, match="1 data keys open under no key"):
        run("rotate", "--new-epoch")
    assert rotation.behind() == 1
    sealed(11)


def test_a_lost_epoch_is_named_and_its_number_not_given_out_again(sealed, own_keyring):
    rotate(new_epoch=[C.NOTES])
    kept = (own_keyring / "notes.2.kek").read_bytes()
    (own_keyring / "notes.2.kek").unlink()
    keys._providers.clear()
    with pytest.raises(CommandError, match=r"notes\.2.*escrowed"):
        run("rotate", "--new-epoch")
    with pytest.raises(CommandError, match="1 things are wrong"):
        run("status")
    assert status.status().problems[0].code is keys.Trouble.MISSING
    (own_keyring / "notes.2.kek").write_bytes(kept)
    sealed()


# -- the end of an epoch


def waited(folder, name):
    old = time.time() - epochs.WAIT.total_seconds() - 1
    os.utime(folder / f"{name}.kek.retired", (old, old))


def test_the_current_epoch_and_a_named_one_stay(sealed, own_keyring):
    for name in ("notes.1", "needs.1"):
        with pytest.raises(CommandError, match="is the current epoch"):
            run("destroy-epoch", name)
    keys.provider().new_epoch(C.NOTES)
    for more in ((), ("--confirm", "notes.1"), ("--dry-run",)):
        with pytest.raises(CommandError, match="6 data keys rest on notes.1"):
            run("destroy-epoch", "notes.1", *more)
    for name in ("notes.9", "../root", ""):
        with pytest.raises(CommandError, match="holds no epoch"):
            run("destroy-epoch", name)
    assert (own_keyring / "notes.1.kek").exists()


def test_two_steps_with_time_between_them(sealed, own_keyring):
    rotate(new_epoch=[C.NOTES])
    assert "Dry run" in run("destroy-epoch", "notes.1", "--dry-run")
    assert (own_keyring / "notes.1.kek").exists()
    with pytest.raises(CommandError, match="not been set aside"):
        run("destroy-epoch", "notes.1", "--confirm", "notes.1")
    assert "set aside" in run("destroy-epoch", "notes.1")
    assert "retired" in run("status")
    with pytest.raises(CommandError, match="a moment ago"):
        run("destroy-epoch", "notes.1", "--confirm", "notes.1")
    waited(own_keyring, "notes.1")
    with pytest.raises(CommandError, match="does not name"):
        run("destroy-epoch", "notes.1", "--confirm", "notes.2")
    assert "destroyed" in run("destroy-epoch", "notes.1", "--confirm", "notes.1")
    assert not list(own_keyring.glob("notes.1.*"))
    assert list(AuditEvent.objects.order_by("-pk").values_list("action", flat=True)[:2]) == [
        "key.epoch_destroyed",
        "key.retired",
    ]
    sealed()


def test_a_key_that_came_to_rest_on_it_brings_it_back(sealed, own_keyring):
    ring, owner = keys.provider(), uuid4()
    kek = ring.current(C.NOTES)
    late = ring.wrap(kek, bytes(32), keys.dek_context(owner, C.NOTES, 1, kek))
    rotate(new_epoch=[C.NOTES])
    run("destroy-epoch", "notes.1")
    WrappedDataKey.objects.create(owner_uuid=owner, compartment=9, kek=kek, wrapped=late)
    waited(own_keyring, "notes.1")
    with pytest.raises(CommandError, match="1 data keys rest on"):
        run("destroy-epoch", "notes.1", "--confirm", "notes.1")
    rotate()
    with keys.fresh_ring():
        assert keys.open_pairs([(owner, C.NOTES)])
    found = epochs.find("notes.1")
    assert found.state is EpochState.OLDER


def test_a_clock_set_back_waits_anew(sealed, own_keyring):
    rotate(new_epoch=[C.NOTES])
    run("destroy-epoch", "notes.1")
    ahead = time.time() + 86400
    os.utime(own_keyring / "notes.1.kek.retired", (ahead, ahead))
    with pytest.raises(CommandError, match="a moment ago"):
        run("destroy-epoch", "notes.1", "--confirm", "notes.1")
    assert abs((own_keyring / "notes.1.kek.retired").stat().st_mtime - time.time()) < 60


def test_a_deleted_key_in_an_old_copy_dies_with_its_epoch(sealed, own_keyring):
    """The copy stands for a backup of the key store, an old page or the write-ahead log."""
    copy = WrappedDataKey.objects.filter(compartment=C.NOTES.byte).values().first()
    keys.destroy(copy["owner_uuid"])
    rotate(new_epoch=[C.NOTES])
    WrappedDataKey.objects.create(**copy)
    pair = (copy["owner_uuid"], C.NOTES)
    with keys.fresh_ring():
        assert keys.open_pairs([pair]) == {pair}
    WrappedDataKey.objects.filter(pk=copy["id"]).delete()
    run("destroy-epoch", "notes.1")
    waited(own_keyring, "notes.1")
    run("destroy-epoch", "notes.1", "--confirm", "notes.1")
    WrappedDataKey.objects.create(**copy)
    with keys.fresh_ring():
        assert keys.open_pairs([pair]) == set()


# -- the clock


def dated(folder, name, when):
    file = keyfile.read(folder, f"{name}.kek", crypto.WRAPPED_BYTES)
    keyfile.write(folder, f"{name}.kek", file._replace(made_at=int(when.timestamp())))


def test_the_job_begins_an_epoch_every_week(sealed, own_keyring):
    assert tasks.rotate_keys() == 0 and named() == {"identity.1", "notes.1"}
    dated(own_keyring, "notes.1", timezone.now() - timedelta(days=7, minutes=1))
    assert tasks.rotate_keys() == OWNERS
    assert named() == {"identity.1", "notes.2"}
    assert tasks.rotate_keys() == 0
    sealed()


def test_the_job_ends_epochs_inside_the_legal_days(sealed, own_keyring):
    rotate(new_epoch=[C.NOTES])
    dated(own_keyring, "notes.2", timezone.now() - timedelta(days=11))
    tasks.rotate_keys()
    assert (own_keyring / "notes.1.kek").exists()
    dated(own_keyring, "notes.2", timezone.now() - timedelta(days=12, minutes=1))
    tasks.rotate_keys()
    assert (own_keyring / "notes.1.kek.retired").exists()
    waited(own_keyring, "notes.1")
    tasks.rotate_keys()
    assert not list(own_keyring.glob("notes.1.*"))
    sealed()
    assert rotation.EPOCH_AGE + epochs.KEEP + timedelta(days=1) <= timedelta(days=20)


def test_the_job_never_goes_by_the_calendar_alone(sealed, own_keyring, monkeypatch):
    keys.provider().new_epoch(C.NOTES)
    dated(own_keyring, "notes.2", timezone.now() - timedelta(days=400))
    monkeypatch.setattr(rotation, "_swap", lambda swaps: 0)
    tasks.rotate_keys()
    assert (own_keyring / "notes.1.kek").exists()
    sealed()


@pytest.mark.parametrize(
    "when", [datetime(2000, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)]
)
def test_a_clock_that_jumped_costs_an_epoch_and_nothing_else(sealed, own_keyring, when):
    dated(own_keyring, "notes.1", when)
    tasks.rotate_keys()
    assert named() == {"identity.1", "notes.2"}
    tasks.rotate_keys()
    assert named() == {"identity.1", "notes.2"}
    sealed()


def test_the_job_says_nothing_of_a_second_one(sealed):
    with alone(batches.KEY_WORK):
        assert tasks.rotate_keys() == 0


def test_the_beat_runs_it():
    listed = {entry["task"] for entry in conf.CELERY_BEAT_SCHEDULE.values()}
    assert {"privacy.rotate_keys", "privacy.finish_resealing"} <= listed


# -- at the terminal


def test_a_dry_run_changes_nothing(sealed, own_keyring):
    before = {path.name: path.read_bytes() for path in own_keyring.iterdir()}
    assert "New epochs: 1. Data keys to re-wrap: 6." in run(
        "rotate", "--new-epoch", "--compartment", "notes", "--dry-run"
    )
    told = f"New epochs: {len(Compartment)}. Data keys to re-wrap: 12."
    assert told in run("rotate", "--new-epoch", "--dry-run")
    assert before == {path.name: path.read_bytes() for path in own_keyring.iterdir()}
    assert named() == {"identity.1", "notes.1"}
    assert not AuditEvent.objects.filter(action__startswith="key.re").exists()


def test_status_tells_what_rests_on_what(sealed):
    text = run("status")
    assert "notes.1          current" in text and "Every key file opens." in text
    keys.provider().new_epoch(C.NOTES)
    assert "6 data keys rest on older epochs" in run("status")


def test_a_compartment_without_a_new_epoch_is_a_mistake(sealed):
    with pytest.raises(CommandError, match="add --new-epoch"):
        run("rotate", "--compartment", "notes")


class Terminal(StringIO):
    def isatty(self):
        return True


def test_the_bar_moves_at_a_terminal_only(monkeypatch):
    quiet, seen = StringIO(), Terminal()
    for stream in (quiet, seen):
        bar = Bar(stream, "Re-wrapping")
        for done in (0, 5, 10):
            bar(done, 10)
        bar.close()
    assert quiet.getvalue() == ""
    assert "[##############################] 10/10" in seen.getvalue()
    assert seen.getvalue().endswith("\n")


# -- the real thing


SCRIPT = """
import sys, time
from pathlib import Path
import django
django.setup()
from django.core.management import call_command
from privacy import keys
from privacy.keys import rotation
if sys.argv[1] == "make":
    call_command("migrate", "privacy", database="keystore", verbosity=0)
    call_command("migrate", "privacy", database="audit", verbosity=0)
    from uuid import uuid4
    from privacy.compartments import Compartment as C
    from privacy.models import WrappedDataKey
    ring = keys.FileKeyring.create(Path(django.conf.settings.KEYRING_DIR))
    kek = ring.current(C.NOTES)
    rows = []
    for number in range(400):
        owner = uuid4()
        raw = owner.bytes * 2
        wrapped = ring.wrap(kek, raw, keys.dek_context(owner, C.NOTES, 1, kek))
        rows.append(WrappedDataKey(owner_uuid=owner, compartment=9, kek=kek, wrapped=wrapped))
    WrappedDataKey.objects.bulk_create(rows)
rotation.BATCH = 10
def slow(done, total):
    print(done, flush=True)
    time.sleep(0.01)
from privacy.compartments import Compartment as C
begin = [C.NOTES] if sys.argv[1] == "make" else []
rotation.rotate(new_epoch=begin, purpose="test", report=slow)
"""


def test_a_real_kill_loses_nothing(tmp_path):
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "DONGHANH_DATA": str(tmp_path),
    }

    def start(word):
        command = [sys.executable, "-c", SCRIPT, word]
        return subprocess.Popen(command, env=environment, cwd=conf.BASE_DIR, stdout=subprocess.PIPE)

    rotating = start("make")
    while int(rotating.stdout.readline()) < 50:
        pass
    rotating.send_signal(signal.SIGKILL)
    rotating.communicate()

    ring = keys.FileKeyring(tmp_path / "keys")
    store = sqlite3.connect(tmp_path / "keystore.sqlite3")
    rows = store.execute("SELECT owner_uuid, kek, wrapped FROM privacy_wrappeddatakey").fetchall()
    store.close()
    from uuid import UUID

    owners = [UUID(owner) for owner, _, _ in rows]
    items = [
        keys.WrappedKey(kek, wrapped, keys.dek_context(owner, C.NOTES, 1, kek))
        for owner, (_, kek, wrapped) in zip(owners, rows, strict=True)
    ]
    assert ring.unwrap_many(items) == [owner.bytes * 2 for owner in owners]
    assert {kek.partition("@")[0] for _, kek, _ in rows} == {"notes.1", "notes.2"}
    again = start("finish")
    again.communicate(timeout=60)
    store = sqlite3.connect(tmp_path / "keystore.sqlite3")
    left = store.execute("SELECT DISTINCT kek FROM privacy_wrappeddatakey").fetchall()
    store.close()
    assert [kek.partition("@")[0] for (kek,) in left] == ["notes.2"]
