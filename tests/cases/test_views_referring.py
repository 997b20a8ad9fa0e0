"""The sender's pages of a referral: choose, ask, write, look, send, follow."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from cases import actions
from cases.models import Case, CaseReferral, Consent
from privacy import access, keys
from privacy.compartments import Compartment as C
from privacy.models import Membership
from referrals import actions as referrals
from referrals.models import Referral
from services.models import ServiceOffer, ServiceType
from tests.cases.world import case_in_support, consent_for, open_everything, sent_slip
from workflow import relay, timers

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


@pytest.fixture
def case(cast):
    return case_in_support(cast)


def offer_of(cast, code, who="station"):
    return ServiceOffer.objects.get(organisation=cast.organisations[who], service_type__code=code)


def answer(**changed):
    return {
        "given": "yes",
        "fields_shared": ["identity.alias", "health.concern"],
        "method": "verbal",
        "given_by": "client",
        **changed,
    }


# -- who gets in


def pages(case, cast):
    consent = consent_for(cast, case)
    link = sent_slip(cast, case)
    return [
        reverse("refer", args=[case.uuid]),
        reverse("refer_consent", args=[case.uuid, offer_of(cast, "H-STI").uuid]),
        reverse("refer_slip", args=[consent.uuid]),
        *(
            reverse(name, args=[link.referral.uuid])
            for name in (
                "case_referral",
                "case_referral_check",
                "case_referral_sent",
                "case_referral_discard",
                "case_referral_cancel",
                "case_referral_contacted",
                "case_referral_chased",
                "case_referral_settle",
                "case_referral_send_back",
                "case_referral_confirm",
            )
        ),
    ]


def test_anonymous_is_asked_to_sign_in(cast, case, client):
    for page in pages(case, cast):
        response = client.get(page)
        assert response.status_code == 302 and response["Location"].startswith("/sign-in/"), page


@pytest.mark.parametrize("who", ["lan", "stranger", "kien", "loan", "tam", "quy", "an", "yen"])
def test_nobody_else_finds_anything(cast, case, sign_in, who):
    browser = sign_in(who)
    for page in pages(case, cast):
        assert browser.get(page).status_code == 404, page
        assert browser.post(page, {}).status_code in (404, 405), page


def test_the_supervisor_reads_the_slip_but_does_not_write_one(cast, case, sign_in):
    browser = sign_in("bich")
    link = sent_slip(cast, case)
    assert browser.get(reverse("case_referral", args=[link.referral.uuid])).status_code == 200
    assert browser.get(reverse("refer", args=[case.uuid])).status_code == 403


# -- choosing


def test_goals_come_first_and_say_why(cast, case, sign_in):
    page = sign_in("hanh").get(reverse("refer", args=[case.uuid])).content.decode()
    other = ServiceType.objects.get(code="T-TIP").name_vi
    assert page.index("Học may") < page.index(other) and "H-STI" not in page


def test_a_service_code_is_never_in_an_address(cast, case, sign_in):
    page = sign_in("hanh").get(reverse("refer", args=[case.uuid])).content.decode()
    codes = ServiceType.objects.values_list("code", flat=True)
    assert not [code for code in codes if f"={code}" in page]


def test_providers_show_capacity_and_full_ones_cannot_be_chosen(cast, case, sign_in):
    offer = offer_of(cast, "H-STI")
    ServiceOffer.objects.filter(pk=offer.pk).update(capacity="full")
    address = reverse("refer", args=[case.uuid])
    url = f"{address}?service={offer.service_type.uuid}"
    page = sign_in("hanh").get(url).content.decode()
    assert offer.organisation.name in page
    assert reverse("refer_consent", args=[case.uuid, offer.uuid]) not in page


def test_everywhere_shows_the_other_commune_too(cast, case, sign_in):
    service = ServiceType.objects.get(code="H-STI")
    browser = sign_in("hanh")
    address = reverse("refer", args=[case.uuid])
    here = browser.get(f"{address}?service={service.uuid}").content.decode()
    everywhere = browser.get(f"{address}?service={service.uuid}&everywhere=1").content.decode()
    other = cast.organisations["other_station"].name
    assert other not in here and other in everywhere


def test_a_provider_without_an_account_takes_paper_only(cast, case, sign_in):
    Membership.objects.filter(organisation=cast.organisations["station"]).update(
        ends_on=timezone.localdate() - timedelta(days=1)
    )
    offer = offer_of(cast, "H-STI")
    browser = sign_in("hanh")
    address = reverse("refer", args=[case.uuid])
    page = browser.get(f"{address}?service={offer.service_type.uuid}").content.decode()
    assert reverse("refer_consent", args=[case.uuid, offer.uuid]) not in page
    asked = browser.get(reverse("refer_consent", args=[case.uuid, offer.uuid]))
    assert asked.status_code == 409


def test_choosing_takes_the_same_queries_however_many_providers(
    cast, case, sign_in, django_assert_max_num_queries
):
    service = ServiceType.objects.get(code="H-STI")
    for name in ("union", "school", "legal"):
        ServiceOffer.objects.create(
            organisation=cast.organisations[name], service_type=service, nationwide=True
        )
    browser = sign_in("hanh")
    url = f"{reverse('refer', args=[case.uuid])}?service={service.uuid}"
    browser.get(url)
    with django_assert_max_num_queries(22):
        browser.get(url)


def test_a_closed_case_refers_nobody(cast, case, sign_in):
    Case.objects.filter(pk=case.pk).update(state="closed")
    assert sign_in("hanh").get(reverse("refer", args=[case.uuid])).status_code == 409


# -- consent


def test_nothing_is_ticked_beforehand(cast, case, sign_in):
    url = reverse("refer_consent", args=[case.uuid, offer_of(cast, "H-STI").uuid])
    page = sign_in("hanh").get(url).content.decode()
    assert 'value="health.concern"' in page
    shared = [part for part in page.split("<input") if 'name="fields_shared"' in part]
    assert len(shared) == 7 and not [part for part in shared if " checked" in part]


def test_a_yes_without_a_fact_comes_back_with_what_was_chosen(cast, case, sign_in):
    url = reverse("refer_consent", args=[case.uuid, offer_of(cast, "H-STI").uuid])
    response = sign_in("hanh").post(url, answer(fields_shared=[], method="signature"))
    assert response.status_code == 422 and not Consent.objects.filter(purpose="share").exists()
    assert 'value="signature" checked' in response.content.decode()


def test_a_field_of_another_service_is_refused(cast, case, sign_in):
    url = reverse("refer_consent", args=[case.uuid, offer_of(cast, "H-STI").uuid])
    response = sign_in("hanh").post(url, answer(fields_shared=["legal.matter"]))
    assert response.status_code == 422


def test_a_no_is_kept_and_nothing_can_be_sent(cast, case, sign_in):
    browser = sign_in("hanh")
    url = reverse("refer_consent", args=[case.uuid, offer_of(cast, "H-STI").uuid])
    response = browser.post(url, answer(given="no"))
    consent = Consent.objects.get(purpose="share")
    assert not consent.given and response["Location"] == reverse("refer_slip", args=[consent.uuid])
    assert browser.get(response["Location"]).status_code == 200
    browser.post(response["Location"], {"priority": "soon"})
    assert not Referral.objects.exists()


def test_a_yes_leads_to_the_slip(cast, case, sign_in):
    browser = sign_in("hanh")
    url = reverse("refer_consent", args=[case.uuid, offer_of(cast, "H-STI").uuid])
    response = browser.post(url, answer())
    consent = Consent.objects.get(purpose="share")
    assert consent.given and consent.basis.is_live
    assert response["Location"] == reverse("refer_slip", args=[consent.uuid])


# -- writing, checking, sending


def test_the_slip_asks_only_for_agreed_facts(cast, case, sign_in):
    consent = consent_for(cast, case)
    page = sign_in("hanh").get(reverse("refer_slip", args=[consent.uuid])).content.decode()
    assert 'name="health.concern"' in page and 'name="needs.language"' not in page
    assert 'value="soon" checked' in page


def test_a_wrong_priority_keeps_the_words(cast, case, sign_in):
    consent = consent_for(cast, case)
    response = sign_in("hanh").post(
        reverse("refer_slip", args=[consent.uuid]),
        {"health.concern": "Cần khám sớm", "priority": "now"},
    )
    assert response.status_code == 422 and "Cần khám sớm" in response.content.decode()


def test_without_a_valid_consent_no_slip(cast, case, sign_in):
    consent = consent_for(cast, case)
    actions.withdraw(actor=cast.hanh, consent=consent, method="verbal")
    assert sign_in("hanh").get(reverse("refer_slip", args=[consent.uuid])).status_code == 409


def test_from_draft_to_sent(cast, case, sign_in):
    browser = sign_in("hanh")
    consent = consent_for(cast, case)
    written = browser.post(
        reverse("refer_slip", args=[consent.uuid]),
        {"health.concern": "Cần khám", "priority": "soon"},
    )
    referral = Referral.objects.get()
    assert written["Location"] == reverse("case_referral_check", args=[referral.uuid])
    page = browser.get(written["Location"]).content.decode()
    assert "Cần khám" in page and "Mây" in page and referral.state == "draft"
    assert browser.get(reverse("case_referral_sent", args=[referral.uuid])).status_code == 302

    again = browser.post(
        reverse("refer_slip", args=[consent.uuid]),
        {"health.concern": "Khám định kỳ", "priority": "soon"},
    )
    referral = Referral.objects.get(state="draft")
    assert Referral.objects.filter(state="cancelled").count() == 1
    sent = browser.post(again["Location"])
    assert sent["Location"] == reverse("case_referral_sent", args=[referral.uuid])
    referral.refresh_from_db()
    assert referral.state == "sent"
    assert browser.get(sent["Location"]).status_code == 200
    assert browser.post(again["Location"]).status_code == 409


def test_the_preview_is_what_the_recipient_reads(cast, case, sign_in):
    link = sent_slip(cast, case)
    page = sign_in("hanh").get(reverse("case_referral", args=[link.referral.uuid]))
    referrals.receive(actor=cast.lan, referral=link.referral)
    theirs = sign_in("lan").get(reverse("referral", args=[link.referral.uuid]))
    for words in ("Mây", "Cần khám"):
        assert words in page.content.decode() and words in theirs.content.decode()
    assert case.code not in theirs.content.decode()


def test_discard(cast, case, sign_in):
    browser = sign_in("hanh")
    consent = consent_for(cast, case)
    with keys.fresh_ring():
        open_everything(cast.hanh, case)
        link = actions.prepare_referral(
            actor=cast.hanh,
            case=Case.objects.get(pk=case.pk),
            consent=Consent.objects.get(pk=consent.pk),
            priority="soon",
            written={},
        )
    url = reverse("case_referral_discard", args=[link.referral.uuid])
    assert browser.get(url).status_code == 200
    assert browser.post(url).status_code == 302
    assert Referral.objects.get().state == "cancelled"
    assert browser.post(url).status_code == 409 and browser.get(url).status_code == 409


# -- after it is sent


def test_cancel_needs_a_reason_and_takes_sight_away(cast, case, sign_in):
    link = sent_slip(cast, case)
    browser = sign_in("hanh")
    url = reverse("case_referral_cancel", args=[link.referral.uuid])
    assert browser.get(url).status_code == 200
    assert browser.post(url, {}).status_code == 422
    assert access.can(cast.lan, link.referral)
    assert browser.post(url, {"reason": "client_wish"}).status_code == 302
    assert not access.can(cast.lan, link.referral)
    assert browser.post(url, {"reason": "client_wish"}).status_code == 409


def test_no_show_then_a_new_time(cast, case, sign_in):
    link = sent_slip(cast, case)
    url = reverse("case_referral_contacted", args=[link.referral.uuid])
    browser = sign_in("hanh")
    assert browser.get(url).status_code == 409 and browser.post(url).status_code == 409
    accepted(cast, link)
    referrals.schedule(
        actor=cast.lan, referral=link.referral, at=timezone.now() + timedelta(days=2)
    )
    referrals.record_no_show(actor=cast.lan, referral=link.referral)
    assert browser.get(url).status_code == 200
    assert browser.post(url).status_code == 302


def test_a_late_answer_is_asked_for(cast, case, sign_in):
    link = sent_slip(cast, case)
    url = reverse("case_referral_chased", args=[link.referral.uuid])
    browser = sign_in("hanh")
    assert browser.get(url).status_code == 409
    assert browser.post(url).status_code == 409
    with time_machine.travel(link.referral.answer_by + timedelta(minutes=5), tick=True):
        timers.fire_due()
        browser = sign_in("hanh")
        page = browser.get(reverse("case_referral", args=[link.referral.uuid]))
        assert page.context["buttons"].chased and browser.get(url).status_code == 200
        assert browser.post(url).status_code == 302
        page = browser.get(reverse("case_referral", args=[link.referral.uuid]))
        assert not page.context["buttons"].chased
    accepted(cast, link)
    assert sign_in("hanh").get(url).status_code == 409


def accepted(cast, link):
    referrals.receive(actor=cast.lan, referral=link.referral)
    referrals.accept(actor=cast.lan, referral=link.referral)


def declined(cast, link):
    referrals.receive(actor=cast.lan, referral=link.referral)
    referrals.decline(actor=cast.lan, referral=link.referral, reason="no_capacity")


def test_settle_after_a_refusal(cast, case, sign_in):
    link = sent_slip(cast, case)
    url = reverse("case_referral_settle", args=[link.referral.uuid])
    browser = sign_in("hanh")
    assert browser.get(url).status_code == 409
    declined(cast, link)
    assert browser.get(url).status_code == 200
    assert browser.post(url).status_code == 302
    assert Referral.objects.get().state == "cancelled"


def test_only_the_supervisor_sends_back(cast, case, sign_in):
    link = sent_slip(cast, case)
    declined(cast, link)
    url = reverse("case_referral_send_back", args=[link.referral.uuid])
    assert sign_in("hanh").post(url, {"text": "Xem lại giúp"}).status_code == 403
    browser = sign_in("bich")
    assert browser.get(url).status_code == 200
    assert browser.post(url, {"text": ""}).status_code == 422
    assert browser.post(url, {"text": "Xem lại giúp"}).status_code == 302
    assert Referral.objects.get().state == "received"


def completed(cast, link, outcome="attended"):
    accepted(cast, link)
    referrals.begin_service(actor=cast.lan, referral=link.referral)
    referrals.add_entry(
        actor=cast.lan, referral=link.referral, kind="visit", text="Kết quả riêng của trạm"
    )
    referrals.complete(actor=cast.lan, referral=link.referral, outcome=outcome, outcomes=[outcome])


def test_the_client_says_how_it_went(cast, case, sign_in):
    link = sent_slip(cast, case)
    url = reverse("case_referral_confirm", args=[link.referral.uuid])
    browser = sign_in("hanh")
    assert browser.get(url).status_code == 409
    completed(cast, link)
    assert browser.get(url).status_code == 200
    wrong = browser.post(url, {"helped": "very", "words": "Được đón tiếp tử tế"})
    assert wrong.status_code == 422 and "Được đón tiếp tử tế" in wrong.content.decode()
    right = {"helped": "partly", "respected": "prefer_not_say", "words": "Được đón tiếp tử tế"}
    assert browser.post(url, right).status_code == 302
    page = browser.get(reverse("case_referral", args=[link.referral.uuid])).content.decode()
    assert "Được đón tiếp tử tế" in page


def test_a_health_result_never_shows(cast, case, sign_in):
    """Two outcomes, two entries: the sender's page says the same words."""
    said = []
    for outcome in ("attended", "attended_next"):
        link = sent_slip(cast, case)
        completed(cast, link, outcome)
        page = sign_in("hanh").get(reverse("case_referral", args=[link.referral.uuid]))
        slip = page.context["slip"]
        said.append([slip.outcome, slip.reason, slip.message])
        text = page.content.decode()
        assert slip.outcome in text and "Kết quả riêng của trạm" not in text
    assert said[0] == said[1]


def test_a_withdrawn_slip_shows_nothing_of_it(cast, case, sign_in):
    link = sent_slip(cast, case)
    browser, nurse = sign_in("hanh"), sign_in("lan")
    theirs = reverse("referral", args=[link.referral.uuid])
    assert nurse.get(theirs).status_code == 200
    actions.withdraw(actor=cast.hanh, consent=link.consent, method="verbal")
    assert nurse.get(theirs).status_code == 404
    mine = browser.get(reverse("case_referral", args=[link.referral.uuid])).content.decode()
    assert "Cần khám" not in mine
    relay.drain()
    with keys.fresh_ring():
        access.open_keys(cast.hanh, [link.referral], [C.PACKET], purpose="test")
        assert not Referral.objects.get().packet
    assert browser.get(reverse("case_referral", args=[link.referral.uuid])).status_code == 200


def test_the_slip_keeps_its_goal(cast, case, sign_in):
    consent = consent_for(cast, case)
    browser = sign_in("hanh")
    page = browser.get(reverse("refer_slip", args=[consent.uuid])).content.decode()
    assert 'name="goal"' in page
    with keys.fresh_ring():
        open_everything(cast.hanh, case)
        from cases.selectors.referring import current_goals

        goal = current_goals(case)[0]
    browser.post(
        reverse("refer_slip", args=[consent.uuid]),
        {"health.concern": "", "priority": "soon", "goal": str(goal.uuid)},
    )
    assert CaseReferral.objects.get().goal == goal
