"""The pages of an erasure and of a legal hold: who finds them, what is typed, what they answer."""

import pytest
from django.utils import timezone

from cases import actions
from cases.models import ErasureRequest, LegalHold
from tests import factories as make
from workflow import relay

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


@pytest.fixture
def case(cast):
    return make.case_in_support(cast)


def day(prefix):
    today = timezone.localdate()
    return {f"{prefix}_{part}": getattr(today, part) for part in ("day", "month", "year")}


def words(**changed):
    return {
        "asked_by": "client",
        "asked_how": "phone",
        "reason": "Chị ấy muốn bắt đầu lại",
        **day("asked_on"),
        **changed,
    }


@pytest.fixture
def asked(cast, case):
    return actions.request_erasure(
        actor=cast.hanh,
        case=case,
        asked_by="client",
        asked_how="phone",
        asked_on=timezone.localdate(),
        reason="Chị ấy muốn bắt đầu lại",
    )


@pytest.fixture
def hold(cast, case):
    return actions.propose_hold(actor=cast.yen, case=case, source="court", reason="Quyết định số 1")


def test_anonymous_is_asked_to_sign_in(case, asked, hold, client):
    for path in (
        f"/cases/{case.uuid}/erasure/",
        "/erasures/",
        "/erasures/new/",
        f"/erasures/{asked.uuid}/",
        "/holds/new/",
        f"/holds/{hold.uuid}/",
        "/retention/",
    ):
        assert client.get(path).status_code == 302


@pytest.mark.parametrize("who", ["tam", "lan", "loan", "an", "quy", "van"])
def test_nobody_else_finds_them(case, asked, hold, sign_in, who):
    browser = sign_in(who)
    for path in (
        f"/cases/{case.uuid}/erasure/",
        "/erasures/",
        "/erasures/new/",
        f"/erasures/{asked.uuid}/",
        "/holds/new/",
        f"/holds/{hold.uuid}/",
        "/retention/",
    ):
        assert browser.get(path).status_code == 404, path
        assert browser.post(path, {"step": "agree"}).status_code in (404, 405), path
    assert ErasureRequest.objects.get().state == "requested"
    assert LegalHold.objects.get().state == "proposed"


def test_the_worker_asks_and_waits(case, sign_in):
    browser = sign_in("hanh")
    path = f"/cases/{case.uuid}/erasure/"
    assert path in browser.get(f"/cases/{case.uuid}/").content.decode()
    assert browser.get(path).status_code == 200
    wrong = browser.post(path, words(asked_how=""))
    assert wrong.status_code == 422 and "muốn bắt đầu lại" in wrong.content.decode()
    sent = browser.post(path, words())
    request = ErasureRequest.objects.get()
    assert sent["Location"] == f"/erasures/{request.uuid}/"
    page = browser.get(sent["Location"]).content.decode()
    assert "muốn bắt đầu lại" in page and "91/2025" in page
    assert 'value="approve"' not in page and 'value="cancel"' in page
    assert browser.get(path).status_code == 302
    assert browser.post(path, words()).status_code == 409
    assert browser.post(sent["Location"], {"decision": "approve"}).status_code == 403
    assert browser.post(sent["Location"], {"step": "cancel"}).status_code == 302
    assert make.fresh(request).state == "cancelled"


def test_the_officer_decides(case, asked, sign_in):
    browser = sign_in("yen")
    path = f"/erasures/{asked.uuid}/"
    assert path in browser.get("/").content.decode()
    assert path in browser.get("/erasures/").content.decode()
    page = browser.get(path).content.decode()
    assert case.code in page and make.ALIAS not in page and "muốn bắt đầu lại" in page
    assert browser.get(f"/cases/{case.uuid}/").status_code == 404
    assert browser.post(path, {"decision": ""}).status_code == 422
    assert browser.post(path, {"decision": "approve"}).status_code == 302
    assert browser.post(path, {"decision": "approve"}).status_code == 409
    relay.drain()
    page = browser.get(path).content.decode()
    assert "Đã xóa" in page and "muốn bắt đầu lại" not in page
    worker = sign_in("hanh")
    assert worker.get(f"/cases/{case.uuid}/").status_code == 404
    assert worker.get(path).status_code == 404
    assert case.code not in worker.get("/cases/").content.decode()
    assert "Đã xóa" in browser.get("/erasures/").content.decode()


def test_the_officer_asks_by_code_and_the_supervisor_decides(case, sign_in):
    browser = sign_in("yen")
    wrong = browser.post("/erasures/new/", words(code="HS-222222"))
    assert wrong.status_code == 422 and "muốn bắt đầu lại" in wrong.content.decode()
    sent = browser.post("/erasures/new/", words(code=case.code.lower(), asked_by="office"))
    assert sent.status_code == 302
    assert browser.post(sent["Location"], {"decision": "approve"}).status_code == 403
    assert sign_in("hanh").get(sent["Location"]).status_code == 404
    supervisor = sign_in("bich")
    assert sent["Location"] in supervisor.get("/").content.decode()
    assert supervisor.post(sent["Location"], {"decision": "refuse:law"}).status_code == 302
    assert ErasureRequest.objects.get().refused_because == "law"


def test_a_hold_is_set_and_lifted_by_two(case, sign_in):
    officer, supervisor = sign_in("yen"), sign_in("bich")
    answers = {"code": case.code, "source": "court", "reason": "Quyết định số 1"}
    assert officer.post("/holds/new/", {**answers, "reason": ""}).status_code == 422
    assert officer.post("/holds/new/", {**answers, "code": "HS-222222"}).status_code == 422
    assert officer.post("/holds/new/", {**answers, **day("until")}).status_code == 422
    sent = officer.post("/holds/new/", answers)
    path = sent["Location"]
    assert officer.post("/holds/new/", answers).status_code == 409
    assert officer.post(path, {"step": "agree"}).status_code == 403
    assert path in supervisor.get("/").content.decode()
    assert "Quyết định số 1" in supervisor.get(path).content.decode()
    assert supervisor.post(path, {"step": "lift"}).status_code == 404
    assert supervisor.post(path, {"step": "agree"}).status_code == 302
    assert LegalHold.objects.get().state == "in_force"
    assert path in officer.get("/erasures/").content.decode()
    assert officer.post(path, {"step": "lift"}).status_code == 302
    assert officer.post(path, {"step": "agree"}).status_code == 403
    assert supervisor.post(path, {"step": "refuse"}).status_code == 302
    assert LegalHold.objects.get().state == "in_force"
    assert officer.post(path, {"step": "nothing"}).status_code == 404
    assert officer.post(path, {"step": "lift"}).status_code == 302
    assert supervisor.post(path, {"step": "agree"}).status_code == 302
    assert LegalHold.objects.get().state == "lifted"
    assert officer.get(path).status_code == 200


def test_a_held_file_says_so(cast, case, asked, hold, sign_in):
    officer = sign_in("yen")
    page = officer.get(f"/erasures/{asked.uuid}/").content.decode()
    assert "Lưu giữ pháp lý" in page
    answer = officer.post(f"/erasures/{asked.uuid}/", {"decision": "approve"})
    assert answer.status_code == 409
    assert make.fresh(asked).state == "requested"


def test_the_schedule_shows_sources_and_counts(cast, case, sign_in, django_assert_max_num_queries):
    browser = sign_in("yen")
    page = browser.get("/retention/").content.decode()
    assert "91/2025" in page and "24 tháng" in page and case.code not in page
    with django_assert_max_num_queries(75):
        browser.get("/retention/")
