"""How often one person may do one thing, and nobody else is closed out by it."""

from datetime import timedelta

import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from privacy import retention, throttle
from privacy.models import AuditEvent, Tries
from tests import door

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])
LIMIT = throttle.Limit("x", 2, 60)


def test_it_closes_and_opens_again(cast):
    lan, thu = cast.lan.user_id, cast.thu.user_id
    assert not throttle.count(LIMIT, lan) and not throttle.is_closed(LIMIT, lan)
    assert throttle.count(LIMIT, lan) and throttle.is_closed(LIMIT, lan)
    assert not throttle.is_closed(LIMIT, thu)
    assert not throttle.is_closed(throttle.Limit("y", 2, 60), lan)
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=True):
        assert not throttle.is_closed(LIMIT, lan)
        assert not throttle.count(LIMIT, lan)
    assert Tries.objects.get().count == 1


def test_a_clock_set_back_does_not_close_for_ever(cast):
    with time_machine.travel(timezone.now() + timedelta(days=400), tick=True):
        throttle.count(LIMIT, cast.lan.user_id)
    assert not throttle.count(LIMIT, cast.lan.user_id)
    assert Tries.objects.get().count == 1


def test_a_costly_page_answers_so_often(cast, rf):
    page = throttle.limited("costly", 2, 600)(lambda request: HttpResponse("here"))

    def ask(name: str) -> HttpResponse:
        request = rf.get("/")
        request.session = SessionStore()
        request.actor, request.membership = getattr(cast, name), cast.memberships[name]
        return page(request)

    assert [ask("lan").status_code for _ in range(3)] == [200, 200, 429]
    assert "10" in ask("lan").content.decode()
    assert ask("thu").status_code == 200
    assert AuditEvent.objects.filter(action="costly", result="refused:too_often").count() == 2


# -- wrong passwords, counted before anybody is known

TYPED = "Mật-khẩu gõ nhầm ô"


def knocks(name: str, times: int) -> int:
    """The last answer; as people do, she goes on from the page that she wanted."""
    browser = Client()
    typed = {"username": name, "password": "wrong", "next": "/referrals/?show=all", "kept": "t"}
    return [browser.post("/sign-in/", typed).status_code for _ in range(times)][-1]


def held() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM axes_accessattempt")
        return repr(cursor.fetchall())


def test_a_row_of_wrong_passwords_holds_nothing_that_was_typed(cast):
    for name in ("lan", " LAN ", TYPED):
        assert knocks(name, 2) == 200
    assert AccessAttempt.objects.count() == 2  # one of each name, however it is written
    for word in ("lan'", "=lan", "LAN", TYPED, "nhầm", "wrong", "referrals", "kept=t"):
        assert word not in held()


def test_a_hidden_name_is_locked_and_freed_like_any_other(cast):
    assert knocks("lan", 7) == 200
    door.enter(Client(), "lan")
    assert not AccessAttempt.objects.exists()
    assert knocks("lan", 8) == 429 and door.knock(Client(), "Lan").status_code == 429
    assert door.knock(Client(), "thu").status_code == 302


def test_wrong_passwords_are_forgotten_after_a_day(cast):
    knocks("lan", 1)
    retention.run(["sign_in_try"])
    assert AccessAttempt.objects.count() == 1
    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=True):
        retention.run(["sign_in_try"])
    assert not AccessAttempt.objects.exists()
