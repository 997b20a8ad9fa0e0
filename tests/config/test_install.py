"""A new office from the terminal: once, with two people who are not the same."""

import io
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client, override_settings

from privacy.actions.founding import First, found_office
from privacy.errors import Forbidden
from privacy.models import ChangeRecord, Membership, User
from privacy.roles import Role
from tests import cast as casting

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])
GOOD = "bốn-từ-rời-nhau-quạt-trần"


class Terminal:
    """Answers in their order; what is typed without echo counts the same."""

    def __init__(self, monkeypatch, *answers: str) -> None:
        self.answers = list(answers)
        self.out, self.err = io.StringIO(), io.StringIO()
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
        monkeypatch.setattr("builtins.input", self.say)
        monkeypatch.setattr("getpass.getpass", self.say)

    def say(self, question: str) -> str:
        return self.answers.pop(0)

    def install(self, **options: object) -> str:
        call_command("install", stdout=self.out, stderr=self.err, **options)
        return self.out.getvalue()


@pytest.fixture(autouse=True)
def folder(tmp_path):
    with override_settings(KEYRING_DIR=tmp_path / "keys"):
        yield tmp_path


def test_it_asks_and_makes_both(db, folder, monkeypatch):
    terminal = Terminal(
        monkeypatch, "Ban điều hành", "an", "Lý An", GOOD, GOOD, "yen", "Đinh Yến", ""
    )
    said = terminal.install()
    assert terminal.answers == [] and GOOD not in said
    assert (folder / "keys" / "root.key").stat().st_mode & 0o777 == 0o600
    roles = dict(Membership.objects.values_list("user__username", "role"))
    assert roles == {"an": Role.ADMINISTRATOR, "yen": Role.DPO}
    assert all(item.ends_on for item in Membership.objects.all())
    made = said.split("shown only now: ")[1].split()[0]
    assert len(made) == 23 and User.objects.get(username="yen").check_password(made)
    assert ChangeRecord.objects.filter(reason="install").count() == 2
    # Each connects a phone before anything opens.
    client = Client()
    answer = client.post("/sign-in/", {"username": "an", "password": GOOD})
    assert answer["Location"] == "/sign-in/phone/"


def test_it_refuses_a_second_time(db, folder, monkeypatch):
    names = {"office": "A", "administrator": "an", "administrator_name": "An"}
    names |= {"officer": "yen", "officer_name": "Yến", "generate": True}
    Terminal(monkeypatch).install(**names)
    key = (folder / "keys" / "root.key").read_bytes()
    with pytest.raises(CommandError, match="already"):
        Terminal(monkeypatch).install(**names)
    User.objects.update(is_active=False)  # not even when nobody of them is left
    with pytest.raises(CommandError, match="already"):
        Terminal(monkeypatch).install(**names)
    assert (folder / "keys" / "root.key").read_bytes() == key


def test_a_weak_or_mistyped_password_is_asked_for_again(db, monkeypatch):
    terminal = Terminal(
        monkeypatch, "A", "an", "An", "matkhau123456", GOOD, "other", GOOD, GOOD, "yen", "Yến", ""
    )
    terminal.install()
    assert "differ" in terminal.err.getvalue()
    assert User.objects.get(username="an").check_password(GOOD)


@pytest.mark.parametrize(
    ("administrator", "officer"), [("an", "an"), ("An", "an"), ("an kh", "yen"), ("", "yen")]
)
def test_two_people_with_usable_names(db, monkeypatch, administrator, officer):
    names = {"office": "A", "administrator_name": "An", "officer_name": "Yến", "generate": True}
    with pytest.raises(CommandError):
        Terminal(monkeypatch, *[""] * 5).install(
            administrator=administrator, officer=officer, **names
        )
    assert not Membership.objects.exists() and not User.objects.filter(is_active=True).exists()


def test_without_a_terminal_it_needs_options(db, monkeypatch):
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(CommandError, match="option"):
        call_command("install", stdout=io.StringIO())
    with pytest.raises(CommandError, match="generate"):
        call_command(
            "install", office="A", administrator="an", administrator_name="An", stdout=io.StringIO()
        )


def test_it_is_not_for_the_demonstration(db):
    with override_settings(DEMO=True), pytest.raises(CommandError, match="demonstration"):
        call_command("install")


def test_only_the_system_founds(db):
    cast = casting.enter()
    first = First("a", "A", GOOD)
    with pytest.raises(Forbidden):
        found_office(actor=cast.an, office="A", administrator=first, officer=first)


def test_a_folder_that_cannot_be_written(db, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    with (
        override_settings(KEYRING_DIR=Path(tmp_path / "file" / "keys")),
        pytest.raises(CommandError, match="cannot be written"),
    ):
        Terminal(monkeypatch).install(office="A")
