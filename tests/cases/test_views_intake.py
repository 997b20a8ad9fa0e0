"""Opening a file, her consent to it, and the way of people under 18."""

import pytest

from cases.models import Case, Consent, Purpose
from cases.states import CaseState, LeadState
from tests import factories
from tests.cast import HOME

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])

NEW = "/cases/new/"
ANSWERS = {
    "age_band": "18_over",
    "alias": "Sóng",
    "area_code": HOME,
    "place": "",
    "channel": "walk_in",
    "ways": ["may_call"],
    "phone": "0987 654 321",
    "hours": "",
    "code_word": "",
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


# -- a new case


def test_it_asks_an_anonymous_person_to_sign_in(client, cast):
    assert client.get(NEW).status_code == 302


@pytest.mark.parametrize("name", ["hoa", "bich", "lan", "van", "quy"])
def test_only_social_workers_open_a_case(sign_in, name):
    browser = sign_in(name)
    assert browser.get(NEW).status_code == 404
    assert browser.post(NEW, {"page": "check", **ANSWERS}).status_code == 404
    assert not Case.objects.exists()


def test_age_comes_first(sign_in):
    browser = sign_in("hanh")
    text = body(browser.get(NEW))
    assert 'name="age_band"' in text and 'name="alias"' not in text and "checked" not in text
    answer = browser.post(NEW, {"page": "age"})
    assert answer.status_code == 422 and "Choose an age group." in body(answer)


def test_under_18_explains_the_protected_way_at_once(sign_in):
    text = body(sign_in("hanh").post(NEW, {"page": "age", "age_band": "16_17"}))
    assert "do not go through the adult questions" in text and ">111<" in text


def test_it_opens_a_case(cast, sign_in):
    browser = sign_in("hanh")
    assert "Check before saving" in body(browser.post(NEW, {"page": "contact", **ANSWERS}))
    answer = browser.post(NEW, {"page": "check", **ANSWERS})
    case = Case.objects.get()
    assert answer.url == f"/cases/{case.uuid}/"
    text = body(browser.get(answer.url))
    assert "Sóng" in text and case.code in text and "0987 654 321" in text


def test_a_wrong_answer_keeps_the_others(sign_in):
    answer = sign_in("hanh").post(NEW, {"page": "check", **ANSWERS, "channel": "x"})
    assert answer.status_code == 422
    assert 'value="Sóng"' in body(answer) and not Case.objects.exists()


def test_a_child_goes_to_child_protection_and_out_of_sight(cast, sign_in):
    browser = sign_in("hanh")
    answer = browser.post(NEW, {"page": "check", **ANSWERS, "age_band": "under_16"})
    assert answer.url == "/cases/handed-over/"
    case = Case.objects.get()
    text = body(browser.get(answer.url))
    assert case.code in text and "Sóng" not in text
    assert browser.get(f"/cases/{case.uuid}/").status_code == 404
    text = body(browser.get("/cases/"))
    assert case.code in text and "Handed over to child protection" in text and "Sóng" not in text
    assert case.code not in body(sign_in("tam").get("/cases/"))


# -- from a contact


def test_a_contact_that_was_handed_over_becomes_a_case(cast, sign_in, client):
    lead = factories.lead_handed_over(cast)
    url = f"/contacts/{lead.uuid}/open-case/"
    assert client.get(url).status_code == 302
    for name in ("hoa", "tam", "kien", "bich", "lan"):
        assert sign_in(name).get(url).status_code == 404
        assert sign_in(name).post(url, {"page": "check", **ANSWERS}).status_code == 404
    browser = sign_in("hanh")
    text = body(browser.get(url))
    assert f'value="{factories.ALIAS}"' in text and f'value="{factories.PHONE}"' in text
    text = body(
        browser.post(url, {"page": "age", "seen": "1", **ANSWERS, "alias": factories.ALIAS})
    )
    assert "Check before saving" in text
    assert browser.post(url, {"page": "check", **ANSWERS}).status_code == 302
    case = Case.objects.get()
    assert case.lead == lead and factories.fresh(lead).state == LeadState.CASE_OPENED
    assert browser.post(url, {"page": "check", **ANSWERS}).status_code == 404


# -- consent to a file

CONSENT = {"given": "yes", "keep_answers": "no", "method": "verbal", "given_by": "client"}


def test_consent_is_the_workers_to_ask(cast, sign_in, client):
    case = factories.case_opened(cast)
    url = f"/cases/{case.uuid}/consent/"
    assert client.get(url).status_code == 302
    for name in ("tam", "kien", "loan", "lan", "van", "hoa"):
        browser = sign_in(name)
        assert browser.get(url).status_code == 404
        assert browser.post(url, CONSENT).status_code == 404
    bich = sign_in("bich")
    assert bich.get(url).status_code == 403
    assert bich.post(url, CONSENT).status_code == 403
    assert not Consent.objects.exists()


def test_it_shows_the_wording_with_its_version_and_ticks_nothing(cast, sign_in):
    case = factories.case_opened(cast)
    text = body(sign_in("hanh").get(f"/cases/{case.uuid}/consent/"))
    assert "We ask whether we may keep a support file" in text and "Wording version w2025.1" in text
    assert "checked" not in text


def test_consent_in_the_wrong_state_and_with_wrong_input(cast, sign_in):
    browser = sign_in("hanh")
    done = factories.case_consented(cast)
    assert browser.post(f"/cases/{done.uuid}/consent/", CONSENT).status_code == 409
    assert browser.get(f"/cases/{done.uuid}/consent/").url == f"/cases/{done.uuid}/consents/"
    case = factories.case_opened(cast)
    url = f"/cases/{case.uuid}/consent/"
    answer = browser.post(url, {**CONSENT, "method": ""})
    assert answer.status_code == 422 and body(answer).count("checked") == 3
    assert browser.post(url, {**CONSENT, "keep_answers": ""}).status_code == 422


def test_her_yes_leads_to_the_screening(cast, sign_in):
    case = factories.case_opened(cast)
    answer = sign_in("hanh").post(f"/cases/{case.uuid}/consent/", CONSENT)
    assert answer.url == f"/cases/{case.uuid}/screening/"
    kept = Consent.objects.get(purpose=Purpose.KEEP_ANSWERS)
    assert kept.given is False and kept.wording == "w2025.1"


def test_her_no_leads_to_advice_and_nothing_stays(cast, sign_in):
    case = factories.case_opened(cast)
    browser = sign_in("hanh")
    url = f"/cases/{case.uuid}/consent/"
    assert browser.post(url, {**CONSENT, "given": "no", "keep_answers": ""}).url == url
    text = body(browser.get(url))
    assert "Advice without a file" in text and "115" in text
    assert factories.fresh(case).state == CaseState.CLOSED
    assert factories.ALIAS not in body(browser.get(f"/cases/{case.uuid}/"))
