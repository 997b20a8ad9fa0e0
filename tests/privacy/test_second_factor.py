"""The second factor: set up once, asked each time, used once, never gone around."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from privacy import keys, own_keys, second_factor
from privacy.compartments import Compartment
from privacy.models import AuditEvent, SecondFactor, Tries, User, WrappedDataKey
from privacy.roles import Role
from tests import door

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])

CODE = "/sign-in/code/"
PHONE = "/sign-in/phone/"


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


@pytest.fixture
def lan(cast) -> User:
    return door.device("lan")


@pytest.fixture
def asked(lan) -> Client:
    """Her password was right; the code is missing."""
    client = Client()
    assert door.knock(client, "lan")["Location"] == CODE
    return client


def secret_of(user: User) -> str:
    with keys.fresh_ring():
        own_keys.open_for(user, Compartment.FACTOR)
        return SecondFactor.objects.get(user=user).secret


# -- who is asked


def test_every_role_that_opens_something_is_asked():
    free = {role for role in Role if not second_factor.is_required(role)}
    assert free == {Role.PROGRAMME_OFFICER, Role.SYSTEM}


def test_who_opens_nothing_comes_in_with_a_password(cast):
    client = Client()
    assert door.knock(client, "quy")["Location"] == "/"
    assert is_in(client)


def test_who_has_one_is_asked_whatever_her_role(cast):
    door.device("quy")
    assert door.knock(Client(), "quy")["Location"] == CODE


# -- the first time


@pytest.fixture
def new(cast) -> Client:
    client = Client()
    assert door.knock(client, "lan")["Location"] == PHONE
    return client


def test_setting_up_cannot_be_skipped(new):
    assert not is_in(new)
    for path in (CODE, "/sign-in/phone/ready/", "/cases/", "/account/"):
        answer = new.get(path)
        assert answer.status_code in (302, 405), path
    assert not is_in(new)
    other = Client()
    door.knock(other, "lan")
    assert other.post("/sign-in/phone/ready/")["Location"] == "/sign-in/"
    assert not is_in(other)


def test_she_scans_types_the_code_and_gets_recovery_codes_once(new, cast):
    page = new.get(PHONE)
    picture = new.get("/sign-in/phone/picture.svg")
    assert picture["Content-Type"] == "image/svg+xml" and "no-store" in picture["Cache-Control"]
    text = picture.content.decode()
    assert text.startswith("<svg") and "<script" not in text and " style=" not in text
    user = cast.user("lan")
    wrong = new.post(PHONE, {"code": "000000"})
    assert wrong.status_code == 200 and not second_factor.is_set_up(user)
    shown = new.post(PHONE, {"code": door.code_of(user)}).content.decode()
    codes = re.findall(r"[2-9A-Y]{5}-[2-9A-Y]{5}", shown)
    assert len(set(codes)) == 10 and not is_in(new)
    assert new.get("/sign-in/phone/picture.svg").status_code == 404
    assert page.content.decode().count(second_factor.secret_text(opened(user))[:4])
    assert new.post("/sign-in/phone/ready/")["Location"] == "/"
    assert is_in(new) and codes[0] not in new.get("/account/").content.decode()


def test_a_wrong_first_code_is_recorded_and_ended(new, cast):
    new.get(PHONE)
    answers = [new.post(PHONE, {"code": "000000"}).status_code for _ in range(9)]
    assert answers == [200] * 7 + [429] * 2
    rows = AuditEvent.objects.filter(action="second_factor").order_by("pk")
    assert [row.result for row in rows] == ["refused"] * 8 + ["locked_out"]
    assert {row.actor_uuid for row in rows} == {cast.lan.user_uuid}


def opened(user: User) -> SecondFactor:
    own_keys.open_for(user, Compartment.FACTOR)
    return SecondFactor.objects.get(user=user)


def test_the_picture_and_the_page_need_the_password(cast, lan):
    assert Client().get("/sign-in/phone/picture.svg").status_code == 404
    assert Client().get(PHONE)["Location"] == "/sign-in/"
    assert Client().get(CODE)["Location"] == "/sign-in/"
    client = Client()
    door.knock(client, "lan")
    assert client.get("/sign-in/phone/picture.svg").status_code == 404  # hers is set up
    assert client.get(PHONE)["Location"] == CODE


def test_a_second_look_shows_the_same_secret(new, cast):
    new.get(PHONE)
    before = secret_of(cast.user("lan"))
    new.get(PHONE)
    assert secret_of(cast.user("lan")) == before


# -- each time


def test_the_right_code_opens(asked):
    assert not is_in(asked)
    answer = door.show_code(asked, "lan")
    assert answer.status_code == 302 and is_in(asked)
    assert AuditEvent.objects.filter(action="second_factor", result="allowed").exists()


@pytest.mark.parametrize(
    "typed", ["000000", "", "12345", "1234567", "abcdef", "１２３４５６", "\0", "x" * 41, "-" * 20]
)
def test_anything_else_does_not(asked, typed):
    assert asked.post(CODE, {"code": typed}).status_code == 200
    assert not is_in(asked)


def test_spaces_between_the_digits_are_fine(asked, lan):
    code = door.code_of(lan)
    asked.post(CODE, {"code": f" {code[:3]} {code[3:]}"})
    assert is_in(asked)


def test_a_code_counts_once(asked, lan):
    code = door.code_of(lan)
    asked.post(CODE, {"code": code})
    thief = Client()
    door.knock(thief, "lan")
    assert thief.post(CODE, {"code": code}).status_code == 200 and not is_in(thief)
    # … and none of an earlier step either.
    assert thief.post(CODE, {"code": door.code_of(lan, -1)}).status_code == 200
    assert not is_in(thief)
    assert thief.post(CODE, {"code": door.code_of(lan, 1)}).status_code == 302


@pytest.mark.parametrize(("ahead", "right"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_a_clock_may_be_half_a_minute_off(cast, lan, ahead, right):
    with time_machine.travel(timezone.now(), tick=False):
        client = Client()
        door.knock(client, "lan")
        client.post(CODE, {"code": door.code_of(lan, ahead)})
        assert is_in(client) is right


def test_somebody_elses_code_is_wrong(asked, cast):
    asked.post(CODE, {"code": door.code_of(door.device("thu"))})
    assert not is_in(asked)


def test_the_password_does_not_wait_for_ever(asked, lan):
    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=True):
        answer = asked.post(CODE, {"code": door.code_of(lan)})
        assert answer["Location"] == "/sign-in/" and not is_in(asked)


def test_guessing_is_ended_for_that_person_only(asked, lan, cast):
    answers = [asked.post(CODE, {"code": f"{n:06d}"}).status_code for n in range(8)]
    assert answers == [200] * 7 + [429]
    elsewhere = Client()
    door.knock(elsewhere, "lan")
    assert elsewhere.post(CODE, {"code": door.code_of(lan)}).status_code == 429
    assert AuditEvent.objects.filter(action="second_factor", result="locked_out").exists()
    assert is_in_as("thu")
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=True):
        assert is_in_as("lan")


def is_in_as(name: str) -> bool:
    client = Client()
    door.enter(client, name)
    return is_in(client)


def test_the_key_of_the_session_changes_with_each_step(lan):
    client = Client()
    door.knock(client, "lan")
    half_open = client.session.session_key
    door.show_code(client, "lan")
    assert client.session.session_key != half_open
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = half_open
    assert not is_in(thief)


# -- recovery codes


@pytest.fixture
def recovery(lan) -> list[str]:
    with keys.fresh_ring():
        return second_factor.renew_recovery(lan)


def test_a_recovery_code_counts_once(asked, recovery, lan):
    asked.post(CODE, {"code": recovery[3].lower()})
    assert is_in(asked)
    assert second_factor.recovery_left(lan) == 9
    assert AuditEvent.objects.filter(action="second_factor", result="recovery_code").exists()
    again = Client()
    door.knock(again, "lan")
    again.post(CODE, {"code": recovery[3]})
    assert not is_in(again)
    again.post(CODE, {"code": recovery[4]})
    assert is_in(again)


def test_new_ones_end_the_old_ones(asked, recovery, lan):
    second_factor.renew_recovery(lan)
    asked.post(CODE, {"code": recovery[0]})
    assert not is_in(asked)


# -- sealed


def test_neither_secret_nor_codes_lie_open(lan, recovery):
    row = opened(lan)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM privacy_secondfactor")
        stored = b"|".join(
            item if isinstance(item, bytes) else str(item).encode() for item in cursor.fetchone()
        )
    for told in (row.secret, second_factor.secret_text(row), recovery[0].replace("-", "")):
        assert told.encode() not in stored


def test_a_row_of_another_person_does_not_open(lan, cast):
    """Swapped in the database, a secret that the thief knows is worth nothing."""
    thu = door.device("thu")
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM privacy_secondfactor WHERE user_id = %s", [thu.pk])
        planted = cursor.fetchone()[0]
        cursor.execute(
            "UPDATE privacy_secondfactor SET secret = %s WHERE user_id = %s", [planted, lan.pk]
        )
    client = Client()
    door.knock(client, "lan")
    assert client.post(CODE, {"code": door.code_of(thu)}).status_code == 503
    assert not is_in(client)


def test_without_its_key_nobody_comes_in(asked, lan):
    code = door.code_of(lan)
    WrappedDataKey.objects.filter(owner_uuid=lan.uuid).delete()
    assert asked.post(CODE, {"code": code}).status_code == 503
    assert not is_in(asked)


# -- the demonstration


def test_codes_are_shown_in_the_demonstration_only(asked, lan):
    assert b"demo-code" not in asked.get(CODE).content
    with override_settings(DEMO_CODE_DISPLAY=True):
        assert b"demo-code" not in asked.get(CODE).content
    with override_settings(DEMO=True, DEMO_CODE_DISPLAY=True):
        assert b"demo-code" not in Client().get("/sign-in/").content
        shown = asked.get(CODE).content.decode().split('id="demo-code">')[1][:6]
        assert shown == door.code_of(lan)
        asked.post(CODE, {"code": shown})
        assert is_in(asked)
        again = Client()
        door.knock(again, "lan")
        following = again.get(CODE).content.decode().split('id="demo-code">')[1][:6]
        assert following == door.code_of(lan, 1)
        again.post(CODE, {"code": following})
        assert is_in(again)
        third = Client()
        door.knock(third, "lan")
        assert b"demo-code" not in third.get(CODE).content


def test_tries_are_forgotten_after_a_right_code(asked, lan):
    asked.post(CODE, {"code": "000000"})
    assert Tries.objects.get().count == 1
    door.show_code(asked, "lan")
    assert not Tries.objects.exists()
