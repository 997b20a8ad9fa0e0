"""Whatever is done to the audit behind its back is found, and told apart."""

import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path
from unittest import mock

import pytest
import time_machine
from django.conf import settings as configured
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections, transaction
from django.utils import timezone

from privacy import access, audit, crypto, keys
from privacy.audit import anchor, chain, guard, merkle, sealer
from privacy.audit.verify import Verdict, verify
from privacy.compartments import Compartment
from privacy.keys import keyfile
from privacy.management.commands.make_audit_keys import ChainedAlready, add_audit_keys
from privacy.models import AuditEvent, AuditSeal, AuditSealRange
from tests import factories

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.AUDIT_ANCHOR_DIR = tmp_path / "anchors"
    return settings.AUDIT_ANCHOR_DIR


@pytest.fixture
def own_keyring(tmp_path, settings):
    settings.KEYRING_DIR = tmp_path / "keys"
    keys.FileKeyring.create(settings.KEYRING_DIR)
    yield settings.KEYRING_DIR
    keys._providers.pop(str(settings.KEYRING_DIR), None)


def write(count=1, *, writers=1):
    for _ in range(writers):
        chain.forget_names()
        for _ in range(count):
            audit.signed(actor=None, action="sign_in")


@pytest.fixture
def history():
    """Two writers, three seals, an anchor, and two rows that no seal covers yet."""
    for _ in range(3):
        write(4, writers=2)
        sealer.seal_new()
    anchor.drop_anchor()
    write(2)


def sql(statement, *values):
    with connections["audit"].cursor() as cursor:
        cursor.execute(statement, values)


def unguarded():
    """What somebody with the database in her hands does first."""
    for model in guard.GUARDED[:3]:
        if connections["audit"].vendor == "postgresql":
            sql("SET CONSTRAINTS ALL IMMEDIATE")
            sql(f'ALTER TABLE "{model._meta.db_table}" DISABLE TRIGGER USER')
            continue
        for name in guard.sqlite_triggers(model):
            sql(f'DROP TRIGGER IF EXISTS "{name}"')


def sealed_row():
    return AuditEvent.objects.order_by("pk")[5]


def found():
    return set(verify().counts)


# -- whole


def test_what_was_left_alone_is_whole(history):
    report = verify()
    assert report.verdict is Verdict.OK and not report.findings
    assert (report.rows, report.sealed, report.seals, report.anchors) == (26, 24, 3, 1)


def test_nothing_at_all_is_whole_too():
    assert verify().verdict is Verdict.OK and sealer.seal_new() == 0
    assert anchor.drop_anchor() is None


def test_a_rolled_back_row_leaves_no_gap(cast):
    write(2)
    with pytest.raises(ZeroDivisionError), transaction.atomic(using="audit"):
        audit.signed(actor=None, action="sign_in")
        raise ZeroDivisionError
    audit.signed(actor=None, action="sign_in")
    assert list(AuditEvent.objects.values_list("sequence", flat=True)) == [1, 2, 3]
    assert verify().verdict is Verdict.OK


def test_a_journey_is_whole(cast):
    factories.referral_confirmed(cast)
    assert sealer.seal_new() == AuditEvent.objects.count() > 3
    assert verify().verdict is Verdict.OK


# -- rows


def test_a_changed_row(history):
    unguarded()
    for column, value in (("result", "refused"), ("actor_uuid", "0" * 32), ("count", 2)):
        row = sealed_row()
        sql(f"UPDATE privacy_auditevent SET {column} = %s WHERE id = %s", value, row.pk)
        report = verify()
        assert report.verdict is Verdict.BAD_HMAC
        assert f"row {row.pk}" in report.findings[0][1]
        sql(
            f"UPDATE privacy_auditevent SET {column} = %s WHERE id = %s",
            {"result": row.result, "actor_uuid": None, "count": 1}[column],
            row.pk,
        )
    assert verify().verdict is Verdict.OK


def test_a_changed_row_that_no_seal_covers_yet(history):
    unguarded()
    newest = AuditEvent.objects.order_by("-pk")[0]
    sql("UPDATE privacy_auditevent SET role = 'dpo' WHERE id = %s", newest.pk)
    assert verify().verdict is Verdict.BAD_HMAC


def test_a_deleted_row(history):
    unguarded()
    sql("DELETE FROM privacy_auditevent WHERE id = %s", sealed_row().pk)
    report = verify()
    assert report.verdict is Verdict.GAP and report.counts == {Verdict.GAP: 1}


def test_all_rows_of_a_writer_in_a_seal_deleted(history):
    one = AuditSealRange.objects.order_by("pk")[1]
    unguarded()
    sql(
        "DELETE FROM privacy_auditevent WHERE writer = %s AND sequence BETWEEN %s AND %s",
        one.writer,
        one.first,
        one.last,
    )
    assert found() == {Verdict.GAP}


def test_a_deleted_row_that_no_seal_covers_yet(history):
    unguarded()
    sql("DELETE FROM privacy_auditevent WHERE id = %s", AuditEvent.objects.order_by("-pk")[1].pk)
    assert verify().verdict is Verdict.GAP


def copy_of(row, **changed):
    values = {
        field.attname: getattr(row, field.attname)
        for field in AuditEvent._meta.concrete_fields
        if field.attname != "id"
    }
    return AuditEvent(**values | changed)


def test_a_planted_row(history):
    unguarded()
    row = AuditEvent.objects.order_by("-pk")[0]
    copy_of(row, sequence=row.sequence + 1, prev=row.mac).save(force_insert=True)
    assert verify().verdict is Verdict.BAD_HMAC


@pytest.mark.parametrize("sequence", [0, -3])
def test_a_row_planted_beside_every_chain(history, sequence):
    unguarded()
    row = AuditEvent.objects.order_by("-pk")[0]
    copy_of(row, sequence=sequence).save(force_insert=True)
    assert verify().verdict is Verdict.BAD_HMAC


def test_an_opening_planted_without_an_hmac(history):
    for result in ("allowed", "refused:x"):
        AuditEvent(writer="u23456789abcdef0", sequence=1, action="open", result=result).save(
            force_insert=True
        )
        report = verify()
        assert report.verdict is (Verdict.BAD_HMAC if result == "allowed" else Verdict.OK)
        unguarded()
        sql("DELETE FROM privacy_auditevent WHERE writer LIKE 'u%%'")


def test_rows_that_changed_places(history):
    unguarded()
    row = sealed_row()
    other = AuditEvent.objects.get(writer=row.writer, sequence=row.sequence + 1)
    sql("UPDATE privacy_auditevent SET sequence = 999 WHERE id = %s", row.pk)
    sql("UPDATE privacy_auditevent SET sequence = %s WHERE id = %s", row.sequence, other.pk)
    sql("UPDATE privacy_auditevent SET sequence = %s WHERE id = %s", other.sequence, row.pk)
    assert verify().verdict is Verdict.BAD_HMAC


def rewrite(row, **changed):
    """What somebody does who holds the audit's key as well as the database."""
    for name, value in changed.items():
        setattr(row, name, value)
    row.mac = chain.mac_of(crypto.chain_key(keys.provider().audit_root(), row.writer), row)
    sql(
        "UPDATE privacy_auditevent SET prev = %s, mac = %s, result = %s WHERE id = %s",
        bytes(row.prev),
        row.mac,
        row.result,
        row.pk,
    )
    return row


def test_a_row_rewritten_with_the_key_itself_breaks_its_seal(history):
    unguarded()
    row = rewrite(sealed_row(), result="refused")
    rest = AuditEvent.objects.filter(writer=row.writer, sequence__gt=row.sequence)
    for later in rest.order_by("sequence"):
        row = rewrite(later, prev=row.mac)
    assert found() == {Verdict.SEAL_MISMATCH}


# -- seals


@pytest.mark.parametrize(
    ("column", "value"), [("root", b"x" * 32), ("previous", b"x" * 32), ("total", 9), ("rows", 9)]
)
def test_a_changed_seal(history, column, value):
    unguarded()
    sql(f"UPDATE privacy_auditseal SET {column} = %s WHERE number = 2", value)
    report = verify()
    assert report.verdict is Verdict.SEAL_MISMATCH and "seal 2" in report.findings[0][1]


def test_a_removed_seal(history):
    unguarded()
    sql("DELETE FROM privacy_auditsealrange WHERE seal_id = 2")
    sql("DELETE FROM privacy_auditseal WHERE number = 2")
    assert verify().verdict is Verdict.SEAL_MISMATCH


def cut_off():
    """The newest rows with their seals, as if they had never been."""
    unguarded()
    spans = AuditSealRange.objects.filter(seal_id=3).values_list("writer", "first")
    for writer, first in list(spans):
        sql("DELETE FROM privacy_auditevent WHERE writer = %s AND sequence >= %s", writer, first)
    sql("DELETE FROM privacy_auditsealrange WHERE seal_id = 3")
    sql("DELETE FROM privacy_auditseal WHERE number = 3")
    writers = AuditSealRange.objects.values("writer")
    for row in AuditEvent.objects.exclude(writer__in=writers):
        sql("DELETE FROM privacy_auditevent WHERE id = %s", row.pk)


def test_the_newest_rows_cut_off_with_their_seals_are_told_by_the_anchor(history):
    cut_off()
    assert found() == {Verdict.ANCHOR_MISMATCH}


def test_no_anchor_is_dropped_over_a_history_that_was_cut_off(history, folder):
    cut_off()
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        write(2)
        with pytest.raises(anchor.AnchorRefused):
            anchor.drop_anchor()
    assert len(anchor.files(folder)) == 1


# -- anchors


def test_an_anchor_is_dropped_once_a_day(history, folder):
    assert anchor.drop_anchor() is None and len(anchor.files(folder)) == 1
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        second = anchor.drop_anchor()
        assert (second.number, second.seal, second.rows) == (2, 4, 26)
        assert verify().verdict is Verdict.OK
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_an_anchor_is_never_written_over(history, folder):
    before = anchor.files(folder)[0].read_bytes()
    assert anchor._put(folder, 1, "{}") is False
    assert anchor.files(folder)[0].read_bytes() == before and len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("field", ["rows", "seal", "seal_digest", "at", "previous", "signature"])
def test_a_changed_anchor(history, folder, field):
    path = anchor.files(folder)[0]
    said = json.loads(path.read_text())
    said[field] = {"rows": 3, "seal": 1, "at": "2020-01-01T00:00:00+00:00"}.get(field, "00" * 64)
    path.write_text(json.dumps(said))
    assert found() >= {Verdict.ANCHOR_MISMATCH}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"number": 1}', "\0\0"])
def test_a_file_that_is_no_anchor(history, folder, text):
    anchor.files(folder)[0].write_text(text)
    assert verify().verdict is Verdict.ANCHOR_MISMATCH


def test_an_anchor_replaced_with_one_of_another_key(history, folder, tmp_path):
    path = anchor.files(folder)[0]
    one = anchor.read(path)
    seed = crypto.new_key()
    said = json.loads(path.read_text()) | {"key": crypto.public_of(seed).hex()}
    forged = anchor.Anchor(**said | {"signature": ""})
    said["signature"] = crypto.sign(seed, forged.message()).hex()
    path.write_text(json.dumps(said))
    assert one.is_signed_by(anchor.public_key())
    assert not anchor.read(path).is_signed_by(anchor.public_key())
    assert found() == {Verdict.ANCHOR_MISMATCH}
    with (
        time_machine.travel(timezone.now() + timedelta(days=1)),
        pytest.raises(anchor.AnchorRefused),
    ):
        anchor.drop_anchor()


def test_a_removed_anchor(history, folder):
    for day in (1, 2):
        with time_machine.travel(timezone.now() + timedelta(days=day)):
            write(1)
            anchor.drop_anchor()
    anchor.files(folder)[1].unlink()
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert found() == {Verdict.ANCHOR_MISMATCH}


def test_a_stale_anchor(history):
    with time_machine.travel(timezone.now() + timedelta(hours=35)):
        assert verify().verdict is Verdict.OK
    with time_machine.travel(timezone.now() + timedelta(hours=37)):
        assert found() == {Verdict.STALE_ANCHOR}


def test_no_anchor_at_all(history, folder):
    shutil.rmtree(folder)
    assert verify().verdict is Verdict.OK
    with time_machine.travel(timezone.now() + timedelta(hours=37)):
        assert found() == {Verdict.STALE_ANCHOR}


# -- clocks


@pytest.mark.parametrize("days", [400, -400])
def test_a_clock_that_jumps_breaks_no_chain(history, folder, days):
    with time_machine.travel(timezone.now() + timedelta(days=days)):
        write(3)
        audit.signed(actor=None, action="sign_out")
        assert sealer.seal_new() == 6
        assert anchor.drop_anchor() is not None
        assert verify().verdict is Verdict.OK
    # Back at the right time: the newest anchor is of another day, which is told, and mended.
    assert found() == {Verdict.STALE_ANCHOR}
    write(1)
    assert sealer.seal_new() == 1 and anchor.drop_anchor().number == 3
    assert verify().verdict is Verdict.OK


# -- sealing


def test_a_late_row_of_a_slow_transaction_is_sealed(history):
    """It commits after rows with higher ids were sealed long ago."""
    late = AuditEvent.objects.order_by("-pk")[0]
    values = {f.attname: getattr(late, f.attname) for f in AuditEvent._meta.concrete_fields}
    unguarded()
    sql("DELETE FROM privacy_auditevent WHERE id = %s", late.pk)
    write(1)
    sealer.seal_new()
    with time_machine.travel(timezone.now() + timedelta(minutes=5)):
        write(1)
        sealer.seal_new()
        AuditEvent(**values).save(force_insert=True)  # its moment to commit
        assert sealer.seal_new() == 0  # far below what is looked through every few seconds
        assert sealer.seal_new(every_writer=True) == 1  # but never later than the next anchor
        assert verify().verdict is Verdict.OK and verify().sealed == AuditEvent.objects.count()


def test_a_seal_never_covers_a_hole():
    write(5)
    unguarded()
    sql("DELETE FROM privacy_auditevent WHERE sequence = 3")
    assert sealer.seal_new() == 2
    assert found() == {Verdict.GAP}


def test_many_rows_take_several_seals(monkeypatch):
    monkeypatch.setattr(sealer, "ROWS_A_SEAL", 5)
    write(7, writers=2)
    assert sealer.seal_new() == 14
    assert list(AuditSeal.objects.values_list("rows", flat=True)) == [5, 5, 4]
    assert verify().verdict is Verdict.OK


def test_the_second_of_two_sealers_goes_home():
    write(3)
    real = merkle.Tree.root

    def other_is_faster(tree):
        with mock.patch.object(merkle.Tree, "root", real):
            assert sealer.seal_new() == 3
        return real(tree)

    with mock.patch.object(merkle.Tree, "root", other_is_faster):
        assert sealer.seal_new() == 0
    assert AuditSeal.objects.count() == 1 and verify().verdict is Verdict.OK


KILLED = """
import os, signal, sys
from pathlib import Path
import django
django.setup()
from django.conf import settings
from django.db import connections
from privacy import audit, keys
from privacy.audit import anchor, guard, merkle, sealer
from privacy.audit.verify import verify
from privacy.models import AuditEvent, AuditSeal, AuditSealRange, WrappedDataKey

keys.FileKeyring.create(Path(settings.KEYRING_DIR))
with connections["audit"].schema_editor() as editor:
    for model in (AuditEvent, AuditSeal, AuditSealRange):
        editor.create_model(model)
with connections["keystore"].schema_editor() as editor:
    editor.create_model(WrappedDataKey)
guard.install("audit")
connections.close_all()

def children(count, work):
    pids = []
    for number in range(count):
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                work(number)
                code = 0
            finally:
                os._exit(code)
        pids.append(pid)
    ended = [os.waitpid(pid, 0)[1] for pid in pids]
    connections.close_all()
    return ended

def write(number):
    for _ in range(30):
        audit.signed(actor=None, action="sign_in")
        if number == 3:
            sealer.seal_new()

assert children(4, write) == [0, 0, 0, 0]
assert children(3, lambda number: sealer.seal_new()) == [0, 0, 0]
assert verify().verdict == 0 and verify().sealed == 120, verify().findings

def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

STEPS = [
    (sealer, "_unsealed"), (merkle.Tree, "root"), (AuditSeal, "save"),
    (type(AuditSealRange.objects), "bulk_create"), (sealer.transaction.Atomic, "__exit__"),
]
for step, (home, name) in enumerate(STEPS, start=1):
    audit.signed(actor=None, action="sign_in")
    connections.close_all()
    before = AuditSeal.objects.count()
    connections.close_all()
    def killed(number):
        setattr(home, name, die)
        sealer.seal_new()
    assert children(1, killed) == [signal.SIGKILL], name
    assert AuditSeal.objects.count() == before, name
    assert verify().verdict == 0, name
    assert sealer.seal_new() == 1 and verify().verdict == 0, name
    connections.close_all()

for name in ("fsync", "link"):
    def killed(number):
        setattr(os, name, die)
        anchor.drop_anchor()
    assert children(1, killed) == [signal.SIGKILL], name
    assert anchor.files(anchor.folder()) == [] and verify().verdict == 0, name
    connections.close_all()
assert sorted(children(3, lambda number: anchor.drop_anchor())) == [0, 0, 0]
assert anchor.drop_anchor() is None and len(anchor.files(anchor.folder())) == 1
assert verify().verdict == 0
print("all is whole")
"""
OWN_FILES = """
from config.settings.test import *
DATA_DIR = Path({folder!r})
KEYRING_DIR, AUDIT_ANCHOR_DIR = DATA_DIR / "keys", DATA_DIR / "anchors"
DATABASES = {{
    alias: sqlite(alias) | {{"NAME": {folder!r} + "/" + alias}}
    for alias in ("default", "keystore", "audit")
}}
"""


def test_writers_and_sealers_at_once_and_killed_at_every_step(tmp_path):
    """Real processes on real files: four writers, three sealers, then SIGKILL at each step."""
    (tmp_path / "own_settings.py").write_text(OWN_FILES.format(folder=str(tmp_path)))
    done = subprocess.run(
        [sys.executable, "-c", KILLED],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "own_settings",
            "PYTHONPATH": f"{tmp_path}:{configured.BASE_DIR}",
        },
        cwd=configured.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.strip() == "all is whole", done.stderr


# -- the keyring is shut


def test_without_a_keyring_nothing_opens_and_refusals_are_still_kept(cast, own_keyring):
    cast.point.leave()  # told under this keyring, not under that of the suite
    case = factories.case_opened(cast)
    whole = AuditEvent.objects.count()
    hidden = own_keyring.rename(own_keyring.with_name("away"))
    keys._providers.clear()
    with keys.fresh_ring():
        assert not access.open_keys(cast.hanh, [case], [Compartment.IDENTITY], purpose="case_page")
        with pytest.raises(keys.KeyringUnavailable):
            audit.looked(actor=cast.hanh, action="read_log", subject=case)
    # That the keys were out of reach gives no sight of anything: it stands there, unsigned.
    assert AuditEvent.objects.latest("pk").action == "key.unavailable"
    assert AuditEvent.objects.count() == whole + 1
    audit.refused(actor=cast.lan, action="work", subject=case, reason="no_grant")
    audit.signed(actor=None, action="sign_in", result="refused")
    assert not (own_keyring / "audit.key").exists()
    report = verify()
    assert report.verdict is Verdict.UNREADABLE and report.rows == 0
    hidden.rename(own_keyring)
    audit.refused(actor=cast.lan, action="work", subject=case, reason="no_grant")
    sealer.seal_new()
    report = verify()
    assert (report.verdict, report.unsigned) == (Verdict.OK, 3)


def test_an_older_keyring_gets_the_keys_only_by_asking(own_keyring):
    for name in keys.AUDIT_KEYS:
        (own_keyring / name).unlink()
    with pytest.raises(keys.KeyringUnavailable):
        keys.provider().audit_root()
    audit.signed(actor=None, action="sign_in", result="refused")
    assert not (own_keyring / "audit.key").exists()
    out = StringIO()
    call_command("make_audit_keys", stdout=out)
    assert "audit.key and anchor.key" in out.getvalue()
    assert (own_keyring / "audit.key").stat().st_mode & 0o777 == 0o600
    call_command("make_audit_keys", stdout=out)
    assert "already" in out.getvalue()
    write(1)
    assert verify().verdict is Verdict.OK


def test_an_old_chain_never_gets_a_fresh_key(own_keyring):
    write(1)
    (own_keyring / "audit.key").unlink()
    with pytest.raises(ChainedAlready):
        add_audit_keys()
    with pytest.raises(CommandError, match="Bring back"):
        call_command("make_audit_keys")
    assert not (own_keyring / "audit.key").exists()
    assert verify().verdict is Verdict.UNREADABLE


def test_old_anchors_never_get_a_fresh_key(own_keyring, history):
    (own_keyring / "anchor.key").unlink()
    with pytest.raises(ChainedAlready):
        add_audit_keys()


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_a_damaged_key_is_told(own_keyring, content):
    (own_keyring / "audit.key").write_bytes(content)
    assert verify().verdict is Verdict.UNREADABLE


def test_another_key_in_the_keyring_is_told(own_keyring, history):
    own = keyfile.read(own_keyring, "audit.key", crypto.KEY_BYTES)
    keyfile.write(own_keyring, "audit.key", own._replace(payload=crypto.new_key()))
    assert verify().verdict is Verdict.BAD_HMAC


def test_the_keyring_of_another_installation_does_not_answer(own_keyring, history, tmp_path):
    keys.FileKeyring.create(tmp_path / "other")
    (own_keyring / "audit.key").write_bytes((tmp_path / "other" / "audit.key").read_bytes())
    assert verify().verdict is Verdict.UNREADABLE


# -- the command


def command(*args):
    out = StringIO()
    try:
        call_command("verify_audit", *args, stdout=out)
    except SystemExit as end:
        return end.code, out.getvalue()
    return 0, out.getvalue()


def test_every_verdict_has_an_exit_code_of_its_own(history):
    code, said = command()
    assert code == 0 and "The audit is whole." in said and "26 rows" in said
    unguarded()
    sql("DELETE FROM privacy_auditevent WHERE id = %s", sealed_row().pk)
    code, said = command()
    assert code == Verdict.GAP == 10 and "GAP: writer" in said and "Rows are missing" in said
    assert len({int(verdict) for verdict in Verdict}) == 7
    assert not {int(verdict) for verdict in Verdict} & {1, 2}


def test_many_findings_are_cut_short(history):
    write(60)
    unguarded()
    sql("UPDATE privacy_auditevent SET role = 'dpo'")
    code, said = command()
    assert code == 11 and said.count("BAD_HMAC: row") == 20 and "and 66 more" in said


def test_somebody_elsewhere_needs_the_public_key_only(history, tmp_path, own_keyring):
    with pytest.raises(CommandError, match="all three"):
        command("--seals", "x")


@pytest.fixture
def outside(history, tmp_path):
    call_command("export_audit", str(tmp_path / "out"), stdout=StringIO())
    out = tmp_path / "out"
    args = ["--seals", out / "seals.jsonl", "--anchors", out / "anchors"]
    return out, [str(arg) for arg in [*args, "--public-key", out / "public.key"]]


def test_exported_seals_are_checked_without_keys_and_rows(outside, settings, tmp_path):
    out, args = outside
    with CommandErrorFor(out):
        call_command("export_audit", str(out))
    unguarded()
    sql("DELETE FROM privacy_auditevent")
    settings.KEYRING_DIR = tmp_path / "none"
    assert command(*args)[0] == 0
    text = "".join(path.read_text() for path in out.rglob("*") if path.is_file())
    assert "sign_in" not in text


def CommandErrorFor(folder):  # noqa: N802
    return pytest.raises(CommandError, match=f"{Path(folder).name} exists already")


def test_seals_that_were_cut_off_are_told_elsewhere(outside):
    out, args = outside
    lines = (out / "seals.jsonl").read_text().splitlines(keepends=True)
    (out / "seals.jsonl").write_text("".join(lines[:-1]))
    assert command(*args)[0] == Verdict.ANCHOR_MISMATCH
    (out / "seals.jsonl").write_text("".join([*lines[:1], *lines[2:]]))
    assert command(*args)[0] == Verdict.SEAL_MISMATCH
    (out / "seals.jsonl").write_text("nonsense\n")
    assert command(*args)[0] == Verdict.UNREADABLE
    (out / "public.key").write_text("nonsense\n")
    with pytest.raises(CommandError, match="no public key"):
        command(*args)


# -- the tables themselves


def replacing(connection, table, listed, key, where):
    """A row written over itself, in the words of this database; ``key`` = what must be unique."""
    rows = f'INTO "{table}" ({listed}) SELECT {listed} FROM "{table}" {where}'
    if connection.vendor == "sqlite":
        return f"INSERT OR REPLACE {rows}"
    column = key[1:].split(",")[0].split(")")[0]
    return f"INSERT {rows} ON CONFLICT {key} DO UPDATE SET {column} = EXCLUDED.{column}"


@pytest.mark.parametrize("model", guard.GUARDED, ids=lambda model: model.__name__)
def test_the_database_refuses_a_change(cast, history, model):
    factories.case_opened(cast)
    table, key = model._meta.db_table, model._meta.pk.column
    connection = connections[model.objects.db]
    columns = [field.column for field in model._meta.concrete_fields]
    before = list(model.objects.order_by("pk").values_list())
    assert before
    listed = ", ".join(f'"{column}"' for column in columns)
    for statement in (
        f'UPDATE "{table}" SET "{key}" = "{key}" + 1000',
        f'DELETE FROM "{table}"',
        f'DELETE FROM "{table}" WHERE "{key}" = (SELECT MAX("{key}") FROM "{table}")',
        replacing(connection, table, listed, f"({key})", "LIMIT 1"),
    ):
        with (
            pytest.raises(DatabaseError, match="only ever added to"),
            transaction.atomic(using=connection.alias),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    assert list(model.objects.order_by("pk").values_list()) == before


def test_a_row_is_not_replaced_by_its_place_in_the_chain(history):
    row = AuditEvent.objects.order_by("-pk")[0]
    names = [f.column for f in AuditEvent._meta.concrete_fields if f.column != "id"]
    listed = ", ".join(f'"{name}"' for name in names)
    with pytest.raises(DatabaseError, match="only ever added to"):
        sql(
            replacing(
                connections["audit"],
                "privacy_auditevent",
                listed,
                "(writer, sequence) WHERE sequence > 0",
                f"WHERE id = {row.pk}",
            )
        )


def test_the_guard_comes_back_by_itself(history):
    assert guard.missing("audit") == guard.missing("default") == []
    unguarded()
    lost = 9 if connections["audit"].vendor == "sqlite" else 3
    assert len(guard.missing("audit")) == lost
    guard.install("audit")
    guard.install("audit")
    assert guard.missing("audit") == []


def test_the_words_for_postgresql():
    for model in guard.GUARDED:
        function, drop, create, always = guard.postgresql_statements(model)
        table = model._meta.db_table
        assert "RAISE EXCEPTION 'the audit is only ever added to'" in function
        assert drop.startswith("DROP TRIGGER IF EXISTS") and table in drop
        assert f'BEFORE UPDATE OR DELETE OR TRUNCATE ON "{table}" FOR EACH STATEMENT' in create
        assert always.endswith(f'ENABLE ALWAYS TRIGGER "{table}_only_added_to"')


# -- one hash over many rows


def test_the_tree_is_that_of_rfc_6962():
    """Leaves and roots of the test vectors of Certificate Transparency (RFC 6962, 2.1)."""
    leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
    leaves.append("606162636465666768696a6b6c6d6e6f")
    roots = {
        0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    }
    tree = merkle.Tree()
    for size in range(9):
        if size in roots:
            assert tree.root().hex() == roots[size]
        if size < 8:
            tree.add(bytes.fromhex(leaves[size]))
    assert merkle.leaf(b"a" * 64) != merkle.node(b"a" * 32, b"a" * 32)
