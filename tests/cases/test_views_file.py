"""The list of files, the file itself, its history, and how she can be reached."""

import re
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.models import Case
from cases.selectors.file import EVENTS
from privacy.models import AuditEvent, Membership
from privacy.roles import Role
from tests import factories
from workflow import picture

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])

ROOT = Path(__file__).resolve().parents[2]


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


def queries_of(browser, path):
    with ExitStack() as stack:
        caught = [
            stack.enter_context(CaptureQueriesContext(connections[alias])) for alias in connections
        ]
        assert browser.get(path).status_code == 200
    return sum(len(one) for one in caught)


# -- the list


def test_the_list_is_for_those_who_work_on_files(cast, sign_in, client):
    assert client.get("/cases/").status_code == 302
    for name in ("hoa", "lan", "thu", "quy", "an", "yen"):
        assert sign_in(name).get("/cases/").status_code == 404


def test_everybody_sees_her_own_list(cast, sign_in):
    mine, child = factories.case_opened(cast), factories.child_case(cast)
    away = factories.case_opened(cast, by="kien")
    text = body(sign_in("hanh").get("/cases/"))
    assert mine.code in text and factories.ALIAS in text and away.code not in text
    assert f"/cases/{child.uuid}/" not in text and child.code in text
    text = body(sign_in("bich").get("/cases/"))
    assert mine.code in text and "Nguyễn Thị Hạnh" in text and away.code not in text
    text = body(sign_in("van").get("/cases/"))
    assert child.code in text and mine.code not in text
    assert mine.code not in body(sign_in("tam").get("/cases/"))


def test_it_finds_by_code_and_shows_closed_files(cast, sign_in):
    first, second = factories.case_opened(cast), factories.case_refused(cast)
    browser = sign_in("hanh")
    text = body(browser.get("/cases/?show=closed"))
    assert second.code in text and first.code not in text
    assert first.code in body(browser.get(f"/cases/?code={first.code}"))
    assert "No case with this code" in body(browser.get("/cases/?code=HS-222222"))
    assert first.code in body(browser.get("/cases/?code=M%C3%A2y&after=abc"))


def test_it_turns_pages_and_asks_the_same_number_of_questions(cast, sign_in):
    for _ in range(3):
        factories.case_opened(cast)
    browser = sign_in("hanh")
    browser.get("/cases/")
    few = queries_of(browser, "/cases/")
    for _ in range(27):
        factories.case_opened(cast)
    assert queries_of(browser, "/cases/") == few <= 10
    following = browser.get("/cases/").context["next_url"]
    assert following.removeprefix("?after=").isdigit()
    assert len(browser.get(f"/cases/{following}").context["rows"]) == 5


# -- one file


def test_a_file_is_found_by_its_people_only(cast, sign_in, client):
    case = factories.case_opened(cast)
    pages = ["", "timeline/", "contact/", "identity/"]
    for part in pages:
        url = f"/cases/{case.uuid}/{part}"
        assert client.get(url).status_code == 302
        for name in ("tam", "kien", "loan", "lan", "van", "hoa", "quy", "an", "yen"):
            assert sign_in(name).get(url).status_code == 404, (name, part)
        assert sign_in("hanh").get(url).status_code == 200
        assert sign_in("bich").get(url).status_code == 200
    assert sign_in("hanh").get(f"/cases/{uuid4()}/").status_code == 404


@pytest.mark.parametrize(
    ("make", "step", "page"),
    [
        ("case_opened", "Ask for consent", "consent/"),
        ("case_consented", "Screen the needs", "screening/"),
        ("case_screened", "Assess the situation together", "assessment/"),
        ("case_assessed", "Agree the support plan", "plan/"),
        ("case_in_support", "Review the plan with the client", "review/"),
    ],
)
def test_the_next_step_comes_first_with_its_link(cast, sign_in, make, step, page):
    case = getattr(factories, make)(cast)
    text = body(sign_in("hanh").get(f"/cases/{case.uuid}/"))
    assert "Next step" in text and step in text
    assert f'href="/cases/{case.uuid}/{page}"' in text
    assert text.index("Next step") < text.index("The whole file")


def test_a_supervisor_sees_what_is_hers_and_that_it_is_recorded(cast, sign_in):
    case = factories.case_planned(cast)
    browser = sign_in("bich")
    text = body(browser.get(f"/cases/{case.uuid}/"))
    assert f'href="/cases/{case.uuid}/plan/approval/"' in text
    assert "That you opened it, when and why is recorded." in text
    assert AuditEvent.objects.filter(purpose="supervision:case_page").exists()
    text = body(sign_in("hanh").get(f"/cases/{case.uuid}/"))
    assert f"/cases/{case.uuid}/plan/approval/" not in text and "Waiting for others" in text


def test_an_urgent_case_is_seen_by_the_supervisor(cast, sign_in):
    case = factories.case_screened(cast, "urgent")
    url = f"/cases/{case.uuid}/urgent-seen/"
    assert "I have seen it" not in body(sign_in("hanh").get(f"/cases/{case.uuid}/"))
    assert sign_in("hanh").post(url).status_code == 403
    for name in ("tam", "loan", "van"):
        assert sign_in(name).post(url).status_code == 404
    browser = sign_in("bich")
    assert browser.get(url).status_code == 405
    assert url in body(browser.get(f"/cases/{case.uuid}/"))
    assert browser.post(url).status_code == 302
    assert url not in body(browser.get(f"/cases/{case.uuid}/"))
    assert browser.post(url).status_code == 409


def test_her_own_case_is_not_hers_to_supervise(cast, sign_in):
    case = factories.case_planned(cast)
    Case.objects.filter(pk=case.pk).update(worker=cast.user("bich"))
    browser = sign_in("bich")
    text = body(browser.get(f"/cases/{case.uuid}/"))
    assert "another supervisor decides" in text and "plan/approval/" not in text


def test_a_file_asks_the_same_number_of_questions_however_much_is_in_it(cast, sign_in):
    case = factories.case_in_support(cast)
    browser = sign_in("hanh")
    url = f"/cases/{case.uuid}/"
    browser.get(url)
    few = queries_of(browser, url)
    for _ in range(3):
        factories.referral_sent(cast, case)
    assert queries_of(browser, url) <= few + 1  # the slips' shared content type, once
    assert few <= 30


# -- a child's file


def test_a_childs_file_opens_for_two_people_only(cast, sign_in):
    case = factories.child_case(cast)
    url = f"/cases/{case.uuid}/"
    for name in ("hanh", "tam", "kien", "loan", "lan", "hoa"):
        assert sign_in(name).get(url).status_code == 404
    for name in ("van", "bich"):
        text = body(sign_in(name).get(url))
        assert "Child protection" in text and factories.ALIAS in text
    for part in ("consent/", "screening/", "assessment/", "plan/", "safety-plan/"):
        assert sign_in("van").get(url + part).status_code == 404
        assert sign_in("bich").get(url + part).status_code == 404


def test_another_supervisor_of_the_team_does_not_find_it(cast, sign_in):
    case = factories.child_case(cast)
    Membership.objects.create(
        user=cast.user("tam"),
        organisation=cast.organisations["office"],
        team=cast.teams["office"],
        role=Role.SUPERVISOR,
    )
    Membership.objects.filter(user=cast.user("tam"), role=Role.SOCIAL_WORKER).update(
        ends_on=timezone.localdate() - timedelta(days=1)
    )
    browser = sign_in("tam")
    assert browser.get(f"/cases/{case.uuid}/").status_code == 404
    assert browser.get(f"/cases/{case.uuid}/child-plan/").status_code == 404


# -- what happened


def test_the_timeline_tells_steps_and_changes_in_words(cast, sign_in):
    case = factories.case_in_support(cast)
    text = body(sign_in("hanh").get(f"/cases/{case.uuid}/timeline/"))
    for words in (
        "Plan approved",
        "Case opened",
        "Consent given",
        "Keep a file",
        "Nguyễn Thị Hạnh",
    ):
        assert words in text
    assert "<svg" in text and "style=" not in text and 'aria-current="step"' in text
    assert factories.ALIAS not in text


def test_every_event_of_the_desk_has_a_title():
    """What ``event=``, ``note``, ``move`` and ``_move`` may write about a file or a contact."""
    written = set()
    for path in (ROOT / "cases" / "actions").glob("*.py"):
        text = path.read_text()
        written |= set(re.findall(r'event="([a-z_.]+)"', text))
        for call in re.findall(r"\b(?:note|move|_move)\(((?:[^()]|\([^()]*\))*)\)", text):
            written |= set(re.findall(r'"([a-z_]+\.[a-z_]+)"', call))
    assert len(written) > 40
    assert written - set(EVENTS) == set()


def test_the_picture_marks_where_it_stands(cast):
    case = factories.case_screened(cast)
    drawn = picture.draw(case)
    assert drawn.count('stroke-width="4"') == 1 and "#d5e8e6" in drawn
    assert "style" not in drawn and picture.draw(cast.user("hanh")) == ""


# -- how to reach her, and who she is

CONTACT = {"ways": ["may_call"], "phone": "0900 111 222", "hours": "tối", "code_word": "hoa"}
WHO = {"alias": "Mây Xanh", "legal_name": "Lê Thị A", "birth_year": "1998", "address": "Tổ 3"}


@pytest.mark.parametrize(("page", "typed"), [("contact/", CONTACT), ("identity/", WHO)])
def test_only_the_team_changes_it(cast, sign_in, client, page, typed):
    case = factories.case_opened(cast)
    url = f"/cases/{case.uuid}/{page}"
    assert client.post(url, typed).status_code == 401
    for name in ("tam", "kien", "loan", "lan", "van", "hoa"):
        assert sign_in(name).post(url, typed).status_code == 404
    assert sign_in("bich").post(url, typed).status_code == 302
    assert sign_in("hanh").post(url, typed).status_code == 302


def test_a_contact_plan_keeps_what_was_typed(cast, sign_in):
    case = factories.case_opened(cast)
    browser = sign_in("hanh")
    url = f"/cases/{case.uuid}/contact/"
    assert f'value="{factories.PHONE}"' in body(browser.get(url))
    answer = browser.post(url, {**CONTACT, "ways": []})
    assert answer.status_code == 422 and 'value="0900 111 222"' in body(answer)
    browser.post(url, CONTACT)
    assert "0900 111 222" in body(browser.get(f"/cases/{case.uuid}/"))
    browser.post(url, {"phone": "", "hours": "", "code_word": ""})
    assert "Do not contact her" in body(browser.get(f"/cases/{case.uuid}/"))


def test_an_identity_keeps_what_was_typed(cast, sign_in):
    case = factories.case_opened(cast)
    browser = sign_in("hanh")
    url = f"/cases/{case.uuid}/identity/"
    answer = browser.post(url, {**WHO, "birth_year": "98"})
    assert answer.status_code == 422 and 'value="Lê Thị A"' in body(answer)
    assert browser.post(url, {**WHO, "alias": " "}).status_code == 422
    browser.post(url, WHO)
    assert 'value="Lê Thị A"' in body(browser.get(url))
