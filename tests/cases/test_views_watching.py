"""Two counters that a data-protection officer acts on."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from cases import actions
from privacy import audit
from privacy.audit import reading
from privacy.compartments import Compartment as C
from privacy.errors import AlreadyDone, Forbidden, Invalid, NotFound
from privacy.models import AuditEvent, AuditReview, ChangeRecord
from services import loading
from services import selectors as services
from tests.cases.test_views_opened import queries
from tests.cases.world import new_case

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


@pytest.fixture
def limits():
    return reading.Thresholds.parse(services.rule_set("audit_watch").payload)


def open_often(actor, case, times):
    for _ in range(times):
        audit.opened(actor=actor, objects=[case], compartments=[C.IDENTITY], purpose="case_page")


def refuse_often(actor, case, times):
    for _ in range(times):
        audit.refused(actor=actor, action="work", subject=case, reason="no_grant")


@pytest.fixture
def case(cast):
    return new_case(cast)


def found(limits):
    return [(one.signal, one.role, one.count) for one in reading.signals(limits)]


def url_of(cast, who="hanh", signal="volume"):
    return reverse("watch_signal", args=[cast.user(who).uuid, signal])


# -- counting


def test_little_is_nothing(cast, case, limits):
    open_often(cast.hanh, case, 20)
    refuse_often(cast.lan, case, limits.refusals - 1)
    assert found(limits) == []


def test_many_openings_and_many_refusals(cast, case, limits):
    open_often(cast.hanh, case, 70)
    refuse_often(cast.lan, case, limits.refusals)
    before = AuditEvent.objects.filter(
        actor_uuid=cast.hanh.user_uuid, action="open", result="allowed"
    ).count()
    assert found(limits) == [
        ("volume", "social_worker", before),
        ("refusals", "health_station", limits.refusals),
    ]


def test_what_is_usual_for_her_is_nothing(cast, case, limits):
    for week in range(2, 10):
        with time_machine.travel(timezone.now() - timedelta(weeks=week) + timedelta(hours=1)):
            open_often(cast.hanh, case, 40)
    open_often(cast.hanh, case, 80)
    assert found(limits) == []


def test_what_is_usual_for_her_role_is_nothing(cast, case, limits):
    for week in range(2, 10):
        with time_machine.travel(timezone.now() - timedelta(weeks=week) + timedelta(hours=1)):
            open_often(cast.tam, case, 40)
    open_often(cast.hanh, case, 80)
    assert found(limits) == []


def test_the_limits_are_dated_data_with_a_source():
    rows = [row for row in loading.rule_sets() if row["kind"] == "audit_watch"]
    assert rows and all(row["source"] and row["valid_from"] for row in rows)


# -- the pages


def test_anonymous_is_asked_to_sign_in(cast, client):
    for url in (reverse("watch"), url_of(cast)):
        assert client.get(url).status_code == 302
    assert client.post(url_of(cast), {"outcome": "explained"}).status_code == 401


@pytest.mark.parametrize("who", ["hanh", "bich", "lan", "an", "quy", "van"])
def test_only_a_data_protection_officer_comes_in(cast, sign_in, who):
    browser = sign_in(who)
    assert browser.get(reverse("watch")).status_code == 404
    assert browser.get(url_of(cast)).status_code == 404
    assert browser.post(url_of(cast), {"outcome": "explained"}).status_code == 404
    assert not AuditReview.objects.exists()


def test_absent_people_and_signals_are_not_found(cast, sign_in):
    browser = sign_in("yen")
    for args in (["00000000-0000-4000-8000-000000000000", "volume"], [cast.user("hanh").uuid, "x"]):
        assert browser.get(reverse("watch_signal", args=args)).status_code == 404


def test_her_first_page_leads_there(cast, sign_in):
    page = sign_in("yen").get(reverse("worklist")).content.decode()
    assert page.count(reverse("watch")) == 2  # menu and list


def test_it_finds_any_file_by_its_code_and_shows_no_content(cast, case, sign_in):
    browser = sign_in("yen")
    answer = browser.get(reverse("watch"), {"code": case.code.lower()})
    assert answer["Location"] == reverse("case_opened", args=[case.uuid])
    for code in ("HS-222222", "nonsense", "' OR 1=1", "x" * 500):
        page = browser.get(reverse("watch"), {"code": code})
        assert page.status_code == 200 and page.context["typed"]


def test_it_lists_what_is_unusual_and_what_to_do(cast, case, sign_in):
    open_often(cast.hanh, case, 70)
    refuse_often(cast.lan, case, 12)
    browser = sign_in("yen")
    page = browser.get(reverse("watch"))
    assert [row["title"] for row in page.context["rows"]] == [cast.hanh.name, cast.lan.name]
    page = browser.get(page.context["rows"][0]["url"])
    assert page.status_code == 200 and case.code in page.content.decode()
    assert "Mây" not in page.content.decode()
    row = AuditEvent.objects.order_by("-pk")[0]
    assert (row.action, row.object_uuid) == ("read_work", cast.hanh.user_uuid)


def test_the_queries_never_grow(cast, case, sign_in):
    open_often(cast.hanh, case, 70)
    browser = sign_in("yen")
    browser.get(reverse("watch"))
    few = queries(browser, reverse("watch"))
    for actor in (cast.tam, cast.kien, cast.lan, cast.thu):
        open_often(actor, case, 70)
    assert queries(browser, reverse("watch")) == few


def test_an_answer_is_needed(cast, case, sign_in):
    open_often(cast.hanh, case, 70)
    browser = sign_in("yen")
    assert browser.post(url_of(cast), {}).status_code == 422
    assert browser.post(url_of(cast), {"outcome": "nonsense"}).status_code == 422
    assert not AuditReview.objects.exists()


def test_looked_into_is_recorded_and_counts_anew(cast, case, limits, sign_in):
    open_often(cast.hanh, case, 70)
    browser = sign_in("yen")
    answer = browser.post(url_of(cast), {"outcome": "explained"})
    assert answer["Location"] == reverse("watch")
    review = AuditReview.objects.get()
    assert (review.person, review.by, review.outcome) == (
        cast.user("hanh"),
        cast.user("yen"),
        "explained",
    )
    record = ChangeRecord.objects.get(event="audit.reviewed")
    assert (record.subject_id, record.before, record.after) == (review.pk, "volume", "explained")
    assert found(limits) == []
    assert browser.post(url_of(cast), {"outcome": "talked"}).status_code == 409
    open_often(cast.hanh, case, 65)
    assert found(limits) == [("volume", "social_worker", 65)]
    refuse_often(cast.hanh, case, 10)
    assert len(found(limits)) == 2  # a review of one thing settles nothing else


# -- the action itself


def test_the_action_refuses(cast, case, limits):
    hanh = cast.user("hanh")
    with pytest.raises(NotFound):
        actions.review_signal(actor=cast.bich, person=hanh, signal="volume", outcome="explained")
    with pytest.raises(AlreadyDone):
        actions.review_signal(actor=cast.yen, person=hanh, signal="volume", outcome="explained")
    for wrong in ({"signal": "x"}, {"outcome": "x"}):
        with pytest.raises(Invalid):
            actions.review_signal(
                **{"actor": cast.yen, "person": hanh, "signal": "volume", "outcome": "talked"}
                | wrong
            )
    refuse_often(cast.yen, case, 12)
    with pytest.raises(Forbidden):
        actions.review_signal(
            actor=cast.yen, person=cast.user("yen"), signal="refusals", outcome="explained"
        )
