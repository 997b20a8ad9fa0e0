"""A name in one's own files: grants decide, nothing of the name stays, the cost does not grow."""

from contextlib import ExitStack

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from cases import actions
from cases.models import Case, CaseGrant
from cases.selectors import search
from privacy import access, keys
from privacy.errors import Invalid, NotFound
from privacy.models import AuditEvent
from services.models import RuleSet
from tests import factories
from tests.cast import HOME

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])
URL = "/cases/search/"


def named(cast, alias, *, by="hanh", legal=""):
    case = actions.open_case(
        actor=getattr(cast, by),
        area_code=HOME,
        channel="walk_in",
        age_band="18_over",
        alias=alias,
        contact={},
    )
    if legal:
        actions.change_identity(
            actor=getattr(cast, by),
            case=case,
            alias=alias,
            legal_name=legal,
            birth_year="",
            address="",
        )
    return case


def found(actor, words, **more):
    with keys.fresh_ring():
        return [hit.code for hit in search.by_name(actor, words, **more).hits]


def limit(code, amount):
    rules = RuleSet.objects.get(kind="guard")
    for item in rules.payload["limits"]:
        if item["code"] == code:
            item["amount"] = amount
    rules.save()


def test_only_who_works_on_files_searches(cast, sign_in, client):
    assert client.get(URL).status_code == 302 and client.post(URL, {"q": "hoa"}).status_code == 401
    for name in ("hoa", "lan", "thu", "quy", "an", "yen"):
        assert sign_in(name).get(URL).status_code == 404
        assert sign_in(name).post(URL, {"q": "hoa"}).status_code == 404
    with pytest.raises(NotFound):
        search.by_name(cast.quy, "hoa")


def test_everybody_finds_among_her_own_files(cast):
    mine, away = named(cast, "Mây Trắng"), named(cast, "Mây Xanh", by="kien")
    assert found(cast.hanh, "mây") == [mine.code] == found(cast.bich, "may")
    assert found(cast.kien, "MAY") == [away.code] == found(cast.loan, "may")
    assert found(cast.tam, "may") == [] == found(cast.van, "may")


def test_a_child_is_found_by_the_named_and_nobody_else(cast):
    child = factories.child_case(cast)
    assert found(cast.van, "may trang") == [child.code] == found(cast.bich, "may trang")
    assert found(cast.hanh, "may trang") == []


def test_accents_order_and_beginnings_of_words(cast):
    case = named(cast, "Đào", legal="Nguyễn Thị Hồng Đào")
    for words in ("đào", "dao", "hong nguyen", "NGUYEN đ", "Nguyê\u0303n", "thi"):
        assert found(cast.hanh, words) == [case.code], words
    for words in ("guyen", "dao lan", "nguyenthi"):
        assert found(cast.hanh, words) == [], words
    for words in ("", "đ", " . "):
        with pytest.raises(Invalid):
            found(cast.hanh, words)


def test_a_revoked_grant_ends_it_at_once(cast):
    case = named(cast, "Mây")
    access.take_away(case, by=cast.bich, user=cast.hanh.user_id, permissions=["open_identity"])
    assert found(cast.hanh, "may") == []
    assert found(cast.bich, "may") == [case.code]


def test_it_is_one_row_of_the_audit_without_the_name(cast):
    for alias in ("Mây", "Hoa Sen", "Lan"):
        named(cast, alias)
    before = AuditEvent.objects.count()
    found(cast.hanh, "hoa sen")
    assert AuditEvent.objects.count() == before + 1
    row = AuditEvent.objects.order_by("pk").last()
    assert (row.action, row.purpose, row.count, row.compartments) == (
        "open_list",
        "name_search",
        3,
        "identity",
    )
    assert "hoa" not in str(row.__dict__).lower()


def test_a_value_that_was_moved_is_not_found_and_is_noted(cast):
    first, second = named(cast, "Mây"), named(cast, "Lan")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cases_case SET alias = (SELECT alias FROM cases_case WHERE id = %s) "
            "WHERE id = %s",
            [first.pk, second.pk],
        )
    assert found(cast.hanh, "may") == [first.code]
    assert AuditEvent.objects.filter(action="locked", object_uuid=second.uuid).exists()


def test_searches_are_limited_per_hour(cast, sign_in):
    named(cast, "Mây")
    limit("name_search_hour", 2)
    browser = sign_in("hanh")
    assert browser.post(URL, {"q": "may"}).status_code == 200
    assert browser.post(URL, {"q": "lan"}).status_code == 200
    answer = browser.post(URL, {"q": "may"})
    assert answer.status_code == 422 and 'value="may"' in answer.content.decode()
    assert AuditEvent.objects.filter(action="name_search", result="refused:rate").exists()
    assert sign_in("bich").post(URL, {"q": "may"}).status_code == 200


def test_no_more_files_are_opened_than_the_cap(cast):
    for alias in ("Mây", "Lan", "Hoa"):
        named(cast, alias)
    limit("name_search_cases", 2)
    opened = AuditEvent.objects.filter(action="open_list").count()
    with pytest.raises(Invalid):
        found(cast.hanh, "may")
    assert AuditEvent.objects.filter(action="open_list").count() == opened


def test_it_turns_pages_by_post(cast, sign_in, monkeypatch):
    cases = [named(cast, f"Mây {number}") for number in range(5)]
    monkeypatch.setattr(search, "PAGE", 2)
    browser = sign_in("hanh")
    seen, after = [], ""
    for _ in range(3):
        answer = browser.post(URL, {"q": "mây", "after": after})
        text = answer.content.decode()
        seen += [case.code for case in reversed(cases) if case.code in text]
        after = text.partition('name="after" value="')[2].partition('"')[0]
    assert seen == [case.code for case in reversed(cases)] and after == ""
    assert "mây" not in answer.request["PATH_INFO"] + answer.request["QUERY_STRING"]


def test_the_page_answers_bad_input_and_nothing(cast, sign_in):
    browser = sign_in("hanh")
    assert browser.get(URL).status_code == 200
    assert browser.post(URL, {"q": ""}).status_code == 422
    assert browser.post(URL, {"q": "x" * 200}).status_code == 422
    assert browser.post(URL, {"q": "may", "after": "abc"}).status_code == 422
    assert browser.post(URL, {"q": "không ai"}).status_code == 200


def test_queries_do_not_grow_with_the_files(cast):
    def queries():
        with ExitStack() as stack, keys.fresh_ring():
            caught = [
                stack.enter_context(CaptureQueriesContext(connections[alias]))
                for alias in connections
            ]
            search.by_name(cast.hanh, "may")
        return sum(len(one) for one in caught)

    named(cast, "Mây")
    few = queries()
    for number in range(6):
        named(cast, f"Lan {number}")
    assert queries() == few <= 8
    assert CaseGrant.objects.count() > 20 and Case.objects.count() == 7
