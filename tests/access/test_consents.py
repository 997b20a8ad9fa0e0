"""Consent governs: its words are kept as they were said, nothing is ticked, what runs out is asked
again in time, and taking it back wins or is told."""

import hashlib
import json
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone, translation

from cases import actions
from cases.flows import ASKED_BEFORE
from cases.forms.consents import RenewForm, WithdrawForm
from cases.forms.intake import ConsentForm
from cases.forms.referring import SharingForm
from cases.models import Consent, Purpose
from privacy import access
from privacy.errors import AlreadyDone, Forbidden, NotFound, WrongState
from referrals import actions as slips
from referrals import selectors as received
from services import wordings
from services.models import RuleSet, ServiceOffer
from tests import factories as f
from workflow import engine, timers
from workflow.models import WorkItem

FIELDS = ["identity.alias", "contact.safe_contact"]


def soon(days=40):
    return timezone.now() + timedelta(days=days)


# -- the words


@pytest.mark.parametrize("purpose", Purpose.values)
def test_every_purpose_has_its_words_in_both_languages(db, purpose):
    words = wordings.wording(purpose)
    assert words.paragraphs and all(item.vi and item.en for item in words.paragraphs)
    raw = [purpose, words.version, [[item.vi, item.en] for item in words.paragraphs]]
    text = json.dumps(raw, ensure_ascii=False).encode()
    assert words.digest == hashlib.sha256(text).hexdigest()


def test_an_answer_keeps_the_words_it_was_asked_in(cast):
    with translation.override("vi"):
        consent = f.consent_given(cast, fields=FIELDS, witness="Chị Hoa")
    words = wordings.wording("share")
    assert (consent.wording, consent.wording_hash) == (words.version, words.digest)
    assert consent.wording_language == "vi"
    for row in Consent.objects.all():
        assert row.wording_hash == wordings.wording(row.purpose).digest


def new_version():
    old = RuleSet.objects.get(kind="consent_wording")
    payload = json.loads(json.dumps(old.payload))
    payload["purposes"]["share"] = [{"vi": "Lời mới {recipient}", "en": "New words {recipient}"}]
    return RuleSet.objects.create(
        kind="consent_wording",
        version="w2026.1",
        valid_from=timezone.localdate(),
        payload=payload,
        source="test",
    )


def test_an_old_version_stays_readable(cast, sign_in):
    consent = f.consent_given(cast, fields=FIELDS)
    new_version()
    browser = sign_in("hanh")
    shown = browser.get(f"/cases/{consent.case.uuid}/consents/").content.decode()
    assert "We would like to send a slip" in shown or "Chúng tôi muốn gửi phiếu" in shown
    assert "changed since" not in shown
    later = f.consent_given(cast, consent.case, fields=FIELDS)
    assert later.wording == "w2026.1" and later.version == consent.version + 1


def test_words_changed_behind_its_back_are_noticed(cast, sign_in):
    consent = f.consent_given(cast, fields=FIELDS)
    row = RuleSet.objects.get(kind="consent_wording")
    row.payload["purposes"]["share"][0]["vi"] = "Khác"
    row.save()
    with translation.override("en"):
        page = sign_in("hanh").get(
            f"/cases/{consent.case.uuid}/consents/?", HTTP_ACCEPT_LANGUAGE="en"
        )
    rows = [item for item in page.context["live"] if item.consent.pk == consent.pk]
    assert [item.unchanged for item in rows] == [False]


def test_the_page_shows_the_very_words_that_are_stored(cast, sign_in):
    case = f.case_in_support(cast)
    offer = cast.organisations["station"]
    chosen = ServiceOffer.objects.get(organisation=offer, service_type__code="H-STI")
    page = sign_in("hanh").get(f"/cases/{case.uuid}/refer/{chosen.uuid}/consent/")
    words = wordings.wording("share")
    expected = words.read_out(recipient=offer.name, service=chosen.service_type)
    assert page.context["read_out"] == expected and len(expected) == 4


def test_nothing_is_ticked_beforehand():
    for form in (
        ConsentForm(),
        SharingForm({"identity.alias": "x"}, {}),
        WithdrawForm(),
        RenewForm(),
    ):
        for bound in form:
            assert bound.value() in (None, ""), (form, bound.name)
        assert "checked" not in str(form)


# -- a look before she answers


def test_a_look_is_cut_by_the_code_that_cuts_what_is_sent(cast, sign_in):
    case = f.case_in_support(cast)
    offer = ServiceOffer.objects.get(
        organisation=cast.organisations["station"], service_type__code="H-STI"
    )
    url = f"/cases/{case.uuid}/refer/{offer.uuid}/consent/"
    browser = sign_in("hanh")
    page = browser.post(url, {"step": "look", "fields_shared": FIELDS, "witness": "Chị Hoa"})
    assert page.status_code == 200 and not Consent.objects.filter(purpose="share").exists()
    text = page.content.decode()
    assert f.ALIAS in text and f.PHONE in text and "Chị Hoa" in text  # nothing typed is lost
    packet = page.context["preview"].packet
    assert {item.code for item in packet.fields} == {"identity.alias"} and packet.contact
    # The same facts, sent: the recipient's page says the same.
    slip = f.referral_received(cast, case)
    with f.opened(cast.lan, slip, f.C.PACKET):
        sent = received.slip(f.fresh(slip))
        shared = {item.code: item.value for item in sent.fields}
    assert {item.code: item.value for item in packet.fields}.items() <= shared.items()
    assert packet.contact == sent.contact


def test_a_supervisor_may_look_too_and_others_may_not(cast, sign_in):
    case = f.case_in_support(cast)
    offer = ServiceOffer.objects.get(
        organisation=cast.organisations["station"], service_type__code="H-STI"
    )
    url = f"/cases/{case.uuid}/refer/{offer.uuid}/preview/"
    page = sign_in("bich").get(url, {"fact": ["identity.alias", "nonsense"]})
    assert f.ALIAS in page.content.decode() and f.PHONE not in page.content.decode()
    nothing = sign_in("hanh").get(url).content.decode()
    assert f.PHONE not in nothing
    for name in ("tam", "lan", "kien"):
        assert sign_in(name).get(url).status_code == 404


def test_what_the_recipient_sees_now(cast, sign_in):
    slip = f.referral_sent(cast)
    url = f"/slips/{slip.uuid}/seen/"
    browser = sign_in("hanh")
    sight = browser.get(url).context["sight"]
    assert (sight.finds_it, sight.may_read, sight.has_opened) == (True, True, False)
    slips.receive(actor=cast.lan, referral=slip)
    assert browser.get(url).context["sight"] == (True, True, True)
    actions.withdraw(actor=cast.hanh, consent=f.link_of(slip).consent, method="verbal")
    sight = browser.get(url).context["sight"]
    assert (sight.finds_it, sight.may_read) == (False, False)
    assert f.ALIAS in browser.get(url).content.decode()  # her own file's name, not the packet


# -- what runs out


def test_it_is_in_the_list_thirty_days_before(cast):
    consent = f.consent_given(cast, fields=FIELDS, valid_until=soon(40))
    assert not engine.is_waiting(consent, "renew")
    with time_machine.travel(soon(11)):
        timers.fire_due()
        item = WorkItem.objects.get(flow="consent", step="renew")
        assert item.due_at == consent.valid_until and item.user == cast.user("hanh")
    assert timedelta(days=30) == ASKED_BEFORE


def test_one_that_ends_sooner_is_there_at_once(cast, sign_in):
    consent = f.consent_given(cast, fields=FIELDS, valid_until=soon(10))
    timers.fire_due()
    assert engine.is_waiting(consent, "renew")
    page = sign_in("hanh").get("/").content.decode()
    assert f"/consents/{consent.uuid}/ending/" in page


def test_without_an_end_there_is_nothing_to_renew(cast, sign_in):
    consent = f.consent_given(cast, fields=FIELDS)
    assert not engine.waiting_steps(consent)
    assert sign_in("hanh").get(f"/consents/{consent.uuid}/ending/").status_code == 409


@pytest.fixture
def running(cast):
    """A slip under a consent that ends in ten days, accepted by the station."""
    consent = f.consent_given(cast, valid_until=soon(10))
    timers.fire_due()
    with f.opened(cast.hanh, consent.case, *f.WORKER_KEYS):
        written = dict.fromkeys(actions.fields_to_write(f.fresh(consent)), "Cần")
        link = actions.prepare_referral(
            actor=cast.hanh,
            case=f.fresh(consent.case),
            consent=f.fresh(consent),
            priority="soon",
            written=written,
        )
    with f.opened(cast.hanh, link.referral, f.C.PACKET):
        actions.send_referral(actor=cast.hanh, link=f.link_of(link.referral))
    return consent, link.referral


def renew(cast, consent, by="hanh", **more):
    with f.opened(cast.hanh, consent.case, *f.WORKER_KEYS):
        return actions.renew_consent(
            actor=getattr(cast, by),
            consent=f.fresh(consent),
            method="verbal",
            given_by="client",
            **more,
        )


def test_renewed_it_goes_on_under_the_new_answer(cast, running):
    consent, slip = running
    new = renew(cast, consent, valid_until=soon(100))
    assert new.version == consent.version + 1
    assert f.link_of(slip).consent == new and f.fresh(slip).basis == new.basis
    assert not engine.waiting_steps(consent)
    with time_machine.travel(soon(20)):
        assert access.can(cast.lan, slip, "open_packet")
    with time_machine.travel(soon(101)):
        assert not access.can(cast.lan, slip, "open_packet")
    actions.withdraw(actor=cast.hanh, consent=new, method="verbal")
    assert not access.can(cast.lan, slip, "open_packet")


def test_left_alone_it_ends_on_its_day(cast, running):
    consent, slip = running
    actions.let_consent_end(actor=cast.hanh, consent=consent)
    assert not engine.waiting_steps(consent)
    assert access.can(cast.lan, slip, "open_packet")
    with time_machine.travel(soon(11)):
        assert not access.can(cast.lan, slip, "open_packet")
        with pytest.raises(WrongState):
            renew(cast, consent)


def test_only_her_worker_renews(cast, running):
    consent, _slip = running
    with pytest.raises(Forbidden):
        renew(cast, consent, by="bich")
    for name in ("tam", "kien", "lan"):
        with pytest.raises(NotFound):
            renew(cast, consent, by=name)


def test_taken_back_it_leaves_the_list(cast, running):
    consent, _slip = running
    actions.withdraw(actor=cast.hanh, consent=consent, method="verbal")
    assert not engine.waiting_steps(consent)
    with pytest.raises(WrongState):
        renew(cast, consent)


def test_its_page(cast, running, sign_in):
    consent, _slip = running
    url = f"/consents/{consent.uuid}/ending/"
    browser = sign_in("hanh")
    assert browser.get(url).status_code == 200
    assert browser.post(url, {}).status_code == 422
    half = browser.post(url, {"again": "yes"})
    assert half.status_code == 422 and {"method", "given_by"} <= set(half.context["form"].errors)
    answer = browser.post(url, {"again": "yes", "method": "verbal", "given_by": "client"})
    assert answer.status_code == 302
    assert Consent.objects.filter(purpose="share").count() == 2


def test_another_worker_takes_the_step_with_the_case(cast, running):
    consent, _slip = running
    actions.assign_case(actor=cast.bich, case=consent.case, worker=cast.user("tam"))
    item = WorkItem.objects.get(flow="consent", done_at__isnull=True)
    assert item.user == cast.user("tam")


# -- her history, to be shown


def test_the_history_tells_everything_in_order(cast, sign_in):
    consent = f.consent_given(cast, fields=FIELDS, witness="Chị Hoa")
    actions.withdraw(actor=cast.hanh, consent=consent, method="verbal")
    browser = sign_in("hanh")
    url = f"/cases/{consent.case.uuid}/consents/history/"
    page = browser.get(url)
    rows = page.context["rows"]
    assert [row.consent.pk for row in rows] == sorted(row.consent.pk for row in rows)
    text = page.content.decode()
    assert "Chị Hoa" in text and consent.recipient.name in text and consent.wording in text
    for name in ("kien", "lan", "yen"):
        assert sign_in(name).get(url).status_code == 404


def test_taken_back_twice_is_told(cast):
    consent = f.consent_given(cast, fields=FIELDS)
    actions.withdraw(actor=cast.hanh, consent=consent, method="verbal")
    with pytest.raises(AlreadyDone):
        actions.withdraw(actor=cast.bich, consent=consent, method="verbal")
