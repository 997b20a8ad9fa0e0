"""Appointment, visit, hold, entry, outcome: what the recipient does once she has accepted."""

from datetime import datetime, time, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from privacy import access, keys
from privacy.compartments import Compartment as C
from privacy.fields import LOCKED
from referrals.models import Appointment, Entry, Referral
from referrals.states import State
from services.clocks import VIET_NAM

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


def days(name: str, ahead: int) -> dict[str, str]:
    day = timezone.localdate() + timedelta(days=ahead)
    return {
        f"{name}_day": str(day.day),
        f"{name}_month": str(day.month),
        f"{name}_year": str(day.year),
    }


def appointment(ahead: int = 2, at: str = "09:30") -> dict[str, str]:
    return {**days("day", ahead), "time": at, "place": "Phòng 2"}


GOOD = {
    "appointment": ("accepted", appointment, State.SCHEDULED, "received"),
    "came": ("scheduled", dict, State.IN_SERVICE, "received"),
    "no-show": ("scheduled", dict, State.NO_SHOW, "accepted"),
    "hold": (
        "in_service",
        lambda: {"text": "Đợi kết quả", **days("review_on", 7)},
        State.ON_HOLD,
        "accepted",
    ),
    "entry": (
        "in_service",
        lambda: {"kind": "visit", "text": "Đã khám hôm nay"},
        State.IN_SERVICE,
        "accepted",
    ),
    "complete": (
        "in_service",
        lambda: {"outcome": "attended", "text": "Hẹn tái khám"},
        State.COMPLETED,
        "accepted",
    ),
    "unfinished": (
        "in_service",
        lambda: {"reason": "moved", "text": "Chuyển nhà rồi"},
        State.NOT_COMPLETED,
        "received",
    ),
}
verbs = pytest.mark.parametrize("verb", GOOD)


def url(referral: Referral, verb: str = "") -> str:
    return f"/referrals/{referral.uuid}/{verb + '/' if verb else ''}"


@verbs
def test_anonymous_is_asked_to_sign_in(send, verb):
    state, typed, _after, _refused = GOOD[verb]
    referral = send(until=state)
    assert Client().get(url(referral, verb)).status_code == 302
    assert Client().post(url(referral, verb), typed()).status_code == 401
    assert Referral.objects.get().state == state


@verbs
@pytest.mark.parametrize("name", ["stranger", "thu"])
def test_nobody_else_finds_it(send, sign_in, verb, name):
    state, typed, _after, _refused = GOOD[verb]
    referral = send(until=state)
    client = sign_in(name)
    assert client.get(url(referral, verb)).status_code == 404
    assert client.post(url(referral, verb), typed()).status_code == 404
    assert Referral.objects.get().state == state


@verbs
def test_wrong_state_is_told(send, lan, verb):
    _state, typed, _after, refused = GOOD[verb]
    referral = send(until=refused)
    assert lan.post(url(referral, verb), typed()).status_code == 409
    assert Referral.objects.get().state == refused
    assert not Entry.objects.exists()


@pytest.mark.parametrize(
    ("verb", "typed", "kept"),
    [
        ("appointment", {**appointment(-1)}, "Phòng 2"),
        ("appointment", {**appointment(), "time": "25:70"}, "25:70"),
        ("appointment", {**appointment(), "day_year": ""}, "Phòng 2"),
        ("hold", {"text": "Đợi kết quả", **days("review_on", 0)}, "Đợi kết quả"),
        ("hold", {"text": "", **days("review_on", 3)}, ""),
        ("entry", {"kind": "diagnosis", "text": "Chữ còn đây"}, "Chữ còn đây"),
        ("entry", {"kind": "visit", "text": " "}, ""),
        ("complete", {"outcome": "cured", "text": "Chữ còn đây"}, "Chữ còn đây"),
        ("unfinished", {"reason": "", "text": "Chữ còn đây"}, "Chữ còn đây"),
    ],
)
def test_bad_input_comes_back(send, lan, verb, typed, kept):
    referral = send(until=GOOD[verb][0])
    answer = lan.post(url(referral, verb), typed)
    assert answer.status_code == 422
    assert "govuk-error-summary" in answer.content.decode() and kept in answer.content.decode()
    assert Referral.objects.get().state == GOOD[verb][0]
    assert not Entry.objects.exists()


@verbs
def test_it_works(send, lan, verb):
    state, typed, after, _refused = GOOD[verb]
    referral = send(until=state)
    if verb not in ("came",):
        page = lan.get(url(referral, verb))
        assert page.status_code == 200 and referral.reference in page.content.decode()
    answer = lan.post(url(referral, verb), typed())
    assert answer.status_code == 302 and answer["Location"] == url(referral)
    assert Referral.objects.get().state == after
    assert lan.get(url(referral)).status_code == 200


def test_an_appointment_today_must_lie_ahead(send, sign_in):
    referral = send(until="accepted")
    day = timezone.localdate() + timedelta(days=1)
    with time_machine.travel(datetime.combine(day, time(10), tzinfo=VIET_NAM), tick=False):
        lan = sign_in("lan")
        late = lan.post(url(referral, "appointment"), appointment(0, "9h30"))
        assert late.status_code == 422 and "9h30" in late.content.decode()
        assert lan.post(url(referral, "appointment"), appointment(0, "10h30")).status_code == 302
    at = Appointment.objects.get().at
    assert at == datetime.combine(day, time(10, 30), tzinfo=VIET_NAM)


def test_a_moved_appointment_leaves_one_planned(send, lan):
    referral = send(until="scheduled")
    assert lan.post(url(referral, "appointment"), appointment(5, "14.00")).status_code == 302
    assert sorted(Appointment.objects.values_list("state", flat=True)) == ["moved", "planned"]


def test_missing_is_offered_only_after_the_hour(send, lan):
    referral = send(until="scheduled")
    assert "/no-show/" not in lan.get(url(referral)).content.decode()
    Appointment.objects.update(at=timezone.now() - timedelta(hours=1))
    assert "/no-show/" in lan.get(url(referral)).content.decode()


def test_after_a_no_show_there_is_a_new_appointment(send, lan):
    referral = send(until="no_show")
    assert lan.post(url(referral, "appointment"), appointment()).status_code == 302
    assert Referral.objects.get().state == State.SCHEDULED


def test_on_hold_and_on_again(send, lan):
    referral = send(until="on_hold")
    assert lan.post(url(referral, "came")).status_code == 302
    assert Referral.objects.get().state == State.IN_SERVICE


def test_a_health_outcome_says_nothing_of_what_was_found(send, lan):
    """The same neutral set for every health service."""
    pages = []
    for service in ("H-STI", "H-HIV", "H-MMT", "H-SRH", "H-MH"):
        referral = send(until="in_service", service=service)
        page = lan.get(url(referral, "complete"))
        pages.append({value for value, _label in page.context["form"].fields["outcome"].choices})
    assert all(values == {"attended", "attended_next"} for values in pages)


def test_entries_are_the_recipients_own(send, cast, lan):
    referral = send(until="in_service")
    lan.post(url(referral, "entry"), {"kind": "visit", "text": "Đã khám hôm nay"})
    assert "Đã khám hôm nay" in lan.get(url(referral)).content.decode()
    with keys.fresh_ring():
        access.open_keys(cast.hanh, [referral], [C.PACKET, C.ENTRIES], purpose="test")
        assert Entry.objects.get().text is LOCKED
        assert Referral.objects.get().packet is not LOCKED


def test_after_the_grace_period_it_is_gone(send, lan, sign_in):
    referral = send(until="completed")
    assert lan.get(url(referral)).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=8), tick=True):
        later = sign_in("lan")
        assert later.get(url(referral)).status_code == 404
        assert referral.reference not in later.get("/referrals/?show=all").content.decode()


def test_relaying_her_no_ends_sight_at_once(send, lan):
    referral = send(until="in_service")
    asked = lan.get(url(referral, "consent-ends"))
    assert asked.status_code == 200
    assert lan.post(url(referral, "consent-ends")).status_code == 302
    assert lan.get(url(referral)).status_code == 404
    assert lan.post(url(referral, "entry"), {"kind": "visit", "text": "Một câu"}).status_code == 404


def test_relaying_is_for_the_recipient(send, sign_in):
    referral = send(until="in_service")
    assert Client().post(url(referral, "consent-ends")).status_code in (302, 401)
    for name in ("stranger", "thu"):
        assert sign_in(name).post(url(referral, "consent-ends")).status_code == 404
    assert sign_in("lan").get(url(referral)).status_code == 200
