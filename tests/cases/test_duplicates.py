"""The same person in two files: the asker never learns, her own supervisor asks her, links undo."""

import re
from contextlib import ExitStack

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases import actions
from cases.models import CaseLink, DuplicateCheck, DuplicateMatch
from privacy import audit, blind
from privacy.errors import AlreadyDone, Forbidden, Invalid, NotFound, WrongState
from privacy.models import AuditEvent, ChangeRecord, Outbox
from services.models import RuleSet
from tests import factories
from workflow import relay
from workflow.models import WorkItem
from workflow.selectors import waiting_for

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])
YES = {"agreed": "yes", "method": "verbal"}
CCCD = "037198012345"


def two_files(cast):
    """Hạnh's file that was there, and Kiên's new one in another commune, with one phone number."""
    return factories.case_opened(cast), factories.case_opened(cast, by="kien")


def ask(cast, case, **more):
    actions.ask_for_duplicates(
        actor=cast.kien, case=case, **{"agreed": True, "method": "verbal", **more}
    )


def matched(cast):
    old, new = two_files(cast)
    ask(cast, new)
    relay.drain()
    return old, new, DuplicateMatch.objects.get()


# -- asking


def test_only_the_worker_of_the_file_asks(cast, sign_in, client):
    _old, new = two_files(cast)
    url = f"/cases/{new.uuid}/same-person/"
    assert client.post(url, YES).status_code == 401
    for name in ("hanh", "bich", "lan", "quy", "an", "yen", "hoa"):
        assert sign_in(name).post(url, YES).status_code == 404
    assert sign_in("loan").post(url, YES).status_code == 403
    assert sign_in("loan").get(url).status_code == 200
    assert not DuplicateCheck.objects.exists()


def test_a_closed_file_asks_nothing(cast):
    case = factories.case_closed(cast)
    with pytest.raises(WrongState):
        actions.ask_for_duplicates(actor=cast.hanh, case=case, agreed=True, method="verbal")


def test_bad_input_is_told_and_nothing_is_lost(cast, sign_in):
    _old, new = two_files(cast)
    browser = sign_in("kien")
    url = f"/cases/{new.uuid}/same-person/"
    answer = browser.post(url, {**YES, "cccd": "12345"})
    assert answer.status_code == 422 and 'value="12345"' in answer.content.decode()
    assert browser.post(url, {}).status_code == 422
    for wrong in ({"method": "shouted"}, {"cccd": "12"}):
        with pytest.raises(Invalid):
            ask(cast, new, **wrong)
    assert not DuplicateCheck.objects.exists() and not Outbox.objects.filter(
        kind="cases.look_for_duplicates"
    )


def test_a_file_without_a_number_needs_one(cast):
    _old, new = two_files(cast)
    actions.change_contact(actor=cast.kien, case=new, contact={})
    with pytest.raises(Invalid):
        ask(cast, new)
    ask(cast, new, cccd=CCCD)
    assert blind.owners_of(blind.CCCD, CCCD) == [new.uuid]


def test_her_no_is_recorded_and_nothing_is_looked_for(cast):
    _old, new = two_files(cast)
    ask(cast, new, agreed=False)
    relay.drain()
    assert not DuplicateMatch.objects.exists() and not DuplicateCheck.objects.get().agreed


def test_with_and_without_a_match_the_asker_gets_the_same(cast, sign_in):
    """Same page, same words, same queries; the look itself happens elsewhere and later."""
    old, new = two_files(cast)
    browser = sign_in("kien")
    seen = []
    for number in ("0912 345 678", "0987 654 321"):  # the number of the old file, and nobody's
        contact = {**factories.SAFE_CONTACT, "phone": number}
        actions.change_contact(actor=cast.kien, case=new, contact=contact)
        url = f"/cases/{new.uuid}/same-person/"
        before = DuplicateMatch.objects.count()
        with ExitStack() as stack:
            caught = [
                stack.enter_context(CaptureQueriesContext(connections[alias]))
                for alias in connections
            ]
            answer = browser.post(url, YES)
        made = DuplicateMatch.objects.count() - before
        page = browser.get(answer.url).content.decode()
        relay.drain()
        later = browser.get(url).content.decode()
        seen.append(
            (
                answer.status_code,
                answer.url,
                [
                    re.sub(r"'[^']*'|[0-9]+|x[0-9a-f]+", "?", query["sql"])
                    for one in caught
                    for query in one.captured_queries
                ],
                # Tokens, and the seconds that are left of her ten hours, are no answer.
                *(re.sub(r'(value|seconds)="[^"]*"', "", text) for text in (page, later)),
                made,
            )
        )
        DuplicateCheck.objects.all().delete()
    assert seen[0] == seen[1]
    assert DuplicateMatch.objects.get().case == old
    assert old.code not in seen[0][3] and old.code not in seen[0][4]


def test_checks_are_capped_per_day_for_her_and_her_office(cast, sign_in):
    _old, new = two_files(cast)
    for _ in range(5):
        ask(cast, new)
    with pytest.raises(Invalid):
        ask(cast, new)
    assert AuditEvent.objects.filter(action="duplicate_check", result="refused:cap").exists()
    ask(cast, new, agreed=False)  # a no costs nothing
    rules = RuleSet.objects.get(kind="guard")
    for limit in rules.payload["limits"]:
        if limit["code"] == "duplicate_checks_person_day":
            limit["amount"] = 99
        if limit["code"] == "duplicate_checks_office_day":
            limit["amount"] = 6
    rules.save()
    ask(cast, new)
    with pytest.raises(Invalid):
        ask(cast, new)


# -- the task


def test_the_supervisor_of_the_file_that_was_there_gets_it(cast):
    old, new, match = matched(cast)
    assert match.case == old and match.other == new
    item = waiting_for(cast.bich).get(step="ask")
    assert item.reference == old.code and new.code not in str(item.__dict__)
    for name in ("kien", "loan", "hanh", "tam"):
        assert not waiting_for(getattr(cast, name)).filter(step="ask").exists()


def test_running_the_look_twice_makes_one_task(cast):
    _old, new, _match = matched(cast)
    check = DuplicateCheck.objects.get()
    actions.look_for_duplicates(check.pk)
    ask(cast, new)
    relay.drain()
    assert DuplicateMatch.objects.count() == 1 and WorkItem.objects.filter(step="ask").count() == 1


def test_it_is_found_by_the_citizen_number_too(cast):
    old, new = two_files(cast)
    actions.change_contact(actor=cast.kien, case=new, contact={})
    blind.remember_cccd(old.uuid, CCCD)
    ask(cast, new, cccd="037 198 012 345")
    relay.drain()
    assert DuplicateMatch.objects.get().case == old


def test_a_child_is_asked_about_by_the_named_supervisor(cast):
    child, new = factories.child_case(cast), factories.case_opened(cast, by="kien")
    ask(cast, new)
    relay.drain()
    assert DuplicateMatch.objects.get().case == child
    assert waiting_for(cast.bich).get(step="ask").user_id == cast.bich.user_id


def test_its_page_names_neither_the_other_file_nor_its_office(cast, sign_in, client):
    old, new, match = matched(cast)
    url = f"/same-person/{match.uuid}/"
    assert client.get(url).status_code == 302
    for name in ("kien", "loan", "hanh", "tam", "lan", "yen"):
        assert sign_in(name).get(url).status_code == 404
        assert sign_in(name).post(url, YES).status_code == 404
    text = sign_in("bich").get(url).content.decode()
    assert old.code in text and factories.PHONE in text
    assert new.code not in text and "Cẩm Thủy" not in text and str(new.uuid) not in text
    assert "Kiên" not in text


def test_a_no_leaves_no_trace_with_the_others(cast, sign_in):
    _old, new, match = matched(cast)
    before = ChangeRecord.objects.filter(subject_id=new.pk).count()
    page = sign_in("kien").get(f"/cases/{new.uuid}/same-person/").content
    url = f"/same-person/{match.uuid}/"
    assert sign_in("bich").post(url, {}).status_code == 422
    assert sign_in("bich").post(url, {"agreed": "no"}).status_code == 302
    match.refresh_from_db()
    assert match.state == "closed" and not CaseLink.objects.exists()
    after = sign_in("kien").get(f"/cases/{new.uuid}/same-person/").content
    blank = re.compile(rb'value="[^"]*"')
    assert blank.sub(b"", page) == blank.sub(b"", after)
    assert ChangeRecord.objects.filter(subject_id=new.pk).count() == before
    assert not waiting_for(cast.bich).filter(step="ask").exists()
    ask(cast, new)  # asked again soon: she is left in peace
    relay.drain()
    assert DuplicateMatch.objects.count() == 1
    with pytest.raises(WrongState):
        actions.answer_match(actor=cast.bich, match=match, agreed=True, method="verbal")


def test_a_yes_links_and_the_link_can_be_undone(cast, sign_in):
    old, new, match = matched(cast)
    with pytest.raises(Invalid):
        actions.answer_match(actor=cast.bich, match=match, agreed=True)
    with pytest.raises(Forbidden):
        actions.answer_match(actor=cast.hanh, match=match, agreed=True, method="verbal")
    with pytest.raises(NotFound):
        actions.answer_match(actor=cast.loan, match=match, agreed=True, method="verbal")
    assert sign_in("bich").post(f"/same-person/{match.uuid}/", YES).status_code == 302
    link = CaseLink.objects.get()
    assert {link.first, link.second} == {old, new}
    with pytest.raises(AlreadyDone):
        actions.answer_match(actor=cast.bich, match=match, agreed=True, method="verbal")
    mine, theirs = f"/cases/{old.uuid}/same-person/", f"/cases/{new.uuid}/same-person/"
    assert new.code in sign_in("bich").get(mine).content.decode()
    assert old.code in sign_in("kien").get(theirs).content.decode()
    # a link opens nothing
    for name in ("kien", "loan"):
        assert sign_in(name).get(f"/cases/{old.uuid}/").status_code == 404
    ask(cast, new)
    relay.drain()
    assert DuplicateMatch.objects.count() == 1
    undo = f"{theirs}{link.uuid}/"
    assert sign_in("kien").post(undo).status_code == 403
    assert sign_in("bich").post(undo).status_code == 404
    assert sign_in("loan").get(undo).status_code == 405
    assert sign_in("loan").post(f"{theirs}{match.uuid}/").status_code == 404
    assert sign_in("loan").post(undo).status_code == 302
    assert sign_in("loan").post(undo).status_code == 409
    link.refresh_from_db()
    assert link.ended_by == cast.user("loan")
    assert old.code not in sign_in("kien").get(theirs).content.decode()


def test_nothing_of_it_carries_a_number(cast):
    matched(cast)
    rows = [*Outbox.objects.values(), *ChangeRecord.objects.values(), *AuditEvent.objects.values()]
    assert "912345678" not in str(rows) and "912 345 678" not in str(rows)
    assert audit.current_actor.get() is None


def test_of_a_file_that_is_kept_and_not_used_nobody_is_asked(cast):
    old, new = two_files(cast)
    type(old).objects.filter(pk=old.pk).update(restricted_at=timezone.now())
    ask(cast, new)
    relay.drain()
    assert not DuplicateMatch.objects.exists()
