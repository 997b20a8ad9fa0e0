"""Everyone's first page, and the supervisor's team list."""

from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases import actions
from privacy.models import AuditEvent
from tests import factories
from tests.cast import AWAY, HOME
from workflow.models import WorkItem

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


def queries_of(browser, path):
    """All three databases counted together."""
    with ExitStack() as stack:
        caught = [
            stack.enter_context(CaptureQueriesContext(connections[alias])) for alias in connections
        ]
        answer = browser.get(path)
    assert answer.status_code == 200
    return sum(len(one) for one in caught), answer


def leads(cast, number):
    for _ in range(number):
        factories.lead_made(cast)


# -- who


def test_it_asks_an_anonymous_person_to_sign_in(client, cast):
    assert client.get("/").url == "/sign-in/?next=%2F"
    assert client.get("/team/").url == "/sign-in/?next=%2Fteam%2F"


@pytest.mark.parametrize("name", ["hoa", "hanh", "lan", "van", "quy", "an", "yen"])
def test_it_hides_the_team_list_from_everyone_but_supervisors(sign_in, name):
    browser = sign_in(name)
    assert browser.get("/team/").status_code == 404
    assert AuditEvent.objects.filter(action="team_list", result__startswith="refused").exists()


def test_it_takes_no_post(sign_in):
    assert sign_in("hanh").post("/").status_code == 405


# -- what


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("hoa", "Record a new contact"),
        ("hanh", "Open a new case"),
        ("bich", "See what waits in my team"),
        ("van", "See the child protection files"),
        ("lan", "See all referrals"),
        ("quy", "Your role has no client data"),
    ],
)
def test_it_says_what_to_do_when_nothing_waits(sign_in, name, hint):
    assert hint in page(sign_in(name), "/")


def page(browser, path):
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def sign_in(sign_in, settings):
    """Everybody reads English here, whatever language her account has."""

    def enter(name):
        browser = sign_in(name)
        browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
        return browser

    return enter


def test_it_lists_what_waits_with_alias_code_and_the_next_step(cast, sign_in):
    case = factories.case_opened(cast)
    text = page(sign_in("hanh"), "/")
    assert "Ask for consent" in text and case.code in text and factories.ALIAS in text
    assert f'href="/cases/{case.uuid}/"' in text
    assert factories.PHONE not in text
    assert case.code not in page(sign_in("tam"), "/")
    assert case.code not in page(sign_in("kien"), "/")


def test_it_groups_by_how_pressing_it_is(cast, sign_in):
    now = timezone.now()
    for days in (-10, -2, 1, 20):
        case = factories.case_opened(cast)
        WorkItem.objects.filter(reference=case.code).update(due_at=now + timedelta(days=days))
    text = page(sign_in("hanh"), "/")
    headings = ["Critically overdue", "Overdue", "Due soon", "Not due yet"]
    places = [text.index(f">{heading}<") for heading in headings]
    assert places == sorted(places)
    assert "4 tasks are waiting." in text and "2 are overdue." in text


def test_it_marks_what_is_urgent(cast, sign_in):
    factories.case_screened(cast, "urgent")
    text = page(sign_in("hanh"), "/")
    assert "1 is urgent." in text and ">Urgent</strong>" in text
    assert "Urgent case: see it and help" in page(sign_in("bich"), "/")


# -- narrowing


def test_it_filters_by_step_commune_and_code(cast, sign_in):
    first, second = factories.case_opened(cast), factories.case_consented(cast)
    browser = sign_in("hanh")
    text = page(browser, "/?step=screening")
    assert second.code in text and first.code not in text
    text = page(browser, f"/?reference={first.code.lower()}")
    assert first.code in text and second.code not in text
    WorkItem.objects.filter(reference=second.code).update(area_code=AWAY)
    text = page(browser, f"/?area={AWAY}")
    assert second.code in text and first.code not in text
    assert first.code in page(browser, f"/?area={HOME}")


def test_it_filters_nothing_by_a_value_outside_the_lists(cast, sign_in):
    case = factories.case_opened(cast)
    browser = sign_in("hanh")
    for query in ("step=nonsense", "family=x", "area=99", "reference=M%C3%A2y", "after=x-y"):
        assert case.code in page(browser, f"/?{query}")


def test_it_never_puts_a_typed_word_into_a_link(cast, sign_in):
    leads(cast, 30)
    text = page(sign_in("hoa"), "/?reference=Nguy%E1%BB%85n&step=inform")
    assert "Nguy" not in text.split("?step=inform")[1][:120]


def test_it_turns_pages_by_numbers_only(cast, sign_in):
    leads(cast, 30)
    browser = sign_in("hoa")
    answer = browser.get("/")
    following = answer.context["next_url"]
    assert following.removeprefix("?after=").replace("-", "").isdigit()
    first = {row["reference"] for group in answer.context["groups"] for row in group["rows"]}
    rest = browser.get(f"/{following}")
    second = {row["reference"] for group in rest.context["groups"] for row in group["rows"]}
    assert len(first) == 25 and len(second) == 5 and not first & second
    assert rest.context["next_url"] == ""


# -- the team


def test_a_supervisor_sees_who_holds_what(cast, sign_in):
    case = factories.case_opened(cast)
    text = page(sign_in("bich"), "/team/")
    assert case.code in text and "Nguyễn Thị Hạnh" in text and factories.ALIAS in text
    assert case.code not in page(sign_in("loan"), "/team/")
    assert AuditEvent.objects.filter(purpose="worklist", result="allowed").exists()


# -- constant


@pytest.mark.parametrize(("name", "path"), [("hanh", "/"), ("bich", "/team/")])
def test_it_asks_the_same_number_of_questions_for_5_and_40_items(cast, sign_in, name, path):
    for _ in range(5):
        factories.case_opened(cast)
    browser = sign_in(name)
    browser.get(path)
    few, _answer = queries_of(browser, path)
    for _ in range(35):
        factories.case_opened(cast)
    many, answer = queries_of(browser, path)
    assert answer.context["page"].total == 40
    assert few == many
    assert many <= 10


@pytest.mark.parametrize(("place", "most"), [(HOME, 10), (AWAY, 11)])
def test_it_stays_constant_when_the_list_is_mixed(cast, sign_in, place, most):
    """Several communes cost one query more: their names in the filter."""

    def some():
        factories.lead_handed_over(cast)
        factories.case_opened(cast)
        actions.open_case(
            actor=cast.hanh,
            area_code=place,
            channel="online",
            age_band="18_over",
            alias="Suối",
            contact={},
        )

    some()
    browser = sign_in("hanh")
    browser.get("/")
    few, _answer = queries_of(browser, "/")
    for _ in range(8):
        some()
    many, _answer = queries_of(browser, "/")
    assert few == many <= most
