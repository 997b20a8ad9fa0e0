"""The demo: a clock that moves, cases told once, a folder of its own, processes that end."""

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from cases.models import Case, FollowUp, Lead
from config.demo import accounts, clock, five, invented, prepare, story, supervisor, world
from config.management.commands.check_flows import problems
from privacy.actors import Actor
from privacy.models import Outbox, User
from referrals.models import Referral
from referrals.states import State
from services import loading
from workflow.models import WorkItem
from workflow.selectors import waiting_for

ROOT = Path(__file__).resolve().parents[2]
DATABASES = ["default", "keystore", "audit"]


# -- the clock


def test_the_clock_moves_every_name_of_now_and_comes_back():
    from workflow import nodes

    past = timezone.now() - timedelta(days=40)
    with clock.at(past) as moved:
        assert timezone.now() - past < timedelta(seconds=5)
        assert nodes.now() - past < timedelta(seconds=5)
        assert timezone.localdate() == timezone.localdate(past)
        assert User(username="x").created_at - past < timedelta(seconds=5)
        assert timezone.template_localtime(past).tzinfo is not past.tzinfo
        moved.set(past + timedelta(days=3))
        assert timezone.now() - past >= timedelta(days=3)
    assert timezone.now() - past >= timedelta(days=40)


def test_another_thread_keeps_the_present():
    seen = []
    with clock.at(timezone.now() - timedelta(days=40)):
        other = threading.Thread(target=lambda: seen.append(timezone.now()))
        other.start()
        other.join()
    assert timezone.now() - seen[0] < timedelta(seconds=5)


# -- the people and the cases


@pytest.fixture
def peopled(db):
    loading.load_reference()
    world.build("mat-khau-thu-nghiem")
    return world.World.load()


def tell(*numbers: int) -> None:
    story.promise(len(invented._DEALT))
    for number in numbers:
        story.tell(number)


def steps(actor: Actor) -> set[str]:
    return set(waiting_for(actor).values_list("step", flat=True))


@pytest.mark.django_db(databases=DATABASES)
def test_the_five_stand_at_different_points_and_what_waits_fits(peopled):
    tell(*range(1, story.FIVE + 1))
    assert list(problems()) == []
    states = set(Case.objects.values_list("state", flat=True))
    assert states == {"support", "planning", "protected"}
    assert {"visit", "confirm"} & steps(peopled.actor("hanh"))
    assert "visit" in steps(peopled.actor("thu"))
    assert "child_support" in steps(peopled.actor("van"))
    assert "plan" in steps(peopled.actor("khanh"))
    assert "accept" in steps(peopled.actor("hai"))
    waiting = WorkItem.objects.filter(done_at__isnull=True)
    assert waiting.filter(due_at__lt=timezone.now()).exists()
    today = timezone.localdate()
    assert today in {timezone.localdate(item.due_at) for item in waiting}
    assert Referral.objects.filter(state=State.WITHDRAWN).count() == 1
    assert FollowUp.objects.filter(state="done").count() >= 5
    assert Lead.objects.filter(case__isnull=False).count() == 2
    assert not Outbox.objects.filter(done_at__isnull=True, attempts__gt=0).exists()
    assert Case.objects.latest("pk").created_at < timezone.now() - timedelta(days=100)


@pytest.mark.django_db(databases=DATABASES)
def test_a_case_is_told_once(peopled):
    tell(3)
    story.tell(3)
    story.promise(0)
    story.tell(3)
    assert Case.objects.count() == 1
    assert story.untold().count() == len(invented._DEALT) + story.FIVE - 1


@pytest.mark.django_db(databases=DATABASES)
def test_a_telling_that_breaks_off_leaves_nothing_and_stays_promised(peopled, monkeypatch):
    def breaks_off(told):
        five.suoi(told)
        raise RuntimeError("power cut")

    story.promise(0)
    with monkeypatch.context() as patched:
        patched.setattr(five, "STORIES", (breaks_off, *five.STORIES[1:]))
        with pytest.raises(RuntimeError):
            story.tell(1)
    assert Case.objects.count() == 0 and story.untold().count() == story.FIVE
    assert timezone.now().year >= 2025
    story.tell(3)
    assert Case.objects.count() == 1


def test_the_first_thirty_show_the_work():
    assert invented._EARLY == story.AT_ONCE
    assert len(invented._DEALT) >= 240


@pytest.mark.django_db(databases=DATABASES)
@pytest.mark.parametrize("number", [2, 9, 17])
def test_invented_lives_fit_their_steps(peopled, number):
    tell(story.FIVE + number)
    assert list(problems()) == []
    assert Case.objects.exists() or Lead.objects.exists()


@pytest.mark.django_db(databases=DATABASES)
def test_every_role_has_an_account_and_one_password_opens_them(peopled, client):
    roles = {person.role for person in world.PEOPLE}
    from privacy.roles import Role

    assert roles == set(Role) - {Role.SYSTEM}
    table = accounts.table("http://127.0.0.1:8000/", "mat-khau-thu-nghiem")
    assert all(f"  {person.username} " in table for person in world.PEOPLE)
    world.set_password("mot-mat-khau-khac")
    assert User.objects.get(username="yen").check_password("mot-mat-khau-khac")


@pytest.mark.django_db(databases=DATABASES)
def test_check_flows_names_what_does_not_fit(peopled):
    tell(3)
    call_command("check_flows")
    Case.objects.update(state="support")
    with pytest.raises(CommandError):
        call_command("check_flows")
    assert "child_support" in str(next(problems()))


# -- the folder


@pytest.fixture
def folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "data"
    settings.KEYRING_DIR = tmp_path / "data" / "keys"
    return settings.DATA_DIR


def test_reset_leaves_a_folder_that_is_not_the_demos(folder):
    folder.mkdir()
    (folder / "data.sqlite3").write_text("somebody's work")
    with pytest.raises(CommandError, match="left as it is"):
        prepare.clear()
    with pytest.raises(CommandError, match="not the demo's"):
        prepare.claim_folder()
    assert (folder / "data.sqlite3").exists()


def test_reset_clears_the_demos_folder_and_nothing_is_fine_too(folder):
    assert prepare.clear() is False
    prepare.claim_folder()
    (folder / "logs").mkdir()
    (folder / "logs" / "web.log").write_text("x")
    assert prepare.clear() is True
    assert not folder.exists()


def test_the_password_stays_the_same_and_is_the_owners_alone(folder):
    prepare.claim_folder()
    first = prepare.password()
    assert prepare.password() == first and len(first) >= 12
    assert (folder / prepare.PASSWORD_FILE).stat().st_mode & 0o777 == 0o600


def test_two_demos_do_not_share_a_folder(tmp_path):
    with supervisor.lock(tmp_path), pytest.raises(CommandError, match="runs already"):
        supervisor.lock(tmp_path)
    supervisor.lock(tmp_path).close()


def test_a_keyring_is_never_replaced(folder):
    call_command("make_keyring")
    before = (folder / "keys" / "root.key").read_bytes()
    with pytest.raises(CommandError, match="not replaced"):
        call_command("make_keyring")
    assert (folder / "keys" / "root.key").read_bytes() == before


# -- the settings


def starts(module: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "import django; django.setup()"],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": f"config.settings.{module}",
            **env,
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("module", ["dev", "demo", "test", "production"])
def test_only_the_demo_check_starts_under_a_moved_clock(module, tmp_path):
    tried = starts(module, DONGHANH_CLOCK_FILE="/x", DONGHANH_DATA=str(tmp_path))
    assert tried.returncode and "clock" in tried.stderr


def test_the_demo_check_starts_under_it_only(tmp_path):
    assert starts("demo_check", DONGHANH_DATA=str(tmp_path)).returncode
    moved = starts("demo_check", DONGHANH_DATA=str(tmp_path), DONGHANH_CLOCK_FILE="/x")
    assert moved.returncode == 0, moved.stderr


def test_production_refuses_the_demos_folder(folder):
    prepare.claim_folder()
    tried = starts(
        "production", DONGHANH_DATA=str(folder), SECRET_KEY="x" * 50, ALLOWED_HOSTS="example.vn"
    )
    assert tried.returncode and "demonstration" in tried.stderr


# -- the processes


class Demo:
    """``manage.py demo`` in a folder of its own."""

    def __init__(self, data: Path) -> None:
        self.env = {**os.environ, "DONGHANH_DATA": str(data)}
        self.env.pop("DJANGO_SETTINGS_MODULE", None)
        self.data = data
        self.out = data.parent / "out.txt"
        self.process: subprocess.Popen[bytes] | None = None

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def start(self) -> None:
        with self.out.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "demo", "--port=0", "--cases=1", "--later=4"],
                cwd=ROOT,
                env=self.env,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_for(self, text: str, seconds: float = 90) -> str:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            said = self.out.read_text()
            if text in said:
                return said
            assert self.process is not None
            assert self.process.poll() is None or text in self.out.read_text(), said
            time.sleep(0.1)
        raise AssertionError(f"never said {text!r}: {self.out.read_text()}")

    def ready(self) -> str:
        return self.wait_for("Ready after")

    def children(self) -> dict[str, int]:
        """Command → process, of the children that live."""
        assert self.process is not None
        found = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = stat.read_text().rsplit(")", 1)[1].split()[1]
                args = (stat.parent / "cmdline").read_text()
            except OSError:
                continue
            if int(parent) == self.process.pid:
                found["runner" if "runner" in args else "web"] = int(stat.parent.name)
        return found

    def status(self) -> int:
        address = re.search(r"http://(127\.0\.0\.1:\d+)/", self.out.read_text())
        assert address
        connection = http.client.HTTPConnection(address[1], timeout=20)
        try:
            connection.request("GET", "/sign-in/")
            return connection.getresponse().status
        finally:
            connection.close()


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] == "Z"


def until(done, seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if done():
            return True
        time.sleep(0.1)
    return False


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_killed_at_any_point_it_goes_on_and_nothing_is_there_twice(tmp_path):
    demo = Demo(tmp_path / "data")
    try:
        demo.start()
        demo.wait_for("Preparing")
        assert until(lambda: (demo.data / "data.sqlite3").exists())
        demo.process.kill()  # in the middle of preparing
        demo.process.wait()

        demo.start()
        demo.ready()
        assert demo.status() == 200
        first = demo.children()
        assert set(first) == {"web", "runner"}
        assert "runs already" in demo.command("demo", "--port=0").stderr
        for pid in first.values():
            os.kill(pid, signal.SIGKILL)
        assert until(lambda: set(demo.children()) == {"web", "runner"} and demo.children() != first)
        assert demo.status() == 200  # callers waited at the socket

        second = demo.children()
        demo.process.kill()
        demo.process.wait()
        assert until(lambda: all(gone(pid) for pid in second.values()))

        demo.start()
        demo.ready()
        demo.wait_for("5 of 5")
        third = demo.children()
        demo.process.send_signal(signal.SIGINT)
        assert demo.process.wait(30) == 0
        assert "has ended" in demo.out.read_text()
        assert all(gone(pid) for pid in third.values())
        checked = demo.command("check_flows")
        assert checked.returncode == 0, checked.stdout
        told = demo.command(
            "shell",
            "--no-imports",
            "-c",
            "from cases.models import Case, Lead\n"
            "from privacy.models import Outbox\n"
            "left = Lead.objects.filter(case=None).count()\n"
            "kind = Outbox.objects.filter(kind='demo.case')\n"
            "print(Case.objects.count() + left, kind.count(), kind.filter(done_at=None).count())",
        )
        assert told.stdout.split() == ["10", "10", "0"], told.stdout + told.stderr
        assert demo.command("demo", "--reset").returncode == 0
        assert not demo.data.exists()
    finally:
        if demo.process is not None and demo.process.poll() is None:
            demo.process.terminate()
            demo.process.wait(30)


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_port_in_use_is_named():
    holder = supervisor.listen(0)
    with holder, pytest.raises(CommandError, match="--port"):
        supervisor.listen(holder.getsockname()[1])
