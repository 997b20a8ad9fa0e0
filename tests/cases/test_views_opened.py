"""Who opened a file: for its worker, the supervisor, the data-protection officer, the client."""

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.models import Case
from privacy import access, audit, keys
from privacy.compartments import Compartment as C
from privacy.models import AuditEvent
from tests import factories
from tests.cases.world import case_in_support, new_case, sent_slip

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])
NOWHERE = "00000000-0000-4000-8000-000000000000"
PAGES = ("case_opened", "case_opened_client")


@pytest.fixture
def case(cast):
    return new_case(cast)


def opens(actor, obj, *compartments, purpose="case_page"):
    with keys.fresh_ring():
        access.open_keys(actor, [obj], compartments, purpose=purpose)


@pytest.mark.parametrize("name", PAGES)
def test_anonymous_is_asked_to_sign_in(case, client, name):
    assert client.get(reverse(name, args=[case.uuid])).status_code == 302


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("who", ["lan", "tam", "kien", "loan", "van", "an", "quy", "hoa", "thu"])
def test_nobody_else_sees_who_opened_it(case, sign_in, who, name):
    browser = sign_in(who)
    assert browser.get(reverse(name, args=[case.uuid])).status_code == 404
    last = AuditEvent.objects.order_by("-pk")[0]
    assert last.result.startswith("refused") and last.object_uuid == case.uuid


@pytest.mark.parametrize("who", ["hanh", "yen"])
def test_absent_looks_like_forbidden(cast, sign_in, who):
    for name in PAGES:
        assert sign_in(who).get(reverse(name, args=[NOWHERE])).status_code == 404


def test_it_is_only_read(case, sign_in):
    assert sign_in("hanh").post(reverse("case_opened", args=[case.uuid])).status_code == 405


@pytest.mark.parametrize("who", ["hanh", "bich", "yen"])
def test_it_says_who_opened_what_and_why(cast, case, sign_in, who):
    opens(cast.hanh, case, C.IDENTITY, C.CONTACT, purpose="contact_page")
    opens(cast.bich, case, C.NEEDS, purpose="supervision:plan")
    audit.refused(actor=cast.lan, action="work", subject=case, reason="no_grant")
    page = sign_in(who).get(reverse("case_opened", args=[case.uuid]))
    titles = [row["title"] for row in page.context["shown"].rows]
    people = [row["who"] for row in page.context["shown"].rows]
    assert len(titles) >= 4  # her own look at this page is the newest
    assert cast.hanh.name in people[3] and cast.organisations["office"].name in people[3]
    assert cast.bich.name in people[2] and cast.lan.name in people[1]
    assert "Mây" not in page.content.decode()


def test_that_she_looked_is_recorded_and_nothing_is_opened(cast, case, sign_in):
    before = AuditEvent.objects.filter(action="open").count()
    sign_in("yen").get(reverse("case_opened", args=[case.uuid]))
    row = AuditEvent.objects.order_by("-pk")[0]
    assert (row.action, row.object_uuid, row.role) == ("read_log", case.uuid, "dpo")
    assert AuditEvent.objects.filter(action="open").count() == before


def test_a_slip_that_was_opened_elsewhere_counts(cast, sign_in):
    case = case_in_support(cast)
    link = sent_slip(cast, case)
    opens(cast.lan, link.referral, C.PACKET, purpose="referral_page")
    page = sign_in("hanh").get(reverse("case_opened", args=[case.uuid]))
    assert any(cast.lan.name in row["who"] for row in page.context["shown"].rows)


def test_the_supervisor_of_a_child_sees_it_and_the_old_worker_does_not(cast, sign_in):
    case = factories.child_case(cast)
    url = reverse("case_opened", args=[case.uuid])
    assert sign_in("hanh").get(url).status_code == 404
    assert sign_in("yen").get(url).status_code == 200
    named = case.named_supervisor_id == cast.bich.user_id
    assert sign_in("bich").get(url).status_code == (200 if named else 404)


def test_it_goes_on_page_by_page(cast, case, sign_in, django_assert_num_queries):
    for _ in range(60):
        opens(cast.hanh, case, C.IDENTITY)
    browser = sign_in("bich")
    url = reverse("case_opened", args=[case.uuid])
    seen, asked = set(), url
    for _ in range(9):
        page = browser.get(asked)
        rows = {(row["when"], row["title"]) for row in page.context["shown"].rows}
        assert not rows & seen
        seen |= rows
        if not page.context["next_url"]:
            break
        asked = url + page.context["next_url"]
    assert len(seen) >= 60
    for nonsense in ("x", "-1", "9" * 30, "٣"):
        assert browser.get(f"{url}?before={nonsense}").status_code == 200


def queries(browser, url):
    counts = []
    for alias in ("default", "keystore", "audit"):
        with CaptureQueriesContext(connections[alias]) as seen:
            assert browser.get(url).status_code == 200
        counts.append(len(seen))
    return counts


@pytest.mark.parametrize("name", PAGES)
def test_the_queries_never_grow(cast, case, sign_in, name):
    browser = sign_in("hanh")
    url = reverse(name, args=[case.uuid])
    opens(cast.hanh, case, C.IDENTITY)
    browser.get(url)
    few = queries(browser, url)
    for who in ("hanh", "bich"):
        for _ in range(10):
            opens(getattr(cast, who), case, C.IDENTITY)
    assert queries(browser, url) == few and sum(few) < 25


def test_the_client_reads_days_offices_and_reasons_and_no_names(cast, sign_in):
    case = case_in_support(cast)
    link = sent_slip(cast, case)
    for _ in range(3):
        opens(cast.hanh, case, C.IDENTITY, purpose="case_page")
    opens(cast.lan, link.referral, C.PACKET, purpose="referral_page")
    audit.refused(actor=cast.kien, action="work", subject=case, reason="no_grant")
    page = sign_in("hanh").get(reverse("case_opened_client", args=[case.uuid]))
    text = page.content.decode().split("<main")[1].split("</main>")[0]
    assert cast.organisations["station"].name in text
    assert cast.organisations["office"].name in text
    for actor in (cast.hanh, cast.lan, cast.bich, cast.kien):
        assert actor.name not in text
    told = page.context["told"]
    assert len(told) == len(set(told)) < 10
    for word in ("mại dâm", "HIV", "case_page", "referral_page"):
        assert word not in text


def test_the_file_leads_there(cast, case, sign_in):
    url = reverse("case_opened", args=[case.uuid])
    for who in ("hanh", "bich"):
        assert url in sign_in(who).get(reverse("case", args=[case.uuid])).content.decode()
    child = factories.child_case(cast)
    assert Case.objects.get(pk=child.pk).track == "child"
