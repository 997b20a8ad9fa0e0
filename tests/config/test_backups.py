"""Archives: whole or not at all, each apart, sealed, dated, never over another."""

import json
import os
import resource
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connections

from config.backups import archive, databases
from privacy import crypto
from tests import factories as make

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


@pytest.fixture
def word(tmp_path):
    path = tmp_path / "word"
    path.write_text("một câu dài để niêm phong")
    return f"--passphrase-file={path}"


@pytest.fixture(autouse=True)
def _files(db, tmp_path, monkeypatch):
    """The suite lives in memory: each backup reads the same content from a file."""
    real = databases.copy_out

    def copy_out(alias, target):
        path = tmp_path / f"source-{alias}"
        path.write_bytes(connections[alias].connection.serialize())
        with monkeypatch.context() as here:
            here.setitem(connections[alias].settings_dict, "NAME", str(path))
            return real(alias, target)

    monkeypatch.setattr(databases, "copy_out", copy_out)


def only(folder, pattern="*-*Z"):
    (found,) = folder.glob(pattern)
    return found


# -- the seal


KEY, OTHER = crypto.new_key(), crypto.new_key()


def sealed(text, context=b"x"):
    target = BytesIO()
    crypto.seal_file(BytesIO(text), target, KEY, context)
    return target.getvalue()


def opened(raw, key=KEY, context=b"x"):
    target = BytesIO()
    crypto.open_file(BytesIO(raw), target, key, context)
    return target.getvalue()


@pytest.mark.parametrize("size", [0, 1, crypto.CHUNK - 1, crypto.CHUNK, crypto.CHUNK + 1])
def test_a_file_comes_back(size):
    text = os.urandom(size)
    assert opened(sealed(text)) == text


def test_a_changed_cut_or_moved_file_does_not_open():
    raw = sealed(os.urandom(2 * crypto.CHUNK + 5))
    step = crypto.CHUNK + crypto.TAG_BYTES
    first, second = raw[7 : 7 + step], raw[7 + step : 7 + 2 * step]
    for wrong in (
        raw[:-1],
        raw[: 7 + step],
        raw[: 7 + 2 * step],
        raw[:7] + second + first + raw[7 + 2 * step :],
        raw[:7] + raw[7 + step :],
        raw[:100] + bytes([raw[100] ^ 1]) + raw[101:],
        raw + b"x",
    ):
        with pytest.raises(crypto.Tampered):
            opened(wrong)
    for wrong in (b"", raw[:7], raw[:20]):
        with pytest.raises(crypto.Malformed):
            opened(wrong)
    with pytest.raises(crypto.Tampered):
        opened(raw, key=OTHER)
    with pytest.raises(crypto.Tampered):
        opened(raw, context=b"y")


# -- making one


def test_it_seals_and_tells_no_word(cast, tmp_path, word):
    make.case_opened(cast)
    call_command("backup", f"--data={tmp_path / 'a'}", f"--audit={tmp_path / 'b'}", word)
    copy = only(tmp_path / "a")
    manifest = json.loads((copy / "manifest.json").read_text())
    assert manifest["counts"]["cases_case"] == 1 and manifest["salt"]
    assert "Hạnh" not in (copy / "manifest.json").read_text()
    payload = copy / manifest["payload"]
    assert payload.stat().st_mode & 0o777 == 0o600
    assert "Nguyễn Thị Hạnh".encode() not in payload.read_bytes()
    assert not payload.read_bytes().startswith(b"SQLite")
    call_command("restore", str(copy), word, "--check")
    found = archive.read(copy)
    clear = archive.open_payload(
        copy, found, archive.passphrase_from(word.partition("=")[2]), tmp_path
    )
    assert sqlite3.connect(clear).execute("SELECT COUNT(*) FROM cases_case").fetchone() == (1,)


def test_keys_never_lie_with_data(tmp_path):
    same = tmp_path / "all"
    for data, keystore in ((same, same), (same, same / "keys"), (same / "data", same)):
        with pytest.raises(CommandError, match="of their own"):
            call_command("backup", f"--data={data}", f"--keystore={keystore}", "--unsealed")
    with pytest.raises(CommandError, match="of their own"):
        call_command("backup", f"--data={settings.KEYRING_DIR}", "--unsealed")
    assert not same.exists()


def test_what_is_asked_wrongly_writes_nothing(tmp_path, word):
    with pytest.raises(CommandError, match="at least one"):
        call_command("backup", "--unsealed")
    with pytest.raises(CommandError):  # sealed, or said otherwise
        call_command("backup", f"--data={tmp_path / 'a'}")
    short = tmp_path / "short"
    short.write_text("ngắn")
    for path in (short, tmp_path / "absent"):
        with pytest.raises(CommandError):
            call_command("backup", f"--data={tmp_path / 'a'}", f"--passphrase-file={path}")
    (tmp_path / "file").write_text("x")
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("backup", f"--data={tmp_path / 'file' / 'a'}", "--unsealed")
    assert not (tmp_path / "a").exists()


def test_it_is_never_written_over(tmp_path, monkeypatch):
    call_command("backup", f"--audit={tmp_path / 'a'}", "--unsealed")
    copy = only(tmp_path / "a")
    before = (copy / "manifest.json").read_bytes()
    moment = datetime.strptime(copy.name.partition("-")[2], archive.STAMP).replace(tzinfo=UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
    with pytest.raises(CommandError, match="never written over"):
        call_command("backup", f"--audit={tmp_path / 'a'}", "--unsealed")
    assert (copy / "manifest.json").read_bytes() == before


@pytest.mark.parametrize("most", [4096, 256 * 1024])
def test_a_full_disk_leaves_nothing_half(tmp_path, most):
    """A limit on the size of a file answers as a full disk does."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, limits[1]))
    try:
        with pytest.raises(CommandError, match="written"):
            call_command("backup", f"--data={tmp_path / 'a'}", "--unsealed")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list((tmp_path / "a").iterdir()) == []


def test_a_kill_leaves_no_archive(tmp_path, monkeypatch):
    class Killed(BaseException):
        pass

    def killed(*_):
        raise Killed

    monkeypatch.setattr(archive, "write", killed)
    with pytest.raises(Killed):
        call_command("backup", f"--data={tmp_path / 'a'}", "--unsealed")
    assert not list((tmp_path / "a").glob("data-*"))


# -- bringing one back


@pytest.fixture
def copy(tmp_path):
    call_command("backup", f"--data={tmp_path / 'a'}", "--unsealed")
    return only(tmp_path / "a")


def refused(*args):
    with pytest.raises(CommandError) as error:
        call_command("restore", *map(str, args), "--yes")
    return str(error.value)


def test_a_damaged_archive_is_refused(copy, tmp_path, word):
    assert "holds no backup" in refused(tmp_path)
    payload = copy / archive.read(copy).payload
    whole, manifest = payload.read_bytes(), (copy / "manifest.json").read_text()
    payload.write_bytes(whole[:-1])
    assert "checksum" in refused(copy)
    payload.write_bytes(whole[:500] + bytes([whole[500] ^ 1]) + whole[501:])
    assert "checksum" in refused(copy)
    payload.unlink()
    assert "missing" in refused(copy)
    payload.write_bytes(whole)
    for wrong in ("{", "[]", '{"name": 1}'):
        (copy / "manifest.json").write_text(wrong)
        assert "manifest" in refused(copy)
    changed = json.loads(manifest) | {"payload": "../word"}
    (copy / "manifest.json").write_text(json.dumps(changed))
    assert "missing" in refused(copy)
    (copy / "manifest.json").write_text(json.dumps(json.loads(manifest) | {"format": 99}))
    assert "another version" in refused(copy)


def test_another_passphrase_or_name_does_not_open_it(tmp_path, word):
    call_command("backup", f"--audit={tmp_path / 'a'}", word)
    copy = only(tmp_path / "a")
    other = tmp_path / "other"
    other.write_text("một câu khác hẳn, cũng dài")
    assert "sealed" in refused(copy)
    assert "passphrase" in refused(copy, f"--passphrase-file={other}")
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps(manifest | {"name": "data"}))
    assert "changed" in refused(copy, word)


def test_old_copies_of_the_key_store_go(tmp_path):
    folder = tmp_path / "k"
    call_command("backup", f"--keystore={folder}", "--unsealed")
    new = only(folder)
    for days in (13, 15, 400):
        stamp = (datetime.now(UTC) - timedelta(days=days)).strftime(archive.STAMP)
        shutil.copytree(new, folder / f"keystore-{stamp}")
    (folder / "keystore-notes").mkdir()
    (folder / ".keystore-x.999999999.part").mkdir()
    names = {path.name for path in folder.iterdir()}
    gone = set(archive.prune(folder))
    left = {path.name for path in folder.iterdir()}
    assert len(gone) == 2 and left == names - gone - {".keystore-x.999999999.part"}
    manifest = archive.read(new)
    archive.refuse_old(manifest)
    manifest.made_at = (datetime.now(UTC) - timedelta(days=15)).isoformat()
    with pytest.raises(archive.TooOld, match="14 days"):
        archive.refuse_old(manifest)
    manifest.name = "data"
    archive.refuse_old(manifest)


def test_sqlite_alone_means_alone(tmp_path):
    path = tmp_path / "x.sqlite3"
    with sqlite3.connect(path) as reader:
        reader.execute("PRAGMA journal_mode=WAL")
        reader.execute("CREATE TABLE t (x)")
    reader.execute("SELECT * FROM t").fetchall()
    with pytest.raises(archive.Unfit, match="Stop the web server"):
        databases._sqlite_alone(path)
    reader.close()
    databases._sqlite_alone(path)
    databases._sqlite_alone(Path(tmp_path / "absent.sqlite3"))
