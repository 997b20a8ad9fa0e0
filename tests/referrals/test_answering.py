"""See the slip, accept, decline, propose somebody else: each verb in the order anonymous, stranger,
other role, wrong state, bad input, success."""

import pytest
from django.test import Client

from privacy.fields import LOCKED
from referrals.models import Referral
from referrals.states import State

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])

# verb → (state in which it is legal, good input, state afterwards, state in which it is refused)
GOOD = {
    "see": ("sent", {}, State.RECEIVED, "accepted"),
    "accept": ("received", {"note": "Mời chị mang theo sổ"}, State.ACCEPTED, "sent"),
    "decline": ("received", {"reason": "no_capacity"}, State.DECLINED, "accepted"),
    "redirect": ("received", {"text": "Trạm bên gần hơn"}, State.REDIRECT_PROPOSED, "in_service"),
}
verbs = pytest.mark.parametrize("verb", GOOD)


def url(referral: Referral, verb: str = "") -> str:
    return f"/referrals/{referral.uuid}/{verb + '/' if verb else ''}"


@verbs
def test_anonymous_is_asked_to_sign_in(send, verb):
    referral = send(until=GOOD[verb][0])
    answer = Client().get(url(referral, verb))
    assert answer.status_code == 302 and answer["Location"].startswith("/sign-in/")
    assert Client().post(url(referral, verb), GOOD[verb][1]).status_code == 401
    assert Referral.objects.get().state == GOOD[verb][0]


@verbs
@pytest.mark.parametrize("name", ["stranger", "thu", "minh", "van"])
def test_nobody_else_finds_it(send, sign_in, verb, name):
    """A nurse of another commune, other offices of the same commune: absent and forbidden alike."""
    referral = send(until=GOOD[verb][0])
    client = sign_in(name)
    assert client.get(url(referral)).status_code == 404
    assert client.get(url(referral, verb)).status_code == 404
    assert client.post(url(referral, verb), GOOD[verb][1]).status_code == 404
    assert Referral.objects.get().state == GOOD[verb][0]


@pytest.mark.parametrize("name", ["hanh", "bich", "hoa", "an", "quy", "yen"])
def test_this_page_is_the_recipients_only(send, sign_in, name):
    referral = send(until="received")
    assert sign_in(name).get(url(referral)).status_code == 404


@verbs
def test_wrong_state_is_told(send, lan, verb):
    referral = send(until=GOOD[verb][3])
    answer = lan.post(url(referral, verb), GOOD[verb][1])
    assert answer.status_code == 409
    assert Referral.objects.get().state == GOOD[verb][3]
    assert url(referral) in answer.content.decode()


@pytest.mark.parametrize("verb", ["accept", "decline", "redirect"])
def test_the_form_is_not_offered_when_it_cannot_be_sent(send, lan, verb):
    referral = send(until="in_service")
    answer = lan.get(url(referral, verb))
    assert answer.status_code == 302 and answer["Location"] == url(referral)


@pytest.mark.parametrize(
    ("verb", "typed", "kept"),
    [
        ("decline", {"text": "Máy hỏng rồi"}, "Máy hỏng rồi"),
        ("decline", {"reason": "other", "text": ""}, "other"),
        ("decline", {"reason": "made_up", "text": "Câu này còn"}, "Câu này còn"),
        ("redirect", {"text": "  "}, ""),
        ("accept", {"note": "dài " * 300}, "dài dài"),
    ],
)
def test_bad_input_comes_back(send, lan, verb, typed, kept):
    referral = send(until="received")
    answer = lan.post(url(referral, verb), typed)
    assert answer.status_code == 422
    assert "govuk-error-summary" in answer.content.decode() and kept in answer.content.decode()
    assert Referral.objects.get().state == State.RECEIVED


@verbs
def test_it_works(send, lan, verb):
    before, typed, after, _refused = GOOD[verb]
    referral = send(until=before)
    answer = lan.post(url(referral, verb), typed)
    assert answer.status_code == 302 and answer["Location"] == url(referral)
    assert Referral.objects.get().state == after
    assert lan.get(url(referral)).status_code == 200


def test_pressed_twice_tells_who_and_when(send, lan):
    referral = send(until="received")
    lan.post(url(referral, "accept"), {"note": "Mời chị đến"})
    again = lan.post(url(referral, "accept"), {"note": "Mời chị đến"})
    assert again.status_code == 409
    page = again.content.decode()
    assert "Phạm Thị Lan" in page and "Mời chị đến" in page


def test_before_it_is_seen_no_key_is_opened(send, lan, django_assert_num_queries):
    referral = send(priority="urgent")
    page = lan.get(url(referral)).content.decode()
    assert referral.reference in page and "Duy Tiên" in page
    assert "Mây" not in page and "0912" not in page
    listing = lan.get("/referrals/").content.decode()
    assert referral.reference in listing and "Mây" not in listing
    from privacy.models import AuditEvent

    assert not AuditEvent.objects.filter(purpose__startswith="referral", compartments="packet")


def test_afterwards_the_slip_is_there_and_nothing_of_the_case(send, lan):
    referral = send(until="received")
    page = lan.get(url(referral)).content.decode()
    for word in ("Mây", "0912 345 678", "Cần khám tuần này", "Nguyễn Thị Hạnh"):
        assert word in page
    assert Referral.objects.get().packet is LOCKED  # the page's keys ended with the page


def test_another_referral_of_the_same_client_stays_unknown(send, sign_in):
    mine, theirs = send("station", "received"), send("union", "received")
    page = sign_in("lan").get("/referrals/?show=all").content.decode()
    assert mine.reference in page and theirs.reference not in page


def test_a_get_never_receives(send, lan):
    referral = send()
    assert lan.get(url(referral, "see")).status_code == 302
    assert Referral.objects.get().state == State.SENT
