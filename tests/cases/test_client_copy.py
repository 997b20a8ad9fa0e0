"""Her own copy: two allow it, the system makes it, only she opens it, and it goes away."""

import base64
import io
import json
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from pypdf import PdfReader

from cases import actions, paper
from cases.models import ClientCopy
from cases.paper import Document, Section
from privacy import keys
from privacy.compartments import Compartment as C
from privacy.errors import AlreadyDone, Forbidden, Invalid, NotFound, WrongState
from privacy.models import AuditEvent, ChangeRecord
from privacy.passphrases import weakness
from privacy.proof import NeedsProof
from tests import door
from tests import factories as make
from tests.cases import rights_story as story

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])
P = story.PASSPHRASE


def opened_pdf(content, passphrase=P):
    reader = PdfReader(io.BytesIO(content))
    assert reader.is_encrypted
    return reader, reader.decrypt(passphrase)


def made(cast):
    request = story.agreed(cast)
    actions.make_copy(actor=door.proved(cast.hanh), request=request, passphrase=P)
    return make.fresh(request)


def test_before_the_second_yes_nothing_is_made(cast):
    for request in (story.asked(cast, "copy"), story.decided(cast, "copy")):
        with pytest.raises(WrongState):
            actions.make_copy(actor=door.proved(cast.hanh), request=request, passphrase=P)
    assert not ClientCopy.objects.exists()


def test_making_it_asks_for_a_fresh_proof(cast):
    request = story.agreed(cast)
    with pytest.raises(NeedsProof):
        actions.make_copy(actor=cast.hanh, request=request, passphrase=P)
    assert not ClientCopy.objects.exists() and make.fresh(request).state == "granted"


def test_only_her_worker_brings_it_to_her(cast):
    request = story.agreed(cast)
    for name, error in (("bich", Forbidden), ("yen", NotFound), ("tam", NotFound)):
        with pytest.raises(error):
            actions.make_copy(actor=door.proved(getattr(cast, name)), request=request, passphrase=P)
    actions.make_copy(actor=door.proved(cast.hanh), request=request, passphrase=P)
    for name, error in (("bich", Forbidden), ("yen", NotFound), ("tam", NotFound)):
        with pytest.raises(error):
            actions.fetch_copy(actor=getattr(cast, name), request=request)
        with pytest.raises(error):
            actions.drop_copy(actor=getattr(cast, name), request=request)


@pytest.mark.parametrize(
    "weak",
    [
        "",
        "ngan",
        "aaaaaaaaaaaaaaaaaaaa",
        "mật khẩu rất dài của tôi",
        "abcabcabcabcabcabcabc",
        "0123456789012345",
        "qwertyuiopasdfgh",
        "x" * 200,
        "xoai\nnuoc bang ghe 47",
    ],
)
def test_a_weak_passphrase_makes_nothing(cast, weak):
    assert weakness(weak)
    request = story.agreed(cast)
    with pytest.raises(Invalid):
        actions.make_copy(actor=door.proved(cast.hanh), request=request, passphrase=weak)
    assert not ClientCopy.objects.exists() and make.fresh(request).state == "granted"
    assert weakness(P) == ""


def test_it_opens_with_her_passphrase_only_and_holds_her_whole_file(cast):
    request = made(cast)
    with keys.fresh_ring():
        content = actions.fetch_copy(actor=cast.hanh, request=request)
    for wrong in ("", "xoai nuoc bang ghe 48", request.reference):
        assert not opened_pdf(content, wrong)[1]
    assert make.ALIAS.encode() not in content
    reader, right = opened_pdf(content)
    assert right and reader.trailer["/Encrypt"]["/R"] == 6
    text = "\n".join(page.extract_text() for page in reader.pages)
    for word in (make.ALIAS, "giao hàng", "Khỏe lại", "Ở trọ", "Phòng Văn hoá – Xã hội Duy Tiên"):
        assert word in text
    assert "Nguyễn Thị Hạnh" not in text  # offices, never persons
    attached = json.loads(reader.attachments[paper.ATTACHED][0])
    assert make.ALIAS in json.dumps(attached, ensure_ascii=False)
    assert len(attached["sections"]) >= 5


def test_the_worker_who_carries_it_opens_no_more_than_before(cast):
    request = story.agreed(cast)
    with keys.fresh_ring() as ring:
        actions.make_copy(actor=door.proved(cast.hanh), request=request, passphrase=P)
        assert (request.case.uuid, C.HEALTH) not in ring.seen
        assert (request.case.uuid, C.IDENTITY) not in ring.seen
    rows = AuditEvent.objects.filter(
        object_uuid=request.case.uuid, purpose__startswith="client_copy:"
    )
    assert rows.get().role == "system"
    with pytest.raises(AlreadyDone):
        actions.make_copy(actor=door.proved(cast.hanh), request=request, passphrase=P)


def test_neither_approver_opens_what_lies_here(cast):
    request = made(cast)
    for name in ("yen", "bich"):
        with make.opened(getattr(cast, name), request, C.REGISTER):
            held = base64.b64decode(ClientCopy.objects.get().content)
            assert not opened_pdf(held, "")[1] and make.ALIAS.encode() not in held


def test_it_is_fetched_and_then_deleted(cast):
    request = made(cast)
    actions.fetch_copy(actor=cast.hanh, request=request)
    assert ClientCopy.objects.get().fetched_at is not None
    actions.drop_copy(actor=cast.hanh, request=request)
    for again in (actions.fetch_copy, actions.drop_copy):
        with pytest.raises(WrongState):
            again(actor=cast.hanh, request=request)
    with make.opened(cast.hanh, request, C.REGISTER):
        assert ClientCopy.objects.get().content == ""
    events = set(ChangeRecord.objects.values_list("event", flat=True))
    assert {"rights.copy_made", "rights.copy_fetched", "rights.copy_dropped"} <= events


def test_after_seven_days_it_is_gone_by_itself(cast):
    request = made(cast)
    assert actions.drop_old_copies() == 0
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        with pytest.raises(WrongState):
            actions.fetch_copy(actor=cast.hanh, request=request)
        assert actions.drop_old_copies() == 1
        assert actions.drop_old_copies() == 0
    with make.opened(cast.hanh, request, C.REGISTER):
        assert ClientCopy.objects.get().content == ""


def test_no_copy_of_a_restricted_file(cast):
    request = story.agreed(cast)
    other = actions.register_request(
        actor=cast.hanh,
        case=request.case,
        kind="restrict",
        asked_by="client",
        asked_how="worker",
        identity_check="known",
        received_on=timezone.localdate(),
        words="Dừng lại",
    )
    actions.answer_request(actor=cast.yen, request=other, answer="Đã nhận")
    actions.decide_request(actor=cast.yen, request=other, outcome="granted", findings="x")
    with pytest.raises(Forbidden):
        actions.make_copy(actor=door.proved(cast.hanh), request=request, passphrase=P)


def test_paper_writes_vietnamese_and_takes_markup_as_text():
    words = "Đường lê thị ệ ữ ẫ <b>không phải đậm</b> & “ngoặc”"
    document = Document("Giấy tờ", timezone.now(), "Ghi chú", (Section("Mục", (("Tên", words),)),))
    text = PdfReader(io.BytesIO(paper.pdf(document))).pages[0].extract_text()
    assert words in text.replace("\n", " ")
    metadata = PdfReader(io.BytesIO(paper.pdf(document))).metadata
    assert "Giấy" not in str(metadata)
