"""Makes the demo's data folder ready. Whatever step is killed, the next start goes on from there.

The folder and its keyring carry a marker named ``demo``: production refuses to start on them, and
only a folder with the marker is ever cleared.
"""

import hashlib
import secrets
import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connections, transaction

from config.demo import story, world
from config.settings.secrets import local_secret
from privacy import keys
from privacy.management.commands.make_audit_keys import add_audit_keys
from services import loading

MARKER = "demo"
PASSWORD_FILE = "demo.password"  # noqa: S105  (the name of a file)
_WORDS = ("tre", "sen", "lua", "cau", "mai", "truc", "song", "bien", "nang", "mua", "trang", "hoa")

Say = Callable[[str], None]


def data_folder() -> Path:
    return Path(settings.DATA_DIR)


def keyring_folder() -> Path:
    return Path(settings.KEYRING_DIR)


def anchor_folder() -> Path:
    return Path(settings.AUDIT_ANCHOR_DIR)


def claim_folder() -> None:
    """Mark the folder as the demo's before anything else is put into it."""
    folder, ring = data_folder(), keyring_folder()
    if not (folder / MARKER).exists():
        if (folder / "data.sqlite3").exists() or (ring / "root.key").exists():
            raise CommandError(
                f"{folder} holds data or keys that are not the demo's. Name another folder: "
                "DONGHANH_DATA=/path/to/folder"
            )
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        (folder / MARKER).write_text("Everything here is invented and may be deleted.\n")
    for other in (ring, anchor_folder()):
        other.mkdir(parents=True, exist_ok=True)
        (other / MARKER).touch()


def clear() -> bool:
    """Delete the demo's folder. False when there is none; refuses a folder without the marker."""
    folder, ring = data_folder(), keyring_folder()
    if not (folder / MARKER).exists():
        found = {path.name for path in folder.iterdir()} if folder.exists() else set()
        if found - {"secret.key"}:
            raise CommandError(f"{folder} is not a demo's folder, so it is left as it is.")
        shutil.rmtree(folder, ignore_errors=True)
        return False
    connections.close_all()
    for other in (ring, anchor_folder()):
        if (other / MARKER).exists():
            shutil.rmtree(other)
    # The marker goes last: killed in between, what is left can still be cleared.
    for path in folder.iterdir():
        if path.name == MARKER:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    shutil.rmtree(folder)
    return True


def password() -> str:
    """Made once for a folder, so that a second start prints the same."""
    chosen = [secrets.choice(_WORDS) for _ in range(3)] + [f"{secrets.randbelow(10_000):04d}"]
    return local_secret(data_folder(), PASSWORD_FILE, make="-".join(chosen))


def prepare(
    say: Say, *, at_once: int = story.AT_ONCE, later: int = story.LATER, cases: bool = True
) -> None:
    """Databases, keys, reference data, people, and (with ``cases``) the first cases."""
    claim_folder()
    if not (keyring_folder() / "root.key").exists():
        keys.FileKeyring.create(keyring_folder())
    keys.FileKeyring(keyring_folder()).complete()
    make_tables()
    add_audit_keys()  # a demo from before there were any
    collect_static()
    secret = password()
    if not world.exists():
        with transaction.atomic():  # the people and the promise of their cases: both or none
            world.build(secret)
            if cases:
                story.promise(at_once + later)
    world.set_password(secret)
    world.give_devices()
    if not cases:
        return
    began = time.monotonic()
    told = story.tell_first(at_once)
    if told:
        say(f"{told} invented cases are there ({time.monotonic() - began:.1f} s).")
    story.spread_the_rest()


def make_tables() -> None:
    """Tables and reference data, when a migration or a file of rules is new."""
    migrations = [
        path
        for app in apps.get_app_configs()
        for path in (Path(app.path) / "migrations").glob("*.py")
    ]
    stamp = data_folder() / "tables.sum"
    wanted = _digest([*migrations, *(loading.DATA).iterdir()])
    stores = [Path(str(connection.settings_dict["NAME"])) for connection in connections.all()]
    if all(path.exists() for path in stores) and _is(stamp, wanted):
        return
    call_command("migrate", interactive=False, verbosity=0)
    for alias in ("keystore", "audit"):
        # Only tables of the ground floor live there; the other rooms' history would take seconds.
        call_command("migrate", "privacy", database=alias, interactive=False, verbosity=0)
    loading.load_reference()
    stamp.write_text(wanted)


def collect_static() -> None:
    """Only when a file has changed: hashing and compressing everything takes a while."""
    sources = [
        path
        for folder in settings.STATICFILES_DIRS
        for path in Path(folder).rglob("*")
        if path.is_file()
    ]
    stamp, wanted = data_folder() / "static.sum", _digest(sources)
    if _is(stamp, wanted):
        return
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(wanted)


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(str(path).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _is(stamp: Path, wanted: str) -> bool:
    return stamp.exists() and stamp.read_text() == wanted
