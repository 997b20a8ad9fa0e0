"""Files that leave: who, for what, seen by a second person, encrypted, marked, and gone in time."""

import io
import re
from datetime import UTC, datetime, timedelta

import pytest
import pyzipper
import time_machine
from django.utils import timezone

from cases import exports as lists
from cases.models import Case
from cases.reports import counts
from privacy import access, exports, tasks
from privacy.errors import AlreadyDone, Forbidden, Invalid, NotFound, WrongState
from privacy.models import AuditEvent, ChangeRecord, ExportRequest, Membership, Snapshot
from privacy.proof import NeedsProof
from tests import door, factories

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])
MANY = 1000
TEAM = {"code": "team_work", "purpose": "supervision", "params": {}}


def ask(actor, *, second_from=MANY, **more):
    return exports.ask(actor=actor, second_from=second_from, **{**TEAM, **more})


def make(actor, request, *, second_from=MANY):
    return exports.make(
        actor=door.proved(actor), request=request, second_from=second_from, keep_days=7
    )


def unpacked(data, passphrase):
    with pyzipper.AESZipFile(io.BytesIO(data)) as packed:
        packed.setpassword(passphrase.encode())
        (name,) = packed.namelist()
        assert packed.getinfo(name).wz_aes_strength == 3  # 256 bits
        book = packed.read(name)
    with pyzipper.ZipFile(io.BytesIO(book)) as parts:
        return {part: parts.read(part).decode() for part in parts.namelist()}


def last_quarter():
    now = timezone.localdate()
    number = (now.month - 1) // 3 + 1
    return (now.year, number - 1) if number > 1 else (now.year - 1, 4)


def numbers(audience="inside"):
    year, number = last_quarter()
    return {
        "code": "programme_counts",
        "purpose": "report",
        "params": {"year": year, "quarter": number, "audience": audience},
    }


# -- who


def test_the_door_is_for_three_roles(cast, sign_in, client):
    factories.case_planned(cast)
    assert client.get("/exports/").status_code == 302
    for name in ("hanh", "lan", "hoa", "van", "thu", "an"):
        assert sign_in(name).get("/exports/").status_code == 404
        with pytest.raises(NotFound):
            ask(getattr(cast, name))
    for name in ("bich", "quy", "yen"):
        assert sign_in(name).get("/exports/").status_code == 200
    assert sign_in("yen").post("/exports/", {}).status_code == 404
    for actor, code in ((cast.quy, "team_work"), (cast.bich, "programme_counts"), (cast.bich, "x")):
        with pytest.raises(NotFound):
            ask(actor, code=code)
    assert not ExportRequest.objects.exists()


def test_bad_input_is_told(cast, sign_in):
    with pytest.raises(Invalid):
        ask(cast.bich)  # nothing waits: an empty file tells something too
    factories.case_planned(cast)
    for purpose in ("", "report", "curiosity"):
        with pytest.raises(Invalid):
            ask(cast.bich, purpose=purpose)
    year, _number = last_quarter()
    for params in (
        {},
        {"year": "x", "quarter": 1, "audience": "inside"},
        {"year": year, "quarter": 5, "audience": "inside"},
        {"year": year + 2, "quarter": 1, "audience": "inside"},
        {"year": year - 1, "quarter": 1, "audience": "everybody"},
    ):
        with pytest.raises(Invalid):
            ask(cast.quy, **{**numbers(), "params": params})
    assert sign_in("bich").post("/exports/", {"kind": "team_work"}).status_code == 422
    assert not ExportRequest.objects.exists()


# -- the second person


def test_above_the_threshold_a_second_person_decides(cast, sign_in):
    factories.case_planned(cast)
    request = ask(cast.bich, second_from=1)
    assert request.stage == "asked"
    with pytest.raises(WrongState):
        make(cast.bich, request)
    url = f"/exports/{request.uuid}/"
    for name in ("quy", "loan"):
        assert sign_in(name).get(url).status_code == 404
        assert sign_in(name).post(url + "decide/", {"step": "approve"}).status_code == 404
    with pytest.raises(NotFound):
        exports.decide(actor=door.proved(cast.bich), request=request, approve=True)
    dpo = sign_in("yen")
    assert request.reference in dpo.get("/exports/").content.decode()
    assert dpo.post(url + "decide/", {"step": "perhaps"}).status_code == 404
    assert dpo.post(url + "decide/", {"step": "approve"}).status_code == 302
    with pytest.raises(AlreadyDone):
        exports.decide(actor=door.proved(cast.yen), request=request, approve=False)
    with pytest.raises(NotFound):
        make(cast.yen, request)  # she decides, she does not take
    made, _passphrase = make(cast.bich, request, second_from=1)
    assert made.stage == "ready" and made.decided_by == cast.user("yen")


def test_deciding_and_making_ask_for_a_fresh_proof(cast):
    factories.case_planned(cast)
    request = ask(cast.bich, second_from=1)
    with pytest.raises(NeedsProof):
        exports.decide(actor=cast.yen, request=request, approve=True)
    exports.decide(actor=door.proved(cast.yen), request=request, approve=True)
    with pytest.raises(NeedsProof):
        exports.make(actor=cast.bich, request=request, second_from=MANY, keep_days=7)
    request.refresh_from_db()
    assert request.stage == "approved" and bytes(request.file) == b""


def test_nobody_decides_about_her_own(cast):
    factories.case_planned(cast)
    request = ask(cast.bich, second_from=1)
    ExportRequest.objects.filter(pk=request.pk).update(asked_by=cast.user("yen"))
    with pytest.raises(Forbidden):
        exports.decide(actor=door.proved(cast.yen), request=request, approve=True)
    assert exports.waiting(cast.yen) == []


def test_a_refused_one_is_never_made(cast):
    factories.case_planned(cast)
    request = ask(cast.bich, second_from=1)
    exports.decide(actor=door.proved(cast.yen), request=request, approve=False)
    with pytest.raises(WrongState):
        make(cast.bich, request)


def test_a_list_that_grew_over_the_threshold_needs_her_again(cast):
    factories.case_planned(cast)
    request = ask(cast.bich, second_from=2)
    assert request.stage == "approved" and request.rows == 1
    factories.case_opened(cast)
    with pytest.raises(WrongState):
        make(cast.bich, request, second_from=2)
    request.refresh_from_db()
    assert bytes(request.file) == b""


# -- the file


def test_it_is_encrypted_marked_and_its_passphrase_is_shown_once(cast, sign_in):
    case = factories.case_planned(cast)
    browser = sign_in("bich")
    answer = browser.post("/exports/", {"kind": "team_work", "purpose": "supervision"})
    request = ExportRequest.objects.get()
    assert answer.status_code == 302 and answer.url == f"/exports/{request.uuid}/"
    page = browser.post(answer.url + "make/")
    text = page.content.decode()
    passphrase = text.partition("<code>")[2].partition("</code>")[0]
    assert page.status_code == 200 and len(passphrase) == 29
    assert passphrase not in browser.get(answer.url).content.decode()
    assert browser.post(answer.url + "make/").status_code == 409
    request.refresh_from_db()
    assert passphrase not in str(request.__dict__) + str(list(AuditEvent.objects.values()))
    handed = browser.get(answer.url + "fetch/")
    assert handed["Content-Disposition"] == f'attachment; filename="{request.reference}.zip"'
    assert "no-store" in handed["Cache-Control"]
    assert case.code.encode() not in handed.content
    with pytest.raises(RuntimeError):
        unpacked(handed.content, "wrong")
    parts = unpacked(handed.content, passphrase)
    strings = parts["xl/sharedStrings.xml"]
    assert case.code in strings and "Trần Ngọc Bích" in strings and request.reference in strings
    assert factories.ALIAS not in strings and factories.PHONE not in strings
    sheet = parts["xl/worksheets/sheet1.xml"]
    assert request.reference in sheet.partition("<headerFooter>")[2] and "<f>" not in sheet
    events = ChangeRecord.objects.filter(event__startswith="export.").order_by("pk")
    assert [event.event for event in events] == ["export.asked", "export.made", "export.fetched"]
    fetched = AuditEvent.objects.get(action="export_fetched")
    assert fetched.object_uuid == request.uuid and fetched.purpose == request.purpose


def test_only_she_fetches_it_in_the_job_she_asked_in(cast, sign_in):
    factories.case_planned(cast)
    request, _passphrase = make(cast.bich, ask(cast.bich))
    for name in ("loan", "quy", "hanh", "an"):
        assert sign_in(name).get(f"/exports/{request.uuid}/fetch/").status_code == 404
    with pytest.raises(NotFound):
        exports.fetch(actor=cast.yen, request=request)
    job = cast.memberships["bich"]
    job.ends_on = timezone.localdate() - timedelta(days=1)
    job.save()
    with pytest.raises(NotFound):
        exports.fetch(actor=cast.bich, request=request)


def test_a_right_lost_between_two_batches_stops_it(cast, monkeypatch):
    for _ in range(3):
        factories.case_opened(cast)
    monkeypatch.setattr(lists, "BATCH", 1)
    request = ask(cast.bich)
    assert request.rows == 3
    real, asked = access.still_acts, []

    def still_acts(actor):
        if len(asked) == 2:
            yesterday = timezone.localdate() - timedelta(days=1)
            Membership.objects.filter(pk=actor.membership_id).update(ends_on=yesterday)
        asked.append(actor)
        return real(actor)

    monkeypatch.setattr(access, "still_acts", still_acts)
    with pytest.raises(NotFound):
        make(cast.bich, request)
    assert len(asked) == 3
    request.refresh_from_db()
    assert request.stage == "approved" and bytes(request.file) == b""
    assert AuditEvent.objects.filter(action="export", result="refused:revoked").exists()


def test_after_its_days_it_is_gone(cast, sign_in):
    factories.case_planned(cast)
    request, _passphrase = make(cast.bich, ask(cast.bich))
    assert tasks.drop_exports() == 0
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1), tick=False):
        with pytest.raises(WrongState):
            exports.fetch(actor=cast.bich, request=request)
        assert tasks.drop_exports() == 1 and tasks.drop_exports() == 0
    request.refresh_from_db()
    assert request.stage == "gone" and bytes(request.file) == b"" and request.digest
    assert sign_in("bich").get(f"/exports/{request.uuid}/fetch/").status_code == 409


@pytest.mark.parametrize("typed", ["=1+1", "+84", "-1", "@x", "\tx", "\rx"])
def test_a_cell_never_becomes_a_formula(typed):
    assert exports.safe_cell(typed) == f"'{typed}"
    assert exports.safe_cell("HS-7K3M9Q") == "HS-7K3M9Q" and exports.safe_cell(-3) == -3
    book = exports.workbook("=cmd", ("=head",), [(typed,)], "&A =mark")
    with pyzipper.ZipFile(io.BytesIO(book)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
        strings = parts.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in sheet and "'=cmd" in strings and "'=head" in strings
    assert "&amp;&amp;A" in sheet


# -- numbers


def opened_in_last_quarter(cast, homes, ages=("18_over",)):
    year, number = last_quarter()
    starts_on, _ends = counts.quarter(year, number)
    noon = datetime(starts_on.year, starts_on.month, starts_on.day, 12, tzinfo=UTC)
    template = factories.case_opened(cast)
    Case.objects.filter(pk=template.pk).update(created_at=noon - timedelta(days=400))
    Case.objects.bulk_create(
        clone(template, area, ages[number % len(ages)], noon)
        for area, count in homes.items()
        for number in range(count)
    )


def told(parts):
    """The numbers in the sheet; cells of text refer to a list of strings."""
    cells = re.findall(
        r'<c r="[A-Z]+[0-9]+"( t="s")?><v>([0-9]+)</v>', parts["xl/worksheets/sheet1.xml"]
    )
    return {int(value) for text, value in cells if not text}


def clone(template, area, age, at):
    """A row to be counted: its sealed fields are those of another file and open nowhere."""
    row = Case.objects.get(pk=template.pk)
    fresh = Case()
    for field in row._meta.concrete_fields:
        if field.name not in ("id", "uuid", "owner_uuid", "code"):
            fresh.__dict__[field.attname] = row.__dict__[field.attname]
    fresh.owner_uuid, fresh.area_code, fresh.age_band, fresh.created_at = fresh.uuid, area, age, at
    return fresh


def test_small_counts_are_hidden_and_told_once(cast):
    opened_in_last_quarter(cast, {"13324": 24, "15127": 3})
    asked = ask(cast.quy, **numbers("published"))
    assert asked.stage == "asked"  # what leaves the programme is looked at by two
    exports.decide(actor=door.proved(cast.yen), request=asked, approve=True)
    made, passphrase = make(cast.quy, asked)
    parts = unpacked(exports.fetch(actor=cast.quy, request=made), passphrase)
    assert told(parts) == {27}
    opened_in_last_quarter(cast, {"13324": 10})
    again = ask(cast.quy, **numbers("published"))
    exports.decide(actor=door.proved(cast.yen), request=again, approve=True)
    made, passphrase = make(cast.quy, again)
    later = unpacked(exports.fetch(actor=cast.quy, request=made), passphrase)
    assert told(later) == {27} and Snapshot.objects.count() == 1


def test_too_few_people_give_no_number(cast):
    opened_in_last_quarter(cast, {"13324": 4})
    made, passphrase = make(cast.quy, ask(cast.quy, **numbers()))
    parts = unpacked(exports.fetch(actor=cast.quy, request=made), passphrase)
    assert told(parts) == set()


def test_quarters_begin_and_end_on_their_days():
    assert [tuple(map(str, counts.quarter(2026, n))) for n in (1, 4)] == [
        ("2026-01-01", "2026-03-31"),
        ("2026-10-01", "2026-12-31"),
    ]
    with pytest.raises(ValueError):
        counts.quarter(2026, 0)


def test_tables_of_one_period_count_the_same_people():
    fine = {("13324", "18_over"): 5, ("15127", "18_over"): 7, ("13324", "16_17"): 1}
    made = counts.tables(fine, {"13324": "37", "15127": "38"})
    assert {table.total for table in made} == {13} and len(made) == 4
    assert made[1].counts == {
        ("37", "16_17"): 1,
        ("37", "18_over"): 5,
        ("38", "16_17"): 0,
        ("38", "18_over"): 7,
    }
