"""Two people at the same moment: a withdrawal and an acceptance, a withdrawal and a renewal. One
wins, the other is told, and what is left is a whole state: sight never outlives the consent.

A database in a file and two real connections, as in production on SQLite (architecture.md 6).
"""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from django.db import connections

from cases import actions
from cases.models import ConsentEnd
from config.settings import base
from privacy import access, keys
from privacy.errors import NotFound, Refusal, WrongState
from referrals import actions as slips
from tests import factories as f

pytestmark = pytest.mark.sqlite


@pytest.fixture
def on_disk(cast, tmp_path):
    """The world of this test so far, in files; afterwards the connections are as they were."""

    def settle() -> None:
        for alias in connections:
            here = connections[alias]
            target = tmp_path / f"{alias}.sqlite3"
            with closing(sqlite3.connect(target)) as copy:
                # What was not committed counts too: this connection wrote it.
                for line in here.connection.iterdump():
                    if not line.startswith(("BEGIN", "COMMIT")) and "sqlite_sequence" not in line:
                        copy.execute(line)
                copy.execute("PRAGMA journal_mode=WAL")
                copy.commit()
            names[alias] = str(target)

    names: dict[str, str] = {}
    return settle, names


def together(names: dict[str, str], *verbs: Callable[[], Any]) -> list[Any]:
    """Each verb in a thread of its own, with connections of its own to the files, at once."""
    gate = threading.Barrier(len(verbs))
    answers: list[Any] = [None] * len(verbs)

    def run(number: int, verb: Callable[[], Any]) -> None:
        for alias, name in names.items():
            settings = connections[alias].settings_dict
            options = base.DATABASES[alias]["OPTIONS"]  # immediate transactions that wait
            connections[alias].settings_dict = {**settings, "NAME": name, "OPTIONS": options}
            connections[alias].connect()
        gate.wait()
        try:
            with keys.fresh_ring():
                answers[number] = verb()
        except Exception as error:
            answers[number] = error
        finally:
            for alias in names:
                connections[alias].close()

    threads = [
        threading.Thread(target=run, args=(number, verb)) for number, verb in enumerate(verbs)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def look(names: dict[str, str], question: Callable[[], Any]) -> Any:
    (answer,) = together(names, question)
    if isinstance(answer, Exception):
        raise answer
    return answer


@pytest.mark.parametrize("first", ["withdraw", "accept", "both"])
def test_withdrawal_and_acceptance(cast, on_disk, first):
    settle, names = on_disk
    slip = f.referral_received(cast)
    consent = f.link_of(slip).consent
    settle()

    def withdraw() -> None:
        actions.withdraw(actor=cast.hanh, consent=consent, method="verbal")

    def accept() -> None:
        slips.accept(actor=cast.lan, referral=slip, note="Mời đến")

    if first == "both":
        withdrawn, accepted = together(names, withdraw, accept)
    elif first == "withdraw":
        (withdrawn,), (accepted,) = together(names, withdraw), together(names, accept)
    else:
        (accepted,), (withdrawn,) = together(names, accept), together(names, withdraw)
    # The client's word always counts; the recipient is told when she comes too late.
    assert withdrawn is None
    assert accepted is None or isinstance(accepted, NotFound | WrongState)
    if first == "withdraw":
        assert isinstance(accepted, Refusal)
    if first == "accept":
        assert accepted is None

    def after() -> tuple[Any, ...]:
        return (
            f.fresh(slip).state,
            f.fresh(slip).basis.is_live,
            access.can(cast.lan, slip),
            access.can(cast.lan, slip, "open_packet"),
            ConsentEnd.objects.filter(consent=consent).count(),
        )

    assert look(names, after) == ("withdrawn", False, False, False, 1)


def test_taken_back_twice_at_once(cast, on_disk):
    settle, names = on_disk
    slip = f.referral_received(cast)
    consent = f.link_of(slip).consent
    settle()
    answers = together(
        names,
        lambda: actions.withdraw(actor=cast.hanh, consent=consent, method="verbal"),
        lambda: actions.withdraw(actor=cast.bich, consent=consent, method="verbal"),
    )
    told = [answer for answer in answers if answer is not None]
    assert len(told) == 1 and isinstance(told[0], WrongState)
    assert look(names, lambda: ConsentEnd.objects.filter(consent=consent).count()) == 1


def test_sending_and_withdrawal(cast, on_disk):
    """A slip that is sent while its consent is taken back is never readable afterwards."""
    settle, names = on_disk
    slip = f.referral_draft(cast)
    link = f.link_of(slip)
    settle()

    def send() -> None:
        with f.opened(cast.hanh, slip, f.C.PACKET):
            actions.send_referral(actor=cast.hanh, link=f.link_of(slip))

    sent, withdrawn = together(
        names,
        send,
        lambda: actions.withdraw(actor=cast.hanh, consent=link.consent, method="verbal"),
    )
    assert withdrawn is None and (sent is None or isinstance(sent, Refusal))
    assert look(names, lambda: access.can(cast.lan, slip, "open_packet")) is False
