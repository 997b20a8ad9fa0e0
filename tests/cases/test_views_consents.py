"""Every answer in one list, and the way to take it back."""

import pytest
from django.urls import reverse

from cases import actions
from cases.models import Case, Consent, Screening, Transfer
from privacy import access, keys
from privacy.fields import LOCKED
from tests.cases.world import case_in_support, consent_for, new_case, open_everything, sent_slip
from workflow import engine

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


@pytest.fixture
def case(cast):
    return case_in_support(cast)


def test_anonymous_is_asked_to_sign_in(cast, case, client):
    consent = consent_for(cast, case)
    for url in (
        reverse("consents", args=[case.uuid]),
        reverse("consent_withdraw", args=[consent.uuid]),
    ):
        assert client.get(url).status_code == 302


@pytest.mark.parametrize("who", ["lan", "tam", "kien", "loan", "van", "an", "yen"])
def test_nobody_else_finds_anything(cast, case, sign_in, who):
    consent = consent_for(cast, case)
    browser = sign_in(who)
    assert browser.get(reverse("consents", args=[case.uuid])).status_code == 404
    url = reverse("consent_withdraw", args=[consent.uuid])
    assert browser.get(url).status_code == 404
    assert browser.post(url, {"method": "verbal"}).status_code == 404
    assert not hasattr(Consent.objects.get(pk=consent.pk), "end")


def test_an_absent_consent_looks_like_a_forbidden_one(cast, case, sign_in):
    url = reverse("consent_withdraw", args=["00000000-0000-4000-8000-000000000000"])
    assert sign_in("hanh").get(url).status_code == 404


def test_the_list_shows_every_answer_with_its_standing(cast, case, sign_in):
    consent = consent_for(cast, case)
    actions.withdraw(actor=cast.hanh, consent=consent, method="verbal")
    consent_for(cast, case, fields=["identity.alias"])
    response = sign_in("hanh").get(reverse("consents", args=[case.uuid]))
    live = {row.purpose for row in response.context["live"]}
    past = [row.standing for row in response.context["past"]]
    assert len(live) == 2 and past == ["withdrawn", "refused"]
    page = response.content.decode()
    assert cast.organisations["station"].name in page
    assert [row.fields for row in response.context["live"]][0]


def test_the_list_takes_the_same_queries_however_long(
    cast, case, sign_in, django_assert_max_num_queries
):
    browser = sign_in("hanh")
    url = reverse("consents", args=[case.uuid])
    consent_for(cast, case)
    browser.get(url)
    for _ in range(6):
        consent_for(cast, case, fields=["identity.alias"])
    with django_assert_max_num_queries(18):
        browser.get(url)


def test_how_she_told_it_is_needed(cast, case, sign_in):
    consent = consent_for(cast, case)
    url = reverse("consent_withdraw", args=[consent.uuid])
    browser = sign_in("hanh")
    assert browser.get(url).status_code == 200
    assert browser.post(url, {}).status_code == 422
    assert browser.post(url, {"method": "shouted"}).status_code == 422


def test_the_recipient_loses_sight_with_the_next_request(cast, case, sign_in):
    link = sent_slip(cast, case)
    nurse = sign_in("lan")
    theirs = reverse("referral", args=[link.referral.uuid])
    assert nurse.get(theirs).status_code == 200
    url = reverse("consent_withdraw", args=[link.consent.uuid])
    browser = sign_in("hanh")
    assert link.referral.reference in browser.get(url).content.decode()
    response = browser.post(url, {"method": "verbal"})
    assert response["Location"] == reverse("consents", args=[case.uuid])
    assert nurse.get(theirs).status_code == 404
    assert not access.can(cast.lan, link.referral)
    assert browser.get(url).status_code == 409
    assert browser.post(url, {"method": "verbal"}).status_code == 409


def test_the_supervisor_may_record_it_too(cast, case, sign_in):
    consent = consent_for(cast, case)
    url = reverse("consent_withdraw", args=[consent.uuid])
    assert sign_in("bich").post(url, {"method": "verbal"}).status_code == 302


def test_taking_back_the_file_ends_everything(cast, case, sign_in):
    link = sent_slip(cast, case)
    consent = Consent.objects.get(case=case, purpose="file")
    url = reverse("consent_withdraw", args=[consent.uuid])
    browser = sign_in("hanh")
    page = browser.get(url)
    assert page.context["is_file"] and link.referral.reference in page.content.decode()
    assert browser.post(url, {"method": "signature"}).status_code == 302
    case.refresh_from_db()
    assert case.state == "closed" and not access.can(cast.lan, link.referral)
    assert not Consent.objects.filter(case=case, given=True, end__isnull=True).exists()


def answers_of(cast, case):
    with keys.fresh_ring():
        open_everything(cast.hanh, case)
        kept = Screening.objects.get(case=case).answers
        assert kept is not LOCKED
        return kept


def test_taking_back_the_single_answers_destroys_them(cast, sign_in):
    case = case_in_support(cast, keep_answers=True)
    assert answers_of(cast, case)
    consent = Consent.objects.get(case=case, purpose="keep_answers")
    url = reverse("consent_withdraw", args=[consent.uuid])
    browser = sign_in("hanh")
    assert browser.get(url).context["is_answers"]
    assert browser.post(url, {"method": "verbal"}).status_code == 302
    assert not answers_of(cast, case)


def test_before_the_plan_is_approved_they_stay_at_work(cast):
    case = new_case(cast, keep_answers=True)
    with keys.fresh_ring():
        open_everything(cast.hanh, case)
        actions.save_answers(actor=cast.hanh, case=case, answers={"C5": "yes"})
    consent = Consent.objects.get(case=case, purpose="keep_answers")
    actions.withdraw(actor=cast.hanh, consent=consent, method="verbal")
    assert answers_of(cast, case)


def test_taking_back_a_transfer_ends_it(cast, case, sign_in):
    transfer = actions.request_transfer(
        actor=cast.hanh,
        case=case,
        to_team=cast.teams["other_office"],
        summary="Chuyển về quê",
        method="verbal",
    )
    actions.release_transfer(actor=cast.bich, transfer=transfer)
    assert access.can(cast.loan, transfer)
    consent = Consent.objects.get(case=case, purpose="transfer")
    url = reverse("consent_withdraw", args=[consent.uuid])
    browser = sign_in("hanh")
    assert browser.get(url).context["is_transfer"]
    assert browser.post(url, {"method": "verbal"}).status_code == 302
    transfer = Transfer.objects.get()
    assert transfer.state == "refused" and engine.waiting_steps(transfer) == []
    assert sign_in("loan").get(reverse("transfer", args=[transfer.uuid])).status_code == 404
    assert Case.objects.get(pk=case.pk).state == "support"
