"""To another worker of the team, or to the office of another commune."""

import uuid

import pytest
from django.urls import reverse

from cases import actions
from cases.models import Case, Transfer
from privacy import access
from privacy.models import SentForm
from services.models import AdminUnit
from services.selectors import search_key
from tests.cases.world import case_in_support, sent_slip

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


@pytest.fixture
def case(cast):
    return case_in_support(cast)


@pytest.fixture
def transfer(cast, case):
    return actions.request_transfer(
        actor=cast.hanh,
        case=case,
        to_team=cast.teams["other_office"],
        summary="Chuyển về quê, muốn học may tiếp",
        method="verbal",
    )


def page(name, record):
    return reverse(name, args=[record.uuid])


def test_anonymous_is_asked_to_sign_in(case, transfer, client):
    for url in (page("assign", case), page("transfer_request", case), page("transfer", transfer)):
        assert client.get(url).status_code == 302


@pytest.mark.parametrize("who", ["tam", "lan", "kien", "loan", "an"])
def test_nobody_else_finds_it(case, transfer, sign_in, who):
    browser = sign_in(who)
    for url in (page("assign", case), page("transfer_request", case), page("transfer", transfer)):
        assert browser.get(url).status_code == 404
        assert browser.post(url, {"step": "release"}).status_code == 404


# -- assign


def test_a_worker_does_not_assign(case, sign_in):
    assert sign_in("hanh").get(page("assign", case)).status_code == 403


def test_assign_takes_a_worker_of_the_team(cast, case, sign_in):
    browser = sign_in("bich")
    assert browser.get(page("assign", case)).status_code == 200
    for worker in ("", str(cast.user("kien").uuid), str(cast.user("hanh").uuid)):
        assert browser.post(page("assign", case), {"worker": worker}).status_code == 422
    link = sent_slip(cast, case)
    answer = {"worker": str(cast.user("tam").uuid)}
    assert browser.post(page("assign", case), answer).status_code == 302
    case = Case.objects.get(pk=case.pk)
    assert case.worker == cast.user("tam")
    assert not access.can(cast.hanh, case) and access.can(cast.tam, case)
    slip = page("case_referral", link.referral)
    assert sign_in("hanh").get(slip).status_code == 404
    assert sign_in("tam").get(slip).status_code == 200


# -- asking for a transfer


def test_the_office_is_found_by_its_place(cast, case, sign_in):
    for unit in AdminUnit.objects.select_related("parent"):
        unit.search_key = search_key(unit.name, unit.parent.name if unit.parent else "")
        unit.save()
    browser = sign_in("hanh")
    url = page("transfer_request", case)
    name = cast.organisations["other_office"].name
    assert name in browser.get(url).content.decode()
    assert name in browser.get(f"{url}?q=cam thuy").content.decode()
    assert name in browser.get(f"{url}?q=thanh hoa").content.decode()
    assert name not in browser.get(f"{url}?q=duy tien").content.decode()
    own = cast.teams["office"].uuid
    assert f"?to={own}" not in browser.get(url).content.decode()


def words(**changed):
    return {"summary": "Chuyển về quê", "method": "verbal", "step": "check", **changed}


def test_the_words_are_looked_at_before_they_go(cast, case, sign_in):
    browser = sign_in("hanh")
    url = f"{page('transfer_request', case)}?to={cast.teams['other_office'].uuid}"
    assert browser.get(url).status_code == 200
    wrong = browser.post(url, words(method=""))
    assert wrong.status_code == 422 and "Chuyển về quê" in wrong.content.decode()
    token = str(uuid.uuid4())
    look = browser.post(url, words(once=token))
    assert look.status_code == 200 and "Chuyển về quê" in look.content.decode()
    assert not Transfer.objects.exists() and not SentForm.objects.filter(pk=token).exists()
    back = browser.post(url, words(step="edit"))
    assert back.status_code == 200 and "Chuyển về quê" in back.content.decode()
    sent = browser.post(url, words(step="send"))
    assert sent["Location"] == page("transfer", Transfer.objects.get())
    assert browser.get(page("transfer_request", case)).status_code == 302
    assert browser.post(url, words(step="send")).status_code == 409


def test_an_office_that_does_not_take_cases(cast, case, sign_in):
    url = f"{page('transfer_request', case)}?to={cast.teams['station'].uuid}"
    assert sign_in("hanh").post(url, words(step="send")).status_code == 409
    Case.objects.filter(pk=case.pk).update(state="closed")
    assert sign_in("hanh").get(url).status_code == 409


# -- releasing and accepting


def test_the_worker_only_looks(transfer, sign_in):
    browser = sign_in("hanh")
    assert browser.get(page("transfer", transfer)).status_code == 200
    for step in ("release", "refuse"):
        assert browser.post(page("transfer", transfer), {"step": step}).status_code == 403
    assert browser.post(page("transfer", transfer), {"step": "dance"}).status_code == 404


def test_never_her_own_case(cast, transfer, sign_in):
    Transfer.objects.update(requested_by=cast.user("bich"))
    browser = sign_in("bich")
    shown = browser.get(page("transfer", transfer))
    assert shown.context["sides"].own_case and not shown.context["sides"].may_release
    assert browser.post(page("transfer", transfer), {"step": "release"}).status_code == 403


def test_refused_here_it_stays_here(cast, transfer, sign_in):
    response = sign_in("bich").post(page("transfer", transfer), {"step": "refuse"})
    assert response["Location"] == page("transfer", transfer)
    assert Transfer.objects.get().state == "refused"
    assert not access.can(cast.loan, transfer)


def test_released_accepted_and_named(cast, case, transfer, sign_in):
    ours, theirs = sign_in("bich"), sign_in("loan")
    url = page("transfer", transfer)
    assert theirs.get(url).status_code == 404
    assert ours.post(url, {"step": "release"}).status_code == 302
    assert ours.post(url, {"step": "release"}).status_code == 409
    shown = theirs.get(url).content.decode()
    assert "muốn học may tiếp" in shown and "Mây" not in shown and case.code not in shown
    assert theirs.get(page("case", case)).status_code == 404
    assert theirs.post(url, {"step": "accept"}).status_code == 422
    hanh = {"step": "accept", "worker": str(cast.user("hanh").uuid)}
    assert theirs.post(url, hanh).status_code == 422
    kien = {"step": "accept", "worker": str(cast.user("kien").uuid)}
    assert theirs.post(url, kien).status_code == 302
    case = Case.objects.get(pk=case.pk)
    assert case.worker == cast.user("kien") and access.can(cast.kien, case)
    assert access.can(cast.loan, case)
    assert theirs.post(url, kien).status_code == 409
    assert theirs.get(url).status_code == 200


def test_refused_there_they_lose_sight(cast, transfer, sign_in):
    actions.release_transfer(actor=cast.bich, transfer=transfer)
    browser = sign_in("loan")
    response = browser.post(page("transfer", transfer), {"step": "refuse"})
    assert response["Location"] == reverse("worklist")
    assert browser.get(page("transfer", transfer)).status_code == 404
