"""The pages of the registers: who finds them, what they say, what is typed is not lost."""

import html

import pytest
from django.urls import reverse
from django.utils import timezone

from cases import actions
from cases.models import AuthorityRequest, Breach, Case, ClientCopy, RightsRequest
from privacy.models import KeptText
from tests import factories as make
from tests.cases import rights_story as story

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


def page(name, *records):
    return reverse(name, args=[record.uuid for record in records])


def day(name="received_on"):
    today = timezone.localdate()
    return {f"{name}_day": today.day, f"{name}_month": today.month, f"{name}_year": today.year}


def asking(**changed):
    return {
        "kind": "view",
        "words": "Muốn xem hồ sơ",
        "asked_by": "client",
        "asked_how": "worker",
        "identity_check": "known",
        **day(),
        **changed,
    }


def said(response):
    return html.unescape(response.content.decode())


def test_anonymous_is_asked_to_sign_in(cast, client):
    request, breach, letter = story.asked(cast), story.leaked(cast), story.letter(cast)
    for url in (
        page("registers"),
        page("request_new"),
        page("case_requests", request.case),
        page("case_request_new", request.case),
        page("her_file", request.case),
        page("rights_request", request),
        page("rights_correct", request),
        page("rights_copy", request),
        page("rights_copy_file", request),
        page("report"),
        page("authority_new"),
        page("breach_new"),
        page("authority_request", letter),
        page("breach", breach),
        page("breach_notice", breach),
    ):
        assert client.get(url).status_code == 302


def test_nobody_without_a_part_finds_it(cast, sign_in):
    request, breach, letter = story.asked(cast), story.leaked(cast), story.letter(cast)
    urls = [
        page("registers"),
        page("request_new"),
        page("case_requests", request.case),
        page("case_request_new", request.case),
        page("her_file", request.case),
        page("rights_request", request),
        page("rights_correct", request),
        page("rights_copy", request),
        page("rights_copy_file", request),
        page("authority_request", letter),
        page("breach", breach),
        page("breach_notice", breach),
    ]
    for who in ("tam", "loan", "an", "stranger"):
        browser = sign_in(who)
        for url in urls:
            assert browser.get(url).status_code == 404, (who, url)
            assert browser.post(url, {"step": "answer"}).status_code in (404, 405), (who, url)


def test_her_worker_registers_and_sees_how_it_stands(cast, sign_in):
    case = make.case_in_support(cast)
    browser = sign_in("hanh")
    url = page("case_request_new", case)
    assert browser.get(url).status_code == 200
    wrong = browser.post(url, asking(identity_check=""))
    assert wrong.status_code == 422 and "Muốn xem hồ sơ" in said(wrong)
    assert not RightsRequest.objects.exists()
    assert browser.post(url, asking())["Location"] == page("case_requests", case)
    request = RightsRequest.objects.get()
    assert request.reference in said(browser.get(page("case_requests", case)))
    shown = said(browser.get(page("rights_request", request)))
    assert "Muốn xem hồ sơ" in shown and "91/2025/QH15" in shown
    assert request.reference in said(sign_in("yen").get(page("worklist")))


def test_a_complaint_leaves_no_trace_on_the_workers_pages(cast, sign_in):
    case = make.case_in_support(cast)
    browser = sign_in("hanh")
    browser.post(page("case_request_new", case), asking(kind="complaint"))
    request = RightsRequest.objects.get()
    for url in ("case_requests", "case", "case_timeline", "her_file"):
        assert request.reference not in said(browser.get(page(url, case)))
    for who in ("hanh", "bich"):
        assert sign_in(who).get(page("rights_request", request)).status_code == 404


def test_the_officer_registers_by_the_code_alone(cast, sign_in):
    case = make.case_in_support(cast)
    browser = sign_in("yen")
    wrong = browser.post(page("request_new"), asking(code="HS-222222"))
    assert wrong.status_code == 422 and "Muốn xem hồ sơ" in said(wrong)
    assert browser.post(page("request_new"), asking(code=case.code)).status_code == 302
    request = RightsRequest.objects.get()
    assert request.case == case
    shown = said(browser.get(page("rights_request", request)))
    assert case.code in shown and make.ALIAS not in shown
    assert browser.get(page("case_requests", case)).status_code == 404
    assert request.reference in said(browser.get(page("registers")))


def test_the_officer_answers_and_decides_on_one_page(cast, sign_in):
    request = story.asked(cast)
    browser, url = sign_in("yen"), page("rights_request", request)
    assert browser.post(url, {"step": "dance"}).status_code == 404
    assert browser.post(url, {"step": "answer", "answer": ""}).status_code == 422
    assert browser.post(url, {"step": "answer", "answer": "Đã nhận"}).status_code == 302
    assert browser.post(url, {"step": "answer", "answer": "Đã nhận"}).status_code == 409
    wrong = browser.post(url, {"step": "decide", "outcome": "refused", "findings": "Vì luật"})
    assert wrong.status_code == 422 and "Vì luật" in said(wrong)
    decide = {"step": "decide", "outcome": "granted", "findings": "Đúng là chị"}
    assert browser.post(url, decide).status_code == 302
    worker = sign_in("hanh")
    assert worker.post(url, {"step": "decide", "outcome": "granted"}).status_code in (403, 422)
    assert worker.get(page("her_file", request.case)).status_code == 200
    assert worker.post(url, {"step": "done"}).status_code == 302
    assert RightsRequest.objects.get().state == "done"


def test_her_file_names_what_is_kept_and_not_opened(cast, sign_in):
    case = make.referral_sent(cast) and make.Case.objects.get()
    shown = said(sign_in("hanh").get(page("her_file", case)))
    assert make.ALIAS in shown and cast.organisations["station"].name in shown
    assert cast.organisations["office"].name in shown


def test_a_restricted_file_says_so_and_shows_nothing(cast, sign_in):
    request = story.decided(cast, "restrict")
    browser = sign_in("hanh")
    shown = browser.get(page("case", request.case))
    assert shown.status_code == 200 and make.ALIAS not in said(shown)
    assert "govuk-warning-text" in said(shown)
    assert browser.get(page("refer", request.case)).status_code == 403
    officer = sign_in("yen")
    lift = {"step": "lift", "because": "Chị muốn đi tiếp"}
    assert officer.post(page("rights_request", request), lift).status_code == 302
    assert make.ALIAS in said(browser.get(page("case", request.case)))


def test_correcting_on_its_page(cast, sign_in):
    request = story.decided(cast, "correct")
    browser, url = sign_in("hanh"), page("rights_correct", request)
    assert browser.get(url).status_code == 200
    typed = {"field": "alias", "value": "Nắng", "because": "Tên cũ làm lộ"}
    wrong = browser.post(url, {**typed, "because": ""})
    assert wrong.status_code == 422 and "Nắng" in said(wrong)
    assert browser.post(url, typed).status_code == 302
    assert "Nắng" in said(browser.get(page("case", request.case)))


def test_the_copy_is_made_fetched_and_deleted_at_the_desk(cast, sign_in):
    request = story.agreed(cast)
    browser, url = sign_in("hanh"), page("rights_copy", request)
    assert browser.get(url).status_code == 200
    for typed in (
        {"passphrase": "short", "again": "short"},
        {"passphrase": story.PASSPHRASE, "again": "another one of it"},
    ):
        wrong = browser.post(url, typed)
        assert wrong.status_code == 422 and typed["passphrase"] not in said(wrong)
    both = {"passphrase": story.PASSPHRASE, "again": story.PASSPHRASE}
    assert browser.post(url, both).status_code == 302
    assert browser.post(url, both).status_code == 409
    file = browser.get(page("rights_copy_file", request))
    assert file.status_code == 200 and file.content.startswith(b"%PDF")
    assert request.reference in file["Content-Disposition"]
    assert "no-store" in file["Cache-Control"]
    here = page("rights_request", request)
    assert browser.post(here, {"step": "drop"}).status_code == 302
    assert browser.get(page("rights_copy_file", request)).status_code == 409
    assert ClientCopy.objects.get().dropped_at


def test_a_passphrase_is_never_kept_when_the_session_ended(cast, sign_in):
    request = story.agreed(cast)
    browser, url = sign_in("hanh"), page("rights_copy", request)
    browser.session.flush()
    both = {"passphrase": story.PASSPHRASE, "again": story.PASSPHRASE}
    answer = browser.post(url, both)
    assert answer.status_code in (302, 401) and not KeptText.objects.exists()
    assert story.PASSPHRASE not in answer.content.decode()


def test_somebody_asks_for_data(cast, sign_in):
    browser, url = sign_in("lan"), page("authority_new")
    assert browser.get(page("report")).status_code == 200
    first = said(browser.get(url))
    assert "91/2025/QH15" in first
    typed = {"kind": "police", "paper": "letter", "words": "Công văn số 3", **day()}
    wrong = browser.post(url, {**typed, "paper": ""})
    assert wrong.status_code == 422 and "Công văn số 3" in said(wrong)
    sent = browser.post(url, typed)
    request = AuthorityRequest.objects.get()
    assert sent["Location"] == page("authority_request", request)
    confirmation = said(browser.get(sent["Location"]))
    assert request.reference in confirmation and "Công văn số 3" not in confirmation
    assert browser.post(sent["Location"], {"step": "propose"}).status_code == 404
    officer = sign_in("yen")
    assert "Công văn số 3" in said(officer.get(sent["Location"]))
    propose = {"step": "propose", "decision": "refuse", "legal_basis": "Luật 91/2025/QH15"}
    assert officer.post(sent["Location"], {**propose, "legal_basis": ""}).status_code == 422
    assert officer.post(sent["Location"], propose).status_code == 302
    second = sign_in(AuthorityRequest.objects.get().second.username)
    agree = {"step": "second", "agree": "yes", "words": "Đồng ý"}
    assert second.post(sent["Location"], agree).status_code == 302
    reply = {"step": "reply", "how": "Công văn trả lời số 7"}
    assert officer.post(sent["Location"], reply).status_code == 302
    assert AuthorityRequest.objects.get().state == "answered"


def test_a_breach_from_report_to_lessons(cast, sign_in):
    browser, url = sign_in("thu"), page("breach_new")
    typed = {"what": "Mất sổ tay ở chợ", "hour": "0", **day("discovered_on")}
    wrong = browser.post(url, {**typed, "hour": "25"})
    assert wrong.status_code == 422 and "Mất sổ tay ở chợ" in said(wrong)
    sent = browser.post(url, typed)
    breach = Breach.objects.get()
    assert sent["Location"] == page("breach", breach)
    assert "Mất sổ tay" not in said(browser.get(sent["Location"]))
    assert browser.get(page("breach_notice", breach)).status_code == 404
    assert browser.post(sent["Location"], {"step": "learn", "lessons": "x"}).status_code == 404
    officer, here = sign_in("yen"), sent["Location"]
    assert "Mất sổ tay" in said(officer.get(here))
    known = {
        "step": "assess",
        "compartments": ["contact"],
        "people": "4",
        "consequences": "Có thể bị gọi",
        "measures": "Đổi từ khóa",
    }
    assert officer.post(here, {**known, "measures": ""}).status_code == 422
    assert officer.post(here, known).status_code == 302
    notice = said(officer.get(page("breach_notice", breach)))
    assert "Mất sổ tay" in notice and "Đổi từ khóa" in notice and "356/2025" in notice
    told = {"step": "notify", "needed": "yes", "whom": "Cơ quan chuyên trách"}
    assert officer.post(here, told).status_code == 302
    assert officer.post(here, {"step": "learn", "lessons": "Không dùng sổ"}).status_code == 302
    assert Breach.objects.get().state == "closed"


def test_the_books_cost_the_same_however_long(cast, sign_in, django_assert_max_num_queries):
    for kind in ("view", "delete", "complaint"):
        story.asked(cast, kind)
    story.leaked(cast)
    story.letter(cast)
    browser = sign_in("yen")
    browser.get(page("registers"))
    with django_assert_max_num_queries(9):
        assert browser.get(page("registers")).status_code == 200


def test_what_was_copied_out_of_a_restricted_file_is_shut_with_it(cast, sign_in):
    """The slip as its sender sees it, and the summary of a transfer that waits."""
    case = make.case_in_support(cast)
    slip = make.referral_sent(cast, case)
    moving = actions.request_transfer(
        actor=cast.hanh,
        case=make.fresh(case),
        to_team=cast.teams["other_office"],
        summary="Chị ấy về quê ngoại",
        method="verbal",
    )
    pages = [
        reverse("case_referral", args=[slip.uuid]),
        reverse("case_referral_seen", args=[slip.uuid]),
        reverse("transfer", args=[moving.uuid]),
    ]
    told = (make.ALIAS, make.PHONE, "Chị ấy về quê ngoại")

    def words(name):
        answers = [sign_in(name).get(page) for page in pages]
        assert {answer.status_code for answer in answers} == {200}
        return [any(word in answer.content.decode() for word in told) for answer in answers]

    assert words("hanh") == words("bich") == [True, True, True]
    Case.objects.filter(pk=case.pk).update(restricted_at=timezone.now())
    assert words("hanh") == words("bich") == [False, False, False]
