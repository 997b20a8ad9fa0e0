"""Papers of a file: who may, in which compartment, and how they leave."""

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from cases import actions
from cases.models import Consent, Stripped
from cases.selectors.erasure import proof
from privacy import access, crypto, files
from privacy.compartments import Compartment as C
from privacy.errors import AlreadyDone, Invalid, NotFound, WrongState
from privacy.keys import resealing
from privacy.models import (
    AuditEvent,
    ChangeRecord,
    SealedChunk,
    SealedFile,
    Tombstone,
    WrappedDataKey,
)
from tests import door, factories
from tests.privacy.test_files import SECRET, photo
from workflow import relay

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


def upload(data=None, name="anh chup.jpg"):
    return SimpleUploadedFile(name, photo() if data is None else data, "text/html")


def typed(**more):
    return {"file": upload(), "name": "Giấy đồng ý", "compartment": "identity", **more}


def paper(cast, case, compartment="notes", **more):
    return actions.add_paper(
        actor=cast.hanh, case=case, compartment=compartment, name="Giấy", data=photo(), **more
    )


def test_only_the_case_team_keeps_papers(cast, sign_in, client):
    case = factories.case_opened(cast)
    url = f"/cases/{case.uuid}/papers/"
    assert client.post(url, typed()).status_code == 401
    for name in ("tam", "kien", "loan", "lan", "van", "hoa", "quy", "an", "yen"):
        assert sign_in(name).get(url).status_code == 404
        assert sign_in(name).post(url, typed()).status_code == 404
    assert not SealedFile.objects.exists()
    assert sign_in("bich").post(url, typed()).status_code == 302


def test_it_is_kept_listed_handed_out_and_deleted(cast, sign_in):
    case = factories.case_consented(cast)
    consent = Consent.objects.filter(case=case).first()
    browser = sign_in("hanh")
    url = f"/cases/{case.uuid}/papers/"
    answer = browser.post(url, typed(consent=str(consent.uuid)))
    assert answer.status_code == 302
    row = SealedFile.objects.get()
    assert (row.about_type, row.about_uuid) == ("cases.consent", consent.uuid)
    assert "Giấy đồng ý" in browser.get(url).content.decode()
    before = AuditEvent.objects.count()
    answer = browser.get(f"{url}{row.uuid}/")
    assert AuditEvent.objects.count() == before + 1
    event = AuditEvent.objects.order_by("pk").last()
    assert (event.action, event.purpose, event.compartments) == ("open", "paper", "identity")
    assert answer.status_code == 200 and answer["Content-Type"] == "image/jpeg"
    assert answer["Content-Disposition"] == f'attachment; filename="{row.uuid}.jpeg"'
    assert "no-store" in answer["Cache-Control"] and answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert SECRET.encode() not in answer.content and answer.content.startswith(b"\xff\xd8")
    assert browser.post(f"{url}{row.uuid}/delete/", {}).status_code == 422
    assert browser.get(f"{url}{row.uuid}/delete/").status_code == 200
    gone = browser.post(f"{url}{row.uuid}/delete/", {"reason": "wrong_file"})
    assert gone.status_code == 302 and not SealedChunk.objects.exists()
    row.refresh_from_db()
    assert row.delete_reason == "wrong_file" and bytes(row.sealed_name) == b""
    for path in ("", "delete/"):
        assert browser.get(f"{url}{row.uuid}/{path}").status_code == 404
    events = ChangeRecord.objects.filter(event__startswith="paper.")
    assert [item.event for item in events.order_by("pk")] == ["paper.added", "paper.deleted"]


def test_a_paper_of_another_file_is_absent(cast, sign_in):
    mine, other = factories.case_opened(cast), factories.case_opened(cast, by="kien")
    row = paper(cast, mine)
    for path in (
        f"/cases/{other.uuid}/papers/{row.uuid}/",
        f"/cases/{mine.uuid}/papers/{other.uuid}/",
    ):
        for name in ("hanh", "kien"):
            assert sign_in(name).get(path).status_code == 404
    with pytest.raises(NotFound):
        actions.delete_paper(actor=cast.kien, case=other, paper=row, reason="wrong_file")
    with pytest.raises(NotFound):
        paper(cast, mine, consent=Consent(case=other))


def test_a_compartment_she_lost_hides_its_papers(cast, sign_in):
    case = factories.case_opened(cast)
    note, name = paper(cast, case), paper(cast, case, "identity")
    access.take_away(case, by=cast.bich, user=cast.hanh.user_id, permissions=["open_notes"])
    browser, url = sign_in("hanh"), f"/cases/{case.uuid}/papers/"
    text = browser.get(url).content.decode()
    assert str(name.uuid) in text and str(note.uuid) not in text
    assert browser.get(f"{url}{note.uuid}/").status_code == 404
    assert browser.get(f"{url}{name.uuid}/").status_code == 200
    assert browser.post(url, typed(compartment="notes")).status_code == 422
    with pytest.raises(NotFound):
        paper(cast, case)
    with pytest.raises(NotFound):
        actions.delete_paper(actor=cast.hanh, case=case, paper=note, reason="wrong_file")


def test_a_childs_papers_are_for_those_named(cast, sign_in):
    child = factories.child_case(cast)
    url = f"/cases/{child.uuid}/papers/"
    assert sign_in("van").post(url, typed(compartment="child")).status_code == 302
    assert sign_in("bich").get(url).status_code == 200
    assert sign_in("hanh").get(url).status_code == 404
    row = SealedFile.objects.get()
    assert sign_in("van").get(f"{url}{row.uuid}/").status_code == 200
    assert sign_in("hanh").get(f"{url}{row.uuid}/").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"file": ""},
        {"file": upload(b"<html>", "anh.jpg")},
        {"file": upload(b"", "anh.jpg")},
        {"name": ""},
        {"compartment": ""},
        {"compartment": "health"},
        {"consent": "abc"},
    ],
)
def test_bad_input_is_told_and_the_name_is_kept(cast, sign_in, wrong):
    case = factories.case_consented(cast)
    data = typed(**wrong)
    if hasattr(data["file"], "seek"):
        data["file"].seek(0)
    answer = sign_in("hanh").post(f"/cases/{case.uuid}/papers/", data)
    assert answer.status_code == 422
    if data["name"]:
        assert "Giấy đồng ý" in answer.content.decode()
    assert not SealedFile.objects.exists()


def test_a_request_that_is_too_large_brings_no_file_and_says_so(cast, sign_in, settings):
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 2000
    case = factories.case_opened(cast)
    answer = sign_in("hanh").post(f"/cases/{case.uuid}/papers/", typed(file=upload(bytes(5000))))
    assert answer.status_code == 422 and "10 MB" in answer.content.decode()


def test_nothing_brought_is_ever_written_to_disk_in_clear(settings):
    assert settings.FILE_UPLOAD_HANDLERS == [
        "django.core.files.uploadhandler.MemoryFileUploadHandler"
    ]
    assert settings.FILE_UPLOAD_MAX_MEMORY_SIZE > settings.UPLOAD_MAX_BYTES


def test_a_closed_file_takes_none_and_a_deleted_one_stays_deleted(cast):
    case = factories.case_opened(cast)
    row = paper(cast, case)
    with pytest.raises(Invalid):
        actions.delete_paper(actor=cast.hanh, case=case, paper=row, reason="because")
    actions.delete_paper(actor=cast.hanh, case=case, paper=row, reason="not_needed")
    with pytest.raises(AlreadyDone):
        actions.delete_paper(actor=cast.hanh, case=case, paper=row, reason="not_needed")
    with pytest.raises(NotFound):
        files.opened(SealedFile.objects.get())
    actions.answer_file_consent(actor=cast.hanh, case=case, given=False, method="verbal")
    # After her no the file opens for nobody; one that was closed in the usual way takes nothing.
    with pytest.raises(NotFound):
        paper(cast, case)
    with pytest.raises(WrongState):
        paper(cast, factories.case_closed(cast))


def test_a_damaged_paper_is_told_and_not_handed_out(cast, sign_in):
    case = factories.case_opened(cast)
    row = paper(cast, case)
    SealedChunk.objects.filter(file=row).update(envelope=b"x" * 100)
    answer = sign_in("hanh").get(f"/cases/{case.uuid}/papers/{row.uuid}/")
    assert answer.status_code == 409 and io.BytesIO(answer.content).read(2) != b"\xff\xd8"


# -- new data keys


def versions(case):
    """Under which versions of its key the papers of this file lie, names and chunks."""
    rows = SealedFile.objects.filter(owner_uuid=case.uuid, deleted_at__isnull=True)
    sealed = [*rows.values_list("sealed_name", flat=True)]
    sealed += SealedChunk.objects.filter(file__in=rows).values_list("envelope", flat=True)
    return {crypto.envelope_version(bytes(item)) for item in sealed}


def keys_of(case):
    rows = WrappedDataKey.objects.filter(owner_uuid=case.uuid, compartment=C.NOTES.byte)
    return set(rows.values_list("version", flat=True))


def reseal(case, **more):
    return resealing.reseal(owners=[case.uuid], compartments=[C.NOTES], purpose="test", **more)


def grace_passed():
    WrappedDataKey.objects.update(
        created_at=timezone.now() - resealing.GRACE - timedelta(seconds=1)
    )


def test_papers_are_sealed_anew_before_the_old_key_goes(cast, monkeypatch):
    case = factories.case_opened(cast)
    with monkeypatch.context() as patch:
        patch.setattr(files, "CHUNK", 100)
        row = paper(cast, case)
    gone = paper(cast, case)
    actions.delete_paper(actor=cast.hanh, case=case, paper=gone, reason="not_needed")
    assert row.chunks > 2 and versions(case) == {1}
    with factories.opened(cast.hanh, case, C.NOTES):
        before = files.opened(row)

    reseal(case, made_before=timezone.now() + timedelta(seconds=1))
    assert versions(case) == {2} and keys_of(case) == {1, 2}
    grace_passed()
    reseal(case)
    assert keys_of(case) == {2}
    with factories.opened(cast.hanh, case, C.NOTES):
        row.refresh_from_db()
        assert files.opened(row) == before and files.name_of(row) == "Giấy"


def test_a_damaged_paper_keeps_the_old_key_and_stays_as_it_is(cast):
    case = factories.case_opened(cast)
    row = paper(cast, case)
    chunk = SealedChunk.objects.get(file=row)
    bad = bytes(chunk.envelope)[:-1] + bytes([bytes(chunk.envelope)[-1] ^ 1])
    SealedChunk.objects.filter(pk=chunk.pk).update(envelope=bad)

    assert reseal(case, made_before=timezone.now() + timedelta(seconds=1)).shut == 1
    grace_passed()
    assert reseal(case).dropped == 0
    assert keys_of(case) == {1, 2} and versions(case) == {1}


# -- what ends with the file


def test_an_erased_file_leaves_no_paper(cast):
    case = factories.case_in_support(cast)
    paper(cast, case)
    paper(cast, case, "identity")
    request = actions.request_erasure(
        actor=cast.hanh,
        case=case,
        asked_by="client",
        asked_how="in_person",
        asked_on=timezone.localdate(),
    )
    actions.approve_erasure(actor=door.proved(cast.yen), erasure=request)
    relay.drain()
    assert not SealedFile.objects.exists() and not SealedChunk.objects.exists()
    stone = Tombstone.objects.get(subject_uuid=case.uuid)
    assert proof(stone).clean


def test_a_paper_that_a_backup_brought_back_is_told_and_purged_again(cast):
    case = factories.case_in_support(cast)
    row = paper(cast, case)
    parts = list(SealedChunk.objects.filter(file=row))
    request = actions.request_erasure(
        actor=cast.hanh,
        case=case,
        asked_by="client",
        asked_how="in_person",
        asked_on=timezone.localdate(),
    )
    actions.approve_erasure(actor=door.proved(cast.yen), erasure=request)
    relay.drain()
    SealedFile.objects.bulk_create([row])
    SealedChunk.objects.bulk_create(parts)
    stone = Tombstone.objects.get(subject_uuid=case.uuid)
    assert proof(stone).left["papers"] == 1
    assert actions.mend_restored().purged == [case.code]
    assert not SealedFile.objects.exists() and proof(stone).clean


def test_a_compartment_over_its_time_takes_its_papers_along(cast):
    case = factories.case_opened(cast)
    paper(cast, case)
    name = paper(cast, case, "identity")
    Stripped.objects.create(case=case, compartment="notes")
    actions.stripped(case.pk)
    assert list(SealedFile.objects.all()) == [name]
