"""Show again that it is you: asked before heavy acts, and what was typed comes back."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from privacy import proof, throttle
from privacy.models import AuditEvent, KeptText, OpenSession, SentForm, Tries
from privacy.session_store import row_of
from tests import door
from tests.cast import PASSWORD
from tests.privacy.test_door import hidden

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])
# An act that weighs, and a page that leads to one.
CODES = "/account/recovery-codes/"


@pytest.fixture
def later():
    with time_machine.travel(timezone.now() + timedelta(minutes=6), tick=True) as clock:
        yield clock


@pytest.fixture
def lan(cast, sign_in) -> Client:
    door.device("lan")
    return sign_in("lan")


def show(client: Client, name: str = "lan", **typed: str):
    code = door.code_of(door.device(name))
    return client.post("/prove/", {"password": PASSWORD, "code": code, **typed})


def test_it_is_fresh_for_five_minutes(cast):
    assert not proof.is_fresh(cast.lan)
    now = timezone.now()
    for seconds, fresh in ((0, True), (299, True), (302, False), (-60, False)):
        actor = replace(cast.lan, proved_at=int(now.timestamp()) - seconds)
        assert proof.is_fresh(actor) is fresh
    with pytest.raises(proof.NeedsProof):
        proof.require(cast.lan)


def test_signing_in_with_a_code_counts(lan):
    assert lan.post(CODES).status_code == 200


def test_a_stranger_is_asked_to_sign_in():
    assert Client().get("/prove/").status_code == 302
    assert Client().post("/prove/", {"password": "x"}).status_code == 401


def test_a_form_is_kept_while_she_is_asked(lan, later):
    sent = {"once": "5f0c5b0e-2f4c-4a39-9a6e-4e2f5a3c0001", "note": "một câu"}
    answer = lan.post(CODES, sent)
    assert answer.status_code == 401 and not SentForm.objects.exists()
    page = answer.content.decode()
    assert 'action="/prove/"' in page and "một câu" not in page
    token = hidden(page, "kept")
    assert KeptText.objects.count() == 1
    back = show(lan, kept=token, next=hidden(page, "next"))
    assert back.status_code == 200 and f'action="{CODES}"' in back.content.decode()
    assert "một câu" in back.content.decode() and not KeptText.objects.exists()
    assert lan.post(CODES, {"note": "một câu"}).status_code == 200


def test_a_page_leads_back_to_where_she_was(lan):
    assert show(lan, next="/referrals/?show=all")["Location"] == "/referrals/?show=all"
    assert show(lan, next="https://example.org/")["Location"] == "/"
    assert show(lan, next="/prove/")["Location"] == "/"


@pytest.mark.parametrize(
    "typed", [{"password": "wrong"}, {"code": "000000"}, {"password": ""}, {"password": "a\0b"}]
)
def test_a_wrong_answer_proves_nothing(lan, later, typed):
    assert show(lan, **typed).status_code == 200
    assert lan.post(CODES).status_code == 401


def test_the_fifth_wrong_try_ends_the_session(lan, later):
    for _ in range(4):
        assert show(lan, password="wrong").status_code == 200
    assert show(lan, password="wrong")["Location"] == "/sign-in/"
    assert lan.get("/account/").status_code == 302
    assert Tries.objects.get(kind=throttle.PROOF.kind).count == 5
    results = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"proof", "proof_failed"} <= results


def test_it_counts_for_this_session_only(lan, sign_in, later):
    other = sign_in("lan")
    with time_machine.travel(timezone.now() + timedelta(minutes=6), tick=True):
        lan_key = lan.session.session_key
        assert show(lan, next="/")["Location"] == "/"
        assert lan.session.session_key != lan_key
        assert OpenSession.objects.filter(row=row_of(lan.session.session_key)).exists()
        assert lan.post(CODES).status_code == 200
        assert other.post(CODES).status_code == 401


def test_the_code_counts_once_here_too(lan, later):
    code = door.code_of(door.device("lan"))
    assert lan.post("/prove/", {"password": PASSWORD, "code": code}).status_code == 302
    again = lan.post("/prove/", {"password": PASSWORD, "code": code})
    assert again.status_code == 200
