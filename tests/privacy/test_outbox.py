"""What is promised with a change is promised exactly when the change happens."""

import socket

import pytest
from django.db import transaction

from privacy import outbox
from privacy.errors import Invalid
from privacy.models import Outbox
from referrals import actions
from tests import factories

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


def test_the_promise_lives_and_dies_with_the_change(cast):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        outbox.put("test.kind", 1)
        raise ZeroDivisionError
    assert not Outbox.objects.filter(kind="test.kind").exists()
    with transaction.atomic():
        outbox.put("test.kind", 1)
    assert Outbox.objects.get(kind="test.kind").object_id == 1


def test_a_failed_action_promises_nothing(cast):
    referral = factories.referral_received(cast)
    before = Outbox.objects.count()
    with pytest.raises(Invalid):
        actions.decline(actor=cast.lan, referral=referral, reason="no such reason")
    assert Outbox.objects.count() == before


def test_the_same_promise_is_made_once():
    for _ in range(3):
        outbox.put("test.kind", 1, dedupe_key="test:1")
        outbox.put("test.kind", 1)
    assert Outbox.objects.filter(kind="test.kind").count() == 4
    assert Outbox.objects.filter(dedupe_key="test:1").count() == 1


def test_a_handler_listens_once(monkeypatch):
    monkeypatch.setattr(outbox, "handlers", {})

    def listen(object_id):
        raise AssertionError

    outbox.on("kind", listen)
    outbox.on("kind", listen)
    assert outbox.handlers == {"kind": [listen]}


def test_committing_wakes_the_runner(tmp_path, settings, django_capture_on_commit_callbacks):
    settings.RUNNER_SOCKET = tmp_path / "s"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(settings.RUNNER_SOCKET))
        listener.settimeout(1)
        with django_capture_on_commit_callbacks(execute=True):
            outbox.put("test.kind", 1)
        assert listener.recv(16) == b"!"


@pytest.mark.parametrize("path", ["/nowhere/at/all", "x" * 300, "/dev/null"])
def test_nobody_listening_is_no_trouble(settings, path):
    settings.RUNNER_SOCKET = path
    outbox.wake()


def test_a_row_has_room_for_ids_only():
    names = {field.name for field in Outbox._meta.concrete_fields}
    assert not names & {"payload", "body", "data", "args"}
