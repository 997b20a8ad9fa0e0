"""The embedded runner: woken at once, catches up once, ends when it is told to."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest
import time_machine
from celery import current_app
from django.conf import settings as django_settings
from django.db import OperationalError
from django.utils import timezone

from privacy import outbox
from workflow import relay, runner
from workflow.models import RunnerBeat

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


@pytest.fixture
def beat(settings, monkeypatch):
    """Two periodic tasks of the test; the names of those that ran."""
    ran = []

    class Task:
        def __init__(self, name, error=None):
            self.name, self.error = name, error

        def apply(self, throw):
            ran.append(self.name)
            if self.error:
                raise self.error

    tasks = {"t.one": Task("one"), "t.bad": Task("bad", ValueError("Mây kể"))}
    settings.CELERY_BEAT_SCHEDULE = {
        "bad": {"task": "t.bad", "schedule": 60.0},
        "gone": {"task": "t.gone", "schedule": 60.0},
        "one": {"task": "t.one", "schedule": 3600.0},
    }
    monkeypatch.setattr(type(current_app), "tasks", tasks, raising=False)
    monkeypatch.setattr(runner.current_app._get_current_object(), "_tasks", tasks, raising=False)
    monkeypatch.setattr(runner, "current_app", type("App", (), {"tasks": tasks}))
    monkeypatch.setattr(runner, "close_old_connections", lambda: None)
    return ran


def test_periodic_work_runs_when_its_period_has_passed(beat):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        runner.Runner().periodic()
        assert beat == ["bad", "one"]
        runner.Runner().periodic()
        assert beat == ["bad", "one"]
        clock.shift(timedelta(seconds=61))
        runner.Runner().periodic()
        assert beat == ["bad", "one", "bad"]


def test_a_missed_day_is_caught_up_once(beat):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        runner.Runner().periodic()
        beat.clear()
        clock.shift(timedelta(days=30))
        runner.Runner().periodic()
        runner.Runner().periodic()
    assert beat == ["bad", "one"]


def test_a_clock_set_back_does_not_stop_it(beat):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        runner.Runner().periodic()
        beat.clear()
        clock.shift(timedelta(days=-3))
        runner.Runner().periodic()
        assert beat == ["bad", "one"]
        runner.Runner().periodic()
        assert beat == ["bad", "one"]


def test_one_failing_task_does_not_stop_the_next(beat, caplog):
    runner.Runner().periodic()
    assert beat == ["bad", "one"] and RunnerBeat.objects.count() == 3
    failed = [record.facts for record in caplog.records if record.msg == "periodic_failed"]
    assert [facts["error"] for facts in failed] == ["ValueError", "KeyError"]
    assert "Mây" not in caplog.text


def test_one_round_does_all_that_is_due(beat, monkeypatch):
    seen = []
    monkeypatch.setitem(outbox.handlers, "test.kind", [seen.append])
    monkeypatch.setattr(relay, "BATCH", 2)
    for number in range(5):
        outbox.put("test.kind", number)
    assert runner.Runner().once() == 5 and seen == list(range(5))


def test_a_database_in_trouble_does_not_end_the_runner(beat, monkeypatch):
    def locked(*_args):
        raise OperationalError("database is locked")

    monkeypatch.setattr(runner.relay, "run_due", locked)
    monkeypatch.setattr(runner.relay, "due", locked)
    monkeypatch.setattr(runner.time, "sleep", lambda seconds: None)
    here = runner.Runner()
    assert here.once() == 0
    assert here.wait_seconds() == runner.POLL_SECONDS


def test_a_commit_ends_the_wait(tmp_path, settings, beat):
    settings.RUNNER_SOCKET = tmp_path / "s"
    here = runner.Runner()
    with here.listen() as listener:
        assert os.stat(settings.RUNNER_SOCKET).st_mode & 0o777 == 0o600
        threading.Timer(0.2, outbox.wake).start()
        listener.settimeout(5)
        began = time.monotonic()
        assert listener.recv(16) == b"!"
        assert time.monotonic() - began < 3


def test_a_second_start_takes_the_place_of_a_dead_socket(tmp_path, settings):
    settings.RUNNER_SOCKET = tmp_path / "deep" / "s"
    runner.Runner().listen().close()
    with runner.Runner().listen() as listener:
        outbox.wake()
        assert listener.recv(16) == b"!"


def test_a_folder_too_deep_for_a_socket_means_polling(tmp_path, settings):
    settings.RUNNER_SOCKET = tmp_path / ("x" * 120) / "s"
    with runner.Runner().listen() as listener:
        assert listener.type == socket.SOCK_DGRAM
    outbox.wake()


def test_the_house_schedule_names_known_tasks():
    for entry in django_settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["task"] in current_app.tasks and float(entry["schedule"]) > 0


MAIN = """
import django, sys
django.setup()
from django.core.management import call_command
for alias in ("default", "keystore", "audit"):
    call_command("migrate", run_syncdb=True, database=alias, verbosity=0)
from workflow.runner import Runner
Runner().run()
print("ended", flush=True)
"""
# Tables from the models: the migrations have a test of their own.
SETTINGS = """
from config.settings.test import *
from pathlib import Path
DATA_DIR = Path({folder!r})
RUNNER_SOCKET = DATA_DIR / "s"
KEYRING_DIR = DATA_DIR / "keys"
CELERY_BEAT_SCHEDULE = {{}}
DATABASES = {{
    alias: {{"ENGINE": "django.db.backends.sqlite3", "NAME": str(DATA_DIR / alias)}}
    for alias in ("default", "keystore", "audit")
}}
MIGRATION_MODULES = {{
    name: None
    for name in ("auth", "contenttypes", "sessions", "guardian", "axes", "viewflow")
    + ("privacy", "services", "workflow", "referrals", "cases")
}}
"""


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once_when_told(tmp_path, told):
    """Also while it waits: a signal alone does not wake a sleeping poll."""
    (tmp_path / "runner_settings.py").write_text(SETTINGS.format(folder=str(tmp_path)))
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "runner_settings",
        "PYTHONPATH": f"{tmp_path}:{django_settings.BASE_DIR}",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN],
        env=environment,
        cwd=django_settings.BASE_DIR,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for line in process.stderr:
            if line.startswith("{") and json.loads(line)["event"] == "runner_started":
                break
        time.sleep(0.5)
        began = time.monotonic()
        process.send_signal(told)
        output, _errors = process.communicate(timeout=20)
        assert time.monotonic() - began < 4
        assert process.returncode == 0 and output == "ended\n"
        assert not (tmp_path / "s").exists()
    finally:
        process.kill()
        process.wait()
