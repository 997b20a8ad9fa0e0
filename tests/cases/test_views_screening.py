"""The needs screening, its advice, and safety first."""

import gzip

import pytest
from bs4 import BeautifulSoup

from cases.models import Case, SafetyPlan, Screening
from cases.states import CaseState
from privacy import keys
from tests import factories

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


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


def answers(cast, case):
    with factories.opened(cast.hanh, case, *factories.WORKER_KEYS):
        screening = Screening.objects.get(case=case)
        return {**screening.answers, **screening.protection}


@pytest.mark.parametrize(
    "page", ["screening/", "screening/a/", "screening/all/", "screening/result/", "safety-plan/"]
)
def test_it_is_the_case_workers(cast, sign_in, client, page):
    case = factories.case_consented(cast)
    url = f"/cases/{case.uuid}/{page}"
    assert client.get(url).status_code == 302
    for name in ("tam", "kien", "loan", "lan", "van", "hoa", "quy"):
        assert sign_in(name).get(url).status_code == 404, name
    if page not in ("safety-plan/", "screening/result/"):
        assert sign_in("bich").get(url).status_code == 403
        assert sign_in("tam").post(url, {"A1": "yes"}).status_code in (404, 405)
    assert not Screening.objects.exists()


def test_it_does_not_open_before_or_after_its_time(cast, sign_in):
    browser = sign_in("hanh")
    early = factories.case_opened(cast)
    assert browser.get(f"/cases/{early.uuid}/screening/").url == f"/cases/{early.uuid}/"
    assert browser.get(f"/cases/{early.uuid}/screening/a/").status_code == 409
    late = factories.case_screened(cast)
    refused = browser.post(f"/cases/{late.uuid}/screening/a/", {"A1": "yes"})
    assert refused.status_code == 409 and f'href="/cases/{late.uuid}/"' in body(refused)
    answer = browser.post(f"/cases/{late.uuid}/screening/result/", {"level": "soon"})
    assert answer.status_code == 409
    assert browser.get(f"/cases/{late.uuid}/screening/").url.endswith("/screening/result/")


def test_it_lists_the_parts_with_their_progress(cast, sign_in):
    case = factories.case_consented(cast)
    browser = sign_in("hanh")
    text = body(browser.get(f"/cases/{case.uuid}/screening/"))
    assert "Freedom to move and work" in text and "Not begun" in text
    assert "1 of 2 answered" in text  # the age is known, being alone is not
    assert not Screening.objects.exists()  # looking begins nothing


def test_it_saves_each_page_and_goes_on(cast, sign_in):
    case = factories.case_consented(cast)
    browser = sign_in("hanh")
    url = f"/cases/{case.uuid}/screening"
    text = body(browser.get(f"{url}/0/"))
    assert "Are you alone now" in text and "Do you agree that we keep" not in text
    answer = browser.post(f"{url}/0/", {"C6": "18_over", "C5": "yes"})
    assert answer.url == f"{url}/a/"
    text = body(browser.get(answer.url))
    assert text.count("Not asked yet") == 5 and "Prefer not to say" in text and "Not known" in text
    answer = browser.post(f"{url}/a/", {"A1": "yes", "A2": "prefer_not_say", "then": "overview"})
    assert answer.url == f"{url}/"
    assert answers(cast, case) == {
        "C6": "18_over",
        "C5": "yes",
        "A1": "yes",
        "A2": "prefer_not_say",
    }
    assert "2 of 5 answered" in body(browser.get(f"{url}/"))


def test_leaving_out_the_age_loses_nothing(cast, sign_in):
    case = factories.case_consented(cast)
    browser = sign_in("hanh")
    browser.post(f"/cases/{case.uuid}/screening/h/", {"H1": "yes"})
    browser.post(f"/cases/{case.uuid}/screening/0/", {"C5": "no"})
    assert answers(cast, case)["H1"] == "yes"


def test_not_alone_hides_the_questions_of_safety(cast, sign_in):
    case = factories.case_consented(cast)
    browser = sign_in("hanh")
    answer = browser.post(f"/cases/{case.uuid}/screening/0/", {"C6": "18_over", "C5": "no"})
    assert answer.url.endswith("/screening/c/")
    assert browser.get(f"/cases/{case.uuid}/screening/a/").status_code == 404


def test_an_answer_that_does_not_fit_is_shown_again(cast, sign_in):
    case = factories.case_consented(cast)
    browser = sign_in("hanh")
    browser.post(f"/cases/{case.uuid}/screening/e/", {"E1": "3", "E2": "3"})
    answer = browser.post(
        f"/cases/{case.uuid}/screening/e/", {"E1": "3", "E2": "3", "E7": "no", "SRQ": "99"}
    )
    assert answer.status_code == 422 and 'value="99"' in body(answer)
    assert "There is a problem" in body(answer)


def test_help_that_cannot_wait_is_shown_at_once(cast, sign_in):
    case = factories.case_consented(cast)
    browser = sign_in("hanh")
    url = f"/cases/{case.uuid}/screening"
    browser.post(f"{url}/a/", {"A1": "yes", "A4": "yes"})
    for page in (f"{url}/", f"{url}/b/", f"{url}/all/"):
        text = body(browser.get(page))
        assert "Help that cannot wait" in text and "1900 969 680" in text


def test_under_18_ends_the_adult_way(cast, sign_in):
    case = factories.case_consented(cast)
    browser = sign_in("hanh")
    answer = browser.post(f"/cases/{case.uuid}/screening/0/", {"C6": "16_17", "C5": "yes"})
    assert answer.url == "/cases/handed-over/"
    assert factories.fresh(case).state == CaseState.PROTECTED
    assert browser.get(f"/cases/{case.uuid}/screening/").status_code == 404


def test_it_answers_everything_on_one_page_too(cast, sign_in):
    case = factories.case_consented(cast)
    browser = sign_in("hanh")
    url = f"/cases/{case.uuid}/screening/all/"
    assert 'name="K3"' in body(browser.get(url))
    answer = browser.post(url, {"C6": "18_over", "C5": "yes", "G1": "yes"})
    assert answer.url.endswith("/screening/all/#G")
    answer = browser.post(url, {"C6": "18_over", "C5": "yes", "G1": "yes", "H1": "yes"})
    assert answer.url == f"/cases/{case.uuid}/screening/result/"


def test_all_on_one_page_stays_light_with_every_answer_at_its_worst(cast, sign_in, settings):
    """ux.md: 6 KB a page. Everything urgent, every question open, in the longer language."""
    case = factories.case_consented(cast)
    browser, url = sign_in("hanh"), f"/cases/{case.uuid}/screening/all/"
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "vi"
    for _ in range(2):  # an answer opens more questions
        soup = BeautifulSoup(browser.get(url).content, "html.parser")
        worst = {}
        for box in soup.select("main input[type=radio][value]:not([value=''])"):
            worst.setdefault(box["name"], box["value"])
        for box in soup.select("main input[type=text], main input[type=number]"):
            worst[box["name"]] = "9"
        browser.post(url, {**worst, "C6": "18_over"})
    page = browser.get(url, headers={"accept-encoding": "gzip"})
    soup = BeautifulSoup(gzip.decompress(page.content), "html.parser")
    assert len(soup.select("main fieldset")) > 40
    assert soup.select_one(".govuk-inset-text a")["href"] == f"/cases/{case.uuid}/screening/"
    assert len(page.content) <= 6 * 1024


def test_the_advice_explains_itself(cast, sign_in):
    case = factories.case_consented(cast)
    browser = sign_in("hanh")
    url = f"/cases/{case.uuid}/screening"
    assert browser.get(f"{url}/result/").url == f"{url}/"
    browser.post(f"{url}/all/", {"C6": "18_over", **_text(factories.SCREENINGS["soon"])})
    text = body(browser.get(f"{url}/result/"))
    for words in ("Soon", "Why is this suggested?", "Source:", "Services that may help"):
        assert words in text


def _text(said):
    return {code: value for code, value in said.items() if value}


def test_a_lower_level_needs_a_reason_and_keeps_the_form(cast, sign_in):
    case = factories.case_consented(cast)
    browser = sign_in("hanh")
    url = f"/cases/{case.uuid}/screening"
    browser.post(f"{url}/all/", {"C6": "18_over", **_text(factories.SCREENINGS["soon"])})
    answer = browser.post(f"{url}/result/", {"level": "routine", "level_reason": ""})
    assert answer.status_code == 422 and "lower level than advised" in body(answer)
    assert browser.post(f"{url}/result/", {"level": ""}).status_code == 422
    answer = browser.post(f"{url}/result/", {"level": "routine", "level_reason": "Cô ấy muốn chờ"})
    assert answer.url == f"/cases/{case.uuid}/"
    text = body(browser.get(f"{url}/result/"))
    assert "Cô ấy muốn chờ" in text and "advised: Soon" in text
    assert "Cô ấy muốn chờ" in body(sign_in("bich").get(f"{url}/result/"))


def test_urgent_leads_to_the_safety_plan(cast, sign_in):
    case = factories.case_consented(cast)
    browser = sign_in("hanh")
    url = f"/cases/{case.uuid}"
    browser.post(f"{url}/screening/a/", {"A1": "yes", "A4": "yes"})
    assert (
        browser.post(f"{url}/screening/result/", {"level": "urgent"}).url == f"{url}/safety-plan/"
    )
    assert "1900 969 680" in body(browser.get(f"{url}/safety-plan/"))


def test_a_safety_plan_is_written_by_the_worker_when_it_is_time(cast, sign_in):
    case = factories.case_screened(cast, "urgent")
    url = f"/cases/{case.uuid}/safety-plan/"
    assert sign_in("bich").post(url, {"text": "x"}).status_code == 403
    assert "<textarea" not in body(sign_in("bich").get(url))
    browser = sign_in("hanh")
    assert browser.post(url, {"text": " "}).status_code == 422
    assert browser.post(url, {"text": "Ở nhà chị gái"}).status_code == 302
    assert browser.post(url, {"text": "Đổi số"}).status_code == 302  # danger may come again
    closed = factories.case_refused(cast)
    assert browser.post(f"/cases/{closed.uuid}/safety-plan/", {"text": "x"}).status_code == 409
    assert "Ở nhà chị gái" in body(browser.get(url))
    assert "Ở nhà chị gái" in body(sign_in("bich").get(url))
    with keys.fresh_ring():
        assert not any(plan.text for plan in SafetyPlan.objects.all())


def test_the_answers_are_gone_after_the_approval(cast, sign_in):
    case = factories.case_in_support(cast)
    text = body(sign_in("hanh").get(f"/cases/{case.uuid}/screening/result/"))
    assert "as she was promised" in text and "Services that were suggested" in text
    assert Case.objects.get(pk=case.pk).state == CaseState.SUPPORT
