"""How often one person may do one thing, and nobody else is closed out by it."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpResponse
from django.utils import timezone

from privacy import throttle
from privacy.models import AuditEvent, Tries

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
