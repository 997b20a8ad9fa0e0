"""The drill, on databases of its own: back up, erase, restore the old data, prove, purge.

    python -m tests.config.drill FOLDER                 SQLite files in FOLDER
    DRILL_POSTGRESQL=1 python -m tests.config.drill …   databases drill_data, drill_keystore,
                                                        drill_audit (empty; PGHOST, PGUSER, …)

Prints one line a proof and ends with 0; any other ending is a failure. Kills itself with SIGKILL at
every step of the erasure, in children, and goes on.
"""

import io
import os
import signal
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

ALIASES = ("default", "keystore", "audit")


def databases(folder: Path) -> dict[str, Any]:
    if not os.environ.get("DRILL_POSTGRESQL"):
        from config.settings.base import sqlite

        options = sqlite("x")["OPTIONS"]
        return {
            alias: {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": str(folder / f"{alias}.sqlite3"),
                "OPTIONS": options,
            }
            for alias in ALIASES
        }
    names = {"default": "drill_data", "keystore": "drill_keystore", "audit": "drill_audit"}
    return {
        alias: {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": name,
            "HOST": os.environ.get("PGHOST", "127.0.0.1"),
            "USER": os.environ.get("PGUSER", "postgres"),
            "PASSWORD": os.environ.get("PGPASSWORD", ""),
        }
        for alias, name in names.items()
    }


def begin(folder: Path) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    from django.conf import settings

    settings.DATABASES = databases(folder)
    settings.KEYRING_DIR = folder / "keys"
    settings.DATA_DIR = folder
    settings.RUNNER_SOCKET = folder / "runner.sock"
    settings.NOTICE_SPOOL = folder / "spool"
    import logging

    import django

    django.setup()
    logging.disable(logging.CRITICAL)
    from django.apps import apps
    from django.core.management import call_command

    settings.MIGRATION_MODULES = {config.label: None for config in apps.get_app_configs()}
    for alias in ALIASES:
        call_command("migrate", database=alias, run_syncdb=True, verbosity=0)


def quietly(name: str, *args: str, **more: Any) -> tuple[int, str]:
    """(exit code, output) of a command."""
    from django.core.management import CommandError, call_command

    out = io.StringIO()
    try:
        with redirect_stdout(out):
            call_command(name, *args, stdout=out, stderr=out, **more)
    except CommandError as error:
        return error.returncode, out.getvalue() + str(error)
    return 0, out.getvalue()


def must(name: str, *args: str, code: int = 0, **more: Any) -> str:
    found, said = quietly(name, *args, **more)
    assert found == code, f"{name} {args}: {found} instead of {code}\n{said}"
    return said


def proved(text: str) -> None:
    sys.stdout.write(f"proved: {text}\n")
    sys.stdout.flush()


def close_all() -> None:
    from django.db import connections

    connections.close_all()


def killed_everywhere(cast: Any, make: Any) -> list[Any]:
    """One file a step: a child is killed by SIGKILL there, the relay of the parent goes on."""
    from cases import actions
    from cases.actions import erasure as steps
    from privacy.models import Outbox
    from tests import door
    from workflow import relay

    ended = []
    for number, (name, _) in enumerate(steps.STEPS):
        case = make.case_opened(cast)
        request = ask(cast, case)
        actions.approve_erasure(actor=door.proved(cast.yen), erasure=request)
        close_all()
        child = os.fork()
        if child == 0:
            shot = tuple(
                (known, _shoot if index == number else step)
                for index, (known, step) in enumerate(steps.STEPS)
            )
            steps.STEPS = shot
            relay.drain()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, name
        Outbox.objects.filter(kind=steps.ERASE).update(lease="", lease_until=None)
        relay.drain()
        must("verify_erasure", case.code)
        ended.append(case)
    proved(f"SIGKILL at {len(ended)} steps, each erasure came to its end")
    return ended


def _shoot(_work: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def ask(cast: Any, case: Any) -> Any:
    from django.utils import timezone

    from cases import actions

    return actions.request_erasure(
        actor=cast.hanh,
        case=case,
        asked_by="client",
        asked_how="in_person",
        asked_on=timezone.localdate(),
        reason="Chị ấy muốn bắt đầu lại",
    )


class Untold:
    """Nothing is put back here: every story is told for the first time."""

    def key(self, step: Any) -> None:
        return None


def main(folder: Path) -> None:
    begin(folder)
    from django.test import Client

    from cases import actions
    from privacy import keys
    from services import loading
    from services.models import AdminUnit
    from tests import cast as casting
    from tests import door
    from tests import factories as make
    from workflow import relay

    keys.FileKeyring.create(folder / "keys")
    loading.load_rules()
    for code, parent, kind, name in (
        ("37", None, "tinh", "Ninh Bình"),
        ("38", None, "tinh", "Thanh Hóa"),
        (casting.HOME, "37", "phuong", "Duy Tiên"),
        (casting.AWAY, "38", "xa", "Cẩm Thủy"),
    ):
        AdminUnit.objects.create(
            code=code,
            parent_id=parent,
            type=kind,
            name=name,
            search_key=name,
            valid_from="2025-07-01",
            source="drill",
        )
    cast = casting.assemble()
    cast.point = Untold()  # type: ignore[assignment]
    with keys.fresh_ring():
        case = make.case_in_support(cast)
        slip = make.referral_in_service(cast, case)
        other = make.case_in_support(cast)

    def page(who: str, path: str) -> Any:
        browser = Client()
        assert door.enter(browser, who).status_code == 302
        return browser.get(path)

    assert make.ALIAS in page("hanh", f"/cases/{case.uuid}/").content.decode()

    places = {name: folder / f"copies-{name}" for name in ("data", "keystore", "audit")}
    must("backup", *(f"--{name}={place}" for name, place in places.items()), "--unsealed")
    (old,) = places["data"].glob("data-*")
    proved("three archives, each in a folder of its own")

    with keys.fresh_ring():
        request = ask(cast, case)
        actions.approve_erasure(actor=door.proved(cast.yen), erasure=request)
        relay.drain()
    must("verify_erasure", case.code)
    assert page("hanh", f"/cases/{case.uuid}/").status_code == 404
    proved("erased: no key opens it, nobody finds it")

    close_all()
    said = must("restore", str(old), "--yes", code=1)
    assert "--replace" in said, said
    must("restore", str(old), "--yes", "--replace")
    seen = page("hanh", f"/cases/{case.uuid}/")
    assert seen.status_code == 200
    assert make.ALIAS not in seen.content.decode()
    # Its supervisor, the plan, the slip, the contact plan: shown as locked, nothing breaks.
    for who, path in (
        ("bich", f"/cases/{case.uuid}/"),
        ("hanh", f"/cases/{case.uuid}/contact/"),
        ("hanh", f"/cases/{case.uuid}/timeline/"),
        ("hanh", f"/slips/{slip.uuid}/"),
        ("hanh", f"/cases/{case.uuid}/plan/"),
        ("lan", f"/referrals/{slip.uuid}/"),
        ("hanh", "/cases/"),
        ("hanh", "/"),
    ):
        answer = page(who, path)
        # 503: the page that says that the keys are out of reach; never a crash.
        assert answer.status_code in (200, 404, 503), (who, path, answer.status_code)
        text = answer.content.decode()
        assert path in ("/cases/", "/") or make.ALIAS not in text, (who, path)
    alive = page("hanh", f"/cases/{other.uuid}/").content.decode()
    assert make.ALIAS in alive
    must("verify_erasure", case.code, code=3)
    proved("the old data are back: the erased file reads as locked, every other file opens")

    must("post_restore")
    must("verify_erasure", "--all")
    assert page("hanh", f"/cases/{case.uuid}/").status_code == 404
    assert "purged 0" in must("post_restore")
    must("check_flows")
    proved("post_restore purged it, once")

    with keys.fresh_ring():
        killed_everywhere(cast, make)
    must("verify_erasure", "--all")
    must("check_flows")

    busy(old)
    keystore_is_dated(places["keystore"])


def busy(old: Path) -> None:
    """A server that runs: a child that holds a connection."""
    close_all()
    ready, told = os.pipe()
    child = os.fork()
    if child == 0:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM cases_case")
            cursor.fetchone()
        os.write(told, b"!")
        signal.pause()
        os._exit(0)
    os.read(ready, 1)
    said = must("restore", str(old), "--yes", "--replace", code=1)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert "Stop the web server" in said, said
    must("verify_erasure", "--all")
    proved("a restore under a running server is refused")


def keystore_is_dated(place: Path) -> None:
    import json

    (copy,) = place.glob("keystore-*")
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["made_at"] = "2025-01-01T00:00:00+00:00"
    (copy / "manifest.json").write_text(json.dumps(manifest))
    said = must("restore", str(copy), "--yes", "--replace", code=1)
    assert "changed" in said or "older" in said, said
    os.rename(copy, copy.with_name("keystore-20250101T000000Z"))
    said = must("backup", f"--keystore={place}", "--unsealed")
    assert "dropped" in said and not list(place.glob("keystore-20250101*"))
    must("verify_erasure", "--all")
    proved("a copy of the key store past its time is neither restored nor kept")


if __name__ == "__main__":
    target = Path(sys.argv[1]).absolute()
    target.mkdir(parents=True, exist_ok=True)
    main(target)
