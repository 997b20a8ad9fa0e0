"""Review, closure with approval, reopening."""

import pytest
from django.urls import reverse

from cases import actions
from cases.models import Case, Closure, Transfer
from privacy import access
from referrals.models import Referral
from tests.cases.world import case_in_support, new_case, sent_slip

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])

PAGES = ("review", "closure", "closure_approval", "reopen")


@pytest.fixture
def case(cast):
    return case_in_support(cast)


def state(case):
    return Case.objects.get(pk=case.pk).state


def test_anonymous_is_asked_to_sign_in(case, client):
    for name in PAGES:
        assert client.get(reverse(name, args=[case.uuid])).status_code == 302


@pytest.mark.parametrize("who", ["tam", "lan", "kien", "loan", "an", "yen"])
def test_nobody_else_finds_it(case, sign_in, who):
    browser = sign_in(who)
    for name in PAGES:
        assert browser.get(reverse(name, args=[case.uuid])).status_code == 404
        assert browser.post(reverse(name, args=[case.uuid]), {}).status_code == 404


def test_the_wrong_role_is_told_why(case, sign_in):
    worker, supervisor = sign_in("hanh"), sign_in("bich")
    assert worker.get(reverse("closure_approval", args=[case.uuid])).status_code == 403
    for name in ("review", "closure", "reopen"):
        assert supervisor.get(reverse(name, args=[case.uuid])).status_code == 403


def test_each_page_only_where_it_belongs(cast, sign_in):
    case = new_case(cast)
    worker = sign_in("hanh")
    for name in ("review", "closure", "reopen"):
        assert worker.get(reverse(name, args=[case.uuid])).status_code == 409
    assert sign_in("bich").get(reverse("closure_approval", args=[case.uuid])).status_code == 409
    answers = {"decision": "continue", "reason": "client_wish"}
    for name in ("review", "closure", "reopen"):
        assert worker.post(reverse(name, args=[case.uuid]), answers).status_code == 409


def test_review_goes_on(case, sign_in):
    url = reverse("review", args=[case.uuid])
    browser = sign_in("hanh")
    page = browser.get(url)
    assert page.status_code == 200 and "Học may" in page.content.decode()
    assert browser.post(url, {"decision": "perhaps"}).status_code == 422
    response = browser.post(url, {"decision": "continue"})
    assert response["Location"] == reverse("case", args=[case.uuid]) and state(case) == "support"


def test_review_renews(case, sign_in):
    url = reverse("review", args=[case.uuid])
    browser = sign_in("hanh")
    assert 'value="renew" checked' in browser.get(f"{url}?renew=1").content.decode()
    response = browser.post(url, {"decision": "renew"})
    assert response["Location"] == reverse("plan", args=[case.uuid]) and state(case) == "planning"


def test_closure_needs_a_reason_of_the_list(case, sign_in):
    url = reverse("closure", args=[case.uuid])
    browser = sign_in("hanh")
    for reason in ("", "relapse", "consent_withdrawn"):
        response = browser.post(url, {"reason": reason, "note_text": "Đã nói chuyện kỹ"})
        assert response.status_code == 422 and "Đã nói chuyện kỹ" in response.content.decode()
    assert not Closure.objects.exists()


def test_closure_from_request_to_reopening(cast, case, sign_in):
    link = sent_slip(cast, case)
    worker, supervisor = sign_in("hanh"), sign_in("bich")
    asked = worker.post(
        reverse("closure", args=[case.uuid]),
        {"reason": "client_wish", "note_text": "Theo mong muốn"},
    )
    assert asked.status_code == 302 and state(case) == "closing"
    url = reverse("closure_approval", args=[case.uuid])
    page = supervisor.get(url).content.decode()
    assert "Theo mong muốn" in page and link.referral.reference in page
    assert supervisor.post(url, {"decision": "return", "because": ""}).status_code == 422
    assert supervisor.post(url, {}).status_code == 422
    assert state(case) == "closing"
    assert supervisor.post(url, {"decision": "approve"}).status_code == 302
    assert state(case) == "closed" and Referral.objects.get().state == "cancelled"
    assert not access.can(cast.lan, link.referral)
    assert supervisor.post(url, {"decision": "approve"}).status_code == 409

    url = reverse("reopen", args=[case.uuid])
    assert worker.get(url).status_code == 200
    assert worker.post(url).status_code == 302 and state(case) == "engagement"
    assert worker.post(url).status_code == 409


def test_returned_it_goes_on(cast, case, sign_in):
    actions.request_closure(actor=cast.hanh, case=case, reason="moved")
    url = reverse("closure_approval", args=[case.uuid])
    response = sign_in("bich").post(url, {"decision": "return", "because": "Hỏi lại lần nữa"})
    assert response.status_code == 302 and state(case) == "support"


def test_never_her_own_case(cast, case, sign_in):
    """Bích supervises the team; of a case whose worker she is she decides nothing."""
    Case.objects.filter(pk=case.pk).update(worker=cast.user("bich"), state="closing")
    browser = sign_in("bich")
    for name in ("closure_approval", "assign"):
        url = reverse(name, args=[case.uuid])
        assert browser.get(url).status_code == 403
        assert browser.post(url, {"decision": "approve"}).status_code == 403


def test_a_transfer_under_way_ends_with_the_case(cast, case, sign_in):
    actions.request_transfer(
        actor=cast.hanh,
        case=case,
        to_team=cast.teams["other_office"],
        summary="Chuyển về quê",
        method="verbal",
    )
    actions.request_closure(actor=cast.hanh, case=case, reason="client_wish")
    url = reverse("closure_approval", args=[case.uuid])
    assert sign_in("bich").post(url, {"decision": "approve"}).status_code == 302
    assert Transfer.objects.get().state == "refused"
