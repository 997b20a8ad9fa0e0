"""Meeting people: the pages of a peer worker. Order: anonymous, others, state, input, success."""

from uuid import uuid4

import pytest

from cases.models import Lead, OutreachCount
from cases.states import LeadState
from privacy.models import AuditEvent
from tests import factories
from tests.cast import AWAY, HOME

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])

NEW = "/contacts/new/"
CONTACT = {"ways": ["may_text"], "phone": "0912 345 678", "hours": "9–11", "code_word": "giao hàng"}
ANSWERS = {
    "keep": "yes",
    "age_band": "18_over",
    "alias": "Mây",
    "area_code": HOME,
    "place": "",
    "channel": "outreach",
    **CONTACT,
    "note": "Gặp ở công viên",
}


@pytest.fixture
def sign_in(sign_in, settings):
    """Everybody reads English here, whatever language her account has."""

    def enter(name):
        browser = sign_in(name)
        browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
        return browser

    return enter


def body(answer):
    return answer.content.decode()


# -- a new contact


def test_it_asks_an_anonymous_person_to_sign_in(client, cast):
    assert client.get(NEW).status_code == 302
    assert client.post(NEW, {"page": "keep", "keep": "yes"}).status_code == 401


@pytest.mark.parametrize("name", ["bich", "lan", "van", "quy", "an", "yen"])
def test_it_is_not_found_by_other_roles(sign_in, name):
    browser = sign_in(name)
    assert browser.get(NEW).status_code == 404
    assert browser.post(NEW, {"page": "check", **ANSWERS}).status_code == 404
    assert not Lead.objects.exists()


def test_it_begins_with_her_wish_and_ticks_nothing(sign_in):
    text = body(sign_in("hoa").get(NEW))
    assert "Does she want us to keep a way to reach her?" in text
    assert 'name="keep"' in text and "checked" not in text and 'name="alias"' not in text


def test_it_counts_only_when_she_says_no(cast, sign_in):
    browser = sign_in("hoa")
    answer = browser.post(NEW, {"page": "keep", "keep": "no"})
    assert 'name="area_code"' in body(answer)
    answer = browser.post(NEW, {"page": "place", "keep": "no", "area_code": HOME, "place": ""})
    assert 'name="channel"' in body(answer)
    said = {"keep": "no", "area_code": HOME, "place": "", "channel": "outreach"}
    answer = browser.post(NEW, {"page": "channel", **said})
    assert "Count the conversation" in body(answer)
    answer = browser.post(NEW, {"page": "check", **said})
    assert answer.url == f"{NEW}?counted=1"
    assert "Nothing about her was kept." in body(browser.get(answer.url))
    assert OutreachCount.objects.get().count == 1 and not Lead.objects.exists()


def test_it_carries_every_answer_in_the_form_and_none_in_the_session(cast, sign_in):
    browser = sign_in("hoa")
    order = ["keep", "age", "alias", "place", "channel", "contact", "note"]
    fields = {
        "keep": ["keep"],
        "age": ["age_band"],
        "alias": ["alias"],
        "place": ["area_code", "place"],
        "channel": ["channel"],
        "contact": list(CONTACT),
        "note": ["note"],
    }
    typed = {}
    for name in order:
        typed |= {field: ANSWERS[field] for field in fields[name]}
        answer = browser.post(NEW, {"page": name, **typed})
        assert answer.status_code == 200, name
    text = body(answer)
    assert "Check before saving" in text
    for word in ("Mây", "0912 345 678", "giao hàng", "Gặp ở công viên", "Duy Tiên"):
        assert word in text
    assert "Mây" not in str(dict(browser.session.items()))
    answer = browser.post(NEW, {"page": "check", **typed})
    lead = Lead.objects.get()
    assert answer.url == f"/contacts/{lead.uuid}/"
    assert "Mây" in body(browser.get(answer.url))


def test_it_keeps_what_was_typed_when_something_is_wrong(sign_in):
    typed = {**ANSWERS, "phone": "12", "page": "contact"}
    answer = sign_in("hoa").post(NEW, typed)
    text = body(answer)
    assert answer.status_code == 422 and "8 to 15 digits" in text
    assert "<title>Error:" in text.replace("\n", "")
    assert 'value="12"' in text and 'value="Mây"' in text


def test_it_goes_back_without_losing_the_page(sign_in):
    typed = {**ANSWERS, "page": "contact", "go": "alias"}
    text = body(sign_in("hoa").post(NEW, typed))
    assert 'value="Mây"' in text and 'value="0912 345 678"' in text and "There is a" not in text


def test_it_returns_to_the_check_after_one_change(sign_in):
    text = body(sign_in("hoa").post(NEW, {**ANSWERS, "page": "alias", "seen": "1"}))
    assert "Check before saving" in text


def test_it_finds_a_commune_without_accents_and_asks_when_there_are_several(cast, sign_in):
    from services.models import AdminUnit

    browser = sign_in("hoa")
    typed = {**ANSWERS, "page": "place", "place": "cam thuy", "area_code": HOME}
    AdminUnit.objects.filter(pk=AWAY).update(search_key=" cam thuy | thanh hoa")
    assert 'name="channel"' in body(browser.post(NEW, typed))
    AdminUnit.objects.create(
        pk="99999",
        parent_id="37",
        type="xa",
        name="Cẩm Thủy",
        search_key=" cam thuy | ninh binh",
        valid_from="2025-07-01",
        source="test",
    )
    answer = browser.post(NEW, typed)
    assert answer.status_code == 422 and "Several communes have this name" in body(answer)
    assert body(answer).count('name="match"') == 2
    assert 'name="channel"' in body(browser.post(NEW, {**typed, "match": AWAY}))
    answer = browser.post(NEW, {**typed, "place": "khong co"})
    assert answer.status_code == 422 and 'value="khong co"' in body(answer)


def test_it_answers_everything_on_one_page_too(cast, sign_in):
    browser = sign_in("hoa")
    text = body(browser.get(f"{NEW}?all=1"))
    assert all(f'name="{name}"' in text for name in ANSWERS)
    answer = browser.post(NEW, {**ANSWERS, "page": "all", "alias": ""})
    assert answer.status_code == 422 and "Gặp ở công viên" in body(answer)
    assert "Check before saving" in body(browser.post(NEW, {**ANSWERS, "page": "all"}))


def test_it_refuses_a_save_that_skips_the_questions(sign_in):
    answer = sign_in("hoa").post(NEW, {"page": "check", "keep": "yes"})
    assert answer.status_code == 422 and not Lead.objects.exists()


# -- a contact


def test_a_contact_is_hers_alone(cast, sign_in, client):
    lead = factories.lead_made(cast)
    url = f"/contacts/{lead.uuid}/"
    assert client.get(url).status_code == 302
    for name in ("hanh", "bich", "lan", "kien", "quy"):
        browser = sign_in(name)
        assert browser.get(url).status_code == 404
        for part in ("informed/", "not-now/", "end/", "hand-over/"):
            assert browser.post(url + part).status_code == 404
    assert sign_in("hoa").get(f"/contacts/{uuid4()}/").status_code == 404
    text = body(sign_in("hoa").get(url))
    assert factories.ALIAS in text and factories.PHONE in text and "I have told her" in text
    assert AuditEvent.objects.filter(purpose="lead_page").count() == 1


def test_informing_goes_once(cast, sign_in):
    lead = factories.lead_made(cast)
    browser = sign_in("hoa")
    url = f"/contacts/{lead.uuid}/informed/"
    assert browser.get(url).status_code == 405
    assert browser.post(url).status_code == 302
    assert browser.post(url).status_code == 409


def test_she_may_say_not_now(cast, sign_in):
    lead = factories.lead_informed(cast)
    browser = sign_in("hoa")
    assert browser.post(f"/contacts/{lead.uuid}/not-now/").status_code == 302
    assert "She said: not now" in body(browser.get(f"/contacts/{lead.uuid}/"))
    assert browser.post(f"/contacts/{lead.uuid}/not-now/").status_code == 409


def test_it_hands_over_to_a_social_worker_of_her_commune(cast, sign_in):
    lead = factories.lead_made(cast)
    browser = sign_in("hoa")
    url = f"/contacts/{lead.uuid}/hand-over/"
    assert browser.get(url).status_code == 409
    lead = factories.lead_informed(cast)
    url = f"/contacts/{lead.uuid}/hand-over/"
    text = body(browser.get(url))
    assert "Nguyễn Thị Hạnh" in text and "Trịnh Trung Kiên" not in text
    to = str(cast.memberships["hanh"].uuid)
    assert browser.post(url, {"to": to}).status_code == 422
    other = str(cast.memberships["kien"].uuid)
    assert browser.post(url, {"to": other, "agreed": "on"}).status_code == 422
    assert browser.post(url, {"to": to, "agreed": "on"}).url == "/"
    assert browser.get(f"/contacts/{lead.uuid}/").status_code == 404
    assert browser.post(url, {"to": to, "agreed": "on"}).status_code == 404
    text = body(sign_in("hanh").get(f"/contacts/{lead.uuid}/"))
    assert "Open a case" in text and factories.PHONE in text


def test_ending_deletes_after_asking(cast, sign_in):
    lead = factories.lead_informed(cast)
    browser = sign_in("hoa")
    url = f"/contacts/{lead.uuid}/end/"
    assert "cannot be undone" in body(browser.get(url))
    assert Lead.objects.get().state == LeadState.INFORMED
    assert browser.post(url).url == "/"
    assert Lead.objects.get().state == LeadState.ENDED
    assert browser.get(f"/contacts/{lead.uuid}/").status_code == 404


def test_she_may_change_her_mind_after_the_hand_over(cast, sign_in):
    lead = factories.lead_handed_over(cast)
    url = f"/contacts/{lead.uuid}/end/"
    for name in ("hoa", "tam"):
        assert sign_in(name).get(url).status_code == 404
        assert sign_in(name).post(url).status_code == 404
    browser = sign_in("hanh")
    assert url in body(browser.get(f"/contacts/{lead.uuid}/"))
    assert "cannot be undone" in body(browser.get(url))
    assert browser.post(url).url == "/"
    assert Lead.objects.get().state == LeadState.ENDED
