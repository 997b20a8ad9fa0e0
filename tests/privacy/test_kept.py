"""Text typed when a session ended comes back to whoever typed it, once, within a day."""

from datetime import timedelta

import pytest
import time_machine
from django.core import signing
from django.db import IntegrityError, connections
from django.db.models import QuerySet
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from privacy import kept, keys
from privacy.compartments import Compartment
from privacy.models import KeptText, WrappedDataKey
from tests import door, factories

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])
TYPED = {"note": ["Chị ấy kể về con trai"], "kind": ["visit"]}


@pytest.fixture
def hanh(cast):
    return cast.user("hanh")


def test_it_comes_back_once_to_the_same_person(cast, hanh):
    token = kept.keep(hanh, "/cases/", TYPED)
    with keys.fresh_ring():
        assert kept.take(cast.user("tam"), token) is None
        assert kept.take(hanh, token) == ("/cases/", TYPED)
        assert kept.take(hanh, token) is None


def test_token_and_row_say_nothing(hanh):
    token = kept.keep(hanh, "/cases/", TYPED)
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT * FROM privacy_kepttext")
        dump = repr(cursor.fetchall())
    for word in ("trai", "visit", "/cases/"):
        assert (
            word not in dump
            and word not in token
            and word not in signing.b64_decode(token.split(":")[0].encode()).decode("latin-1")
        )


@pytest.mark.parametrize("token", ["", "x", "a:b:c", "é:é:é"])
def test_a_forged_token_gives_nothing(hanh, token):
    assert kept.take(hanh, token) is None
    assert kept.take(hanh, signing.dumps("not a uuid", salt=kept.SALT)) is None
    assert kept.take(hanh, signing.dumps(str(hanh.uuid), salt="another")) is None


def test_after_a_day_it_is_gone(hanh):
    token = kept.keep(hanh, "/", TYPED)
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert kept.take(hanh, token) is None
        assert kept.drop_old() == 1
    assert not KeptText.objects.exists()


def test_without_its_key_it_is_lost_and_nothing_breaks(hanh):
    token = kept.keep(hanh, "/", TYPED)
    keys.destroy(hanh.uuid)
    with keys.fresh_ring():
        assert kept.take(hanh, token) is None


def test_the_newest_are_kept(hanh):
    tokens = [kept.keep(hanh, "/", {"n": [f"Lần {n}"]}) for n in range(kept.MOST + 3)]
    assert KeptText.objects.count() == kept.MOST
    assert kept.take(hanh, tokens[0]) is None
    assert kept.take(hanh, tokens[-1]) is not None


def test_two_requests_at_once_make_one_key(hanh, monkeypatch):
    first = kept.keep(hanh, "/", TYPED)
    looks = iter([False])
    real = QuerySet.exists
    # The second request looked before the first had made the key.
    monkeypatch.setattr(QuerySet, "exists", lambda rows: next(looks, None) is None and real(rows))
    with keys.fresh_ring():
        second = kept.keep(hanh, "/", TYPED)
    assert WrappedDataKey.objects.filter(compartment=Compartment.DRAFT.byte).count() == 1
    for token in (first, second):
        with keys.fresh_ring():
            assert kept.take(hanh, token) == ("/", TYPED)


def test_another_integrity_error_is_not_hidden(hanh, monkeypatch):
    def fails(*_args):
        raise IntegrityError

    monkeypatch.setattr(keys, "make", fails)
    with pytest.raises(IntegrityError):
        kept.keep(hanh, "/", TYPED)


@given(st.sampled_from(["visit", "not_now", "H-STI", "13324", "on", "7", "a.b_c", ""]))
def test_codes_are_not_shown_as_words(code):
    assert kept.words_of({"x": [code]}) == []


@pytest.mark.parametrize("word", ["Mây", "0912345678", "chị Lan", "HIV dương", "12/2026", "Ổn."])
def test_what_a_person_typed_is_shown_even_without_a_space(word):
    assert kept.words_of({"x": [word]}) == [word]


# -- through the door


def test_a_form_sent_after_the_session_ended(cast, sign_in):
    """She signs in again and finds her text; a colleague at the same machine does not."""
    case = factories.case_in_support(cast)
    browser = sign_in("hanh")
    session = browser.session
    session["seen"] = 0
    session.save()
    answer = browser.post(f"/cases/{case.uuid}/closure/", {"note_text": "Chị ấy ổn rồi"})
    assert answer.status_code == 401
    token = answer.context["kept_token"]
    assert token and "Chị ấy" not in answer.content.decode()
    for name in ("tam", "hanh"):
        other = Client()
        found = door.enter(other, name, kept=token)
        assert ("Chị ấy ổn rồi" in found.content.decode()) is (name == "hanh")
    assert not KeptText.objects.exists()


def test_a_stranger_keeps_nothing(cast):
    answer = Client().post("/cases/new/", {"alias": "Mây trắng"})
    assert answer.status_code == 401 and not KeptText.objects.exists()
    forged = Client()
    forged.cookies["last_person"] = str(cast.user("hanh").uuid)
    assert forged.post("/cases/new/", {"alias": "Mây trắng"}).status_code == 401
    assert not KeptText.objects.exists()


@pytest.mark.parametrize("ended", [False, True])
def test_quick_exit_drops_it(cast, sign_in, ended):
    browser = sign_in("hanh")
    kept.keep(cast.user("hanh"), "/", TYPED)
    if ended:
        session = browser.session
        session["seen"] = 0
        session.save()
    browser.post("/leave/")
    assert not KeptText.objects.exists()
