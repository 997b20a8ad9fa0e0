"""Where sight must end, it ends: withdrawal, a no, the child track, a hand-over, a refusal."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from cases import actions
from cases.models import Consent, Goal, Purpose, Transfer
from cases.states import CaseState
from privacy import keys
from privacy.compartments import Compartment as C
from privacy.errors import Forbidden, NotFound, WrongState
from privacy.models import Membership, WrappedDataKey
from privacy.roles import Role
from privacy.sessions import actor_for
from referrals import actions as slips
from referrals.states import DeclineReason, State
from services.models import ServiceOffer
from tests import factories as make
from workflow import relay, timers
from workflow.selectors import waiting_for

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])

SUMMARY = "Chuyển về quê, muốn học may tiếp"
WORDS = ("Ở trọ", "Khéo tay", "Khỏe lại", "Học may", make.ALIAS, "giao hàng", SUMMARY)


def words_on(browser, *paths):
    """Which of her words these pages show."""
    shown = "".join(browser.get(path).content.decode() for path in paths)
    return {word for word in WORDS if word in shown}


def file_pages(case):
    names = ("case", "assessment", "plan", "consents", "screening_result")
    return [reverse(name, args=[case.uuid]) for name in names]


def withdraw_file(cast, case):
    consent = Consent.objects.get(case=case, purpose=Purpose.FILE, given=True, end=None)
    actions.withdraw(actor=cast.hanh, consent=consent, method="verbal")


# -- the consent to a file


def test_reopening_alone_opens_no_word_after_a_withdrawal(cast, sign_in):
    case = make.case_in_support(cast)
    hanh, bich = sign_in("hanh"), sign_in("bich")
    assert "Ở trọ" in words_on(hanh, *file_pages(case))
    withdraw_file(cast, case)
    assert words_on(hanh, *file_pages(case)) == set()
    actions.reopen_case(actor=cast.hanh, case=case)
    assert words_on(hanh, *file_pages(case)) == words_on(bich, *file_pages(case)) == set()
    actions.answer_file_consent(actor=cast.hanh, case=make.fresh(case), given=True, method="verbal")
    assert make.ALIAS in words_on(hanh, *file_pages(case))


@pytest.mark.parametrize("how", ["withdrawn", "goals reached"])
def test_a_no_after_reopening_shuts_what_was_there(cast, sign_in, how):
    if how == "withdrawn":
        case = make.case_in_support(cast)
        withdraw_file(cast, case)
    else:
        case = make.case_closed(cast)
    actions.reopen_case(actor=cast.hanh, case=make.fresh(case))
    actions.answer_file_consent(
        actor=cast.hanh, case=make.fresh(case), given=False, method="verbal"
    )
    for who in ("hanh", "bich"):
        assert words_on(sign_in(who), *file_pages(case)) == set(), who
    assert actions.live_consents(case) == []


def test_nothing_is_written_into_a_closed_file(cast):
    case = make.case_closed(cast)
    with make.opened(cast.hanh, case, *make.WORKER_KEYS):
        with pytest.raises(WrongState):
            actions.change_identity(
                actor=cast.hanh, case=case, alias="X", legal_name="", birth_year="", address=""
            )
        with pytest.raises(WrongState):
            actions.change_contact(actor=cast.hanh, case=case, contact=make.SAFE_CONTACT)
        goal = Goal.objects.filter(case=case).first()
        with pytest.raises(WrongState):
            actions.set_goal(actor=cast.hanh, case=case, goal=goal, state="open")


# -- a transfer's summary


def requested(cast, case):
    return actions.request_transfer(
        actor=cast.hanh,
        case=case,
        to_team=cast.teams["other_office"],
        summary=SUMMARY,
        method="verbal",
    )


def transfer_page(transfer):
    return reverse("transfer", args=[transfer.uuid])


def test_a_summary_shuts_with_the_file(cast, sign_in):
    case = make.case_in_support(cast)
    transfer = requested(cast, case)
    page = transfer_page(transfer)
    assert SUMMARY in words_on(sign_in("hanh"), page)
    withdraw_file(cast, case)
    for who in ("hanh", "bich", "loan"):
        assert sign_in(who).get(page).status_code == 404, who
    relay.drain()
    assert not WrappedDataKey.objects.filter(owner_uuid=transfer.uuid).exists()


def test_a_summary_is_read_for_seven_more_days(cast, sign_in):
    transfer = make.transfer_accepted(cast)
    page = transfer_page(transfer)
    assert sign_in("loan").get(page).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=8), tick=True):
        for who in ("hanh", "bich", "loan"):
            assert sign_in(who).get(page).status_code == 404, who


def test_an_age_under_eighteen_ends_a_transfer(cast, sign_in):
    case = make.case_consented(cast)
    transfer = requested(cast, case)
    actions.release_transfer(actor=cast.bich, transfer=transfer)
    assert sign_in("loan").get(transfer_page(transfer)).status_code == 200
    with make.opened(cast.hanh, case, *make.WORKER_KEYS):
        actions.save_answers(actor=cast.hanh, case=make.fresh(case), answers={"C6": "16_17"})
    for who in ("hanh", "loan", "kien"):
        assert sign_in(who).get(transfer_page(transfer)).status_code == 404, who
    assert not waiting_for(cast.loan).exists()
    assert make.fresh(case).state == CaseState.PROTECTED
    assert not Transfer.objects.filter(consent__basis__ended_at__isnull=True).exists()
    with pytest.raises(NotFound):
        actions.accept_transfer(actor=cast.loan, transfer=transfer, worker=cast.user("kien"))


# -- the child track


def test_an_adult_consent_does_not_end_the_protection(cast, sign_in):
    case = make.case_consented(cast)
    with make.opened(cast.hanh, case, *make.WORKER_KEYS):
        actions.save_answers(actor=cast.hanh, case=make.fresh(case), answers={"C6": "16_17"})
    consent = Consent.objects.get(case=case, purpose=Purpose.FILE)
    for who in ("bich", "van", "hanh"):
        browser = sign_in(who)
        assert browser.get(reverse("consents", args=[case.uuid])).status_code == 404, who
        url = reverse("consent_withdraw", args=[consent.uuid])
        assert browser.get(url).status_code == 404, who
        assert browser.post(url, {"method": "verbal"}).status_code == 404, who
    with pytest.raises(WrongState):
        actions.withdraw(actor=cast.bich, consent=consent, method="verbal")
    assert make.fresh(case).state == CaseState.PROTECTED


def test_the_referring_worker_is_never_the_named_supervisor(cast):
    Membership.objects.create(
        user=cast.user("hanh"),
        organisation=cast.organisations["office"],
        team=cast.teams["office"],
        role=Role.SUPERVISOR,
        starts_on="2020-01-01",
    )
    case = make.child_case(cast)
    assert case.named_supervisor_id == cast.bich.user_id


# -- another worker


def test_a_slip_that_is_over_goes_to_the_new_worker(cast):
    slip = make.referral_completed(cast)
    case = make.link_of(slip).case
    actions.assign_case(actor=cast.bich, case=case, worker=cast.user("tam"))
    assert not waiting_for(cast.hanh).exists()
    assert waiting_for(cast.tam).filter(step="confirm").exists()
    link = make.link_of(slip)
    with pytest.raises(NotFound), make.opened(cast.hanh, slip, C.PACKET):
        actions.confirm_referral(
            actor=cast.hanh, link=link, helped="yes", respected="yes", words=""
        )
    with make.opened(cast.tam, link.case, C.NOTES):
        actions.confirm_referral(actor=cast.tam, link=link, helped="yes", respected="yes", words="")
    assert make.fresh(slip).state == State.CONFIRMED


def test_an_escalation_goes_to_the_new_supervisor(cast):
    slip = make.referral_sent(cast)
    case = make.link_of(slip).case
    with time_machine.travel(timezone.now() + timedelta(days=12), tick=True):
        timers.fire_due()
        assert waiting_for(cast.bich).filter(step="chase_supervisor").exists()
        transfer = requested(cast, case)
        actions.release_transfer(actor=cast.bich, transfer=transfer)
        actions.accept_transfer(actor=cast.loan, transfer=transfer, worker=cast.user("kien"))
        assert not waiting_for(cast.bich).filter(step="chase_supervisor").exists()
        assert waiting_for(cast.loan).filter(step="chase_supervisor").exists()


def test_who_wrote_it_does_not_approve_it_in_another_job(cast):
    case = make.case_planned(cast)
    actions.assign_case(actor=cast.bich, case=case, worker=cast.user("tam"))
    second = Membership.objects.create(
        user=cast.user("hanh"),
        organisation=cast.organisations["office"],
        team=cast.teams["office"],
        role=Role.SUPERVISOR,
    )
    with pytest.raises(Forbidden):
        actions.approve_plan(actor=actor_for(second, session_key="second"), case=make.fresh(case))
    actions.approve_plan(actor=cast.bich, case=make.fresh(case))


def test_who_asked_for_a_transfer_does_not_accept_it_in_another_job(cast):
    transfer = make.transfer_offered(cast)
    there = Membership.objects.create(
        user=cast.user("hanh"),
        organisation=cast.organisations["other_office"],
        team=cast.teams["other_office"],
        role=Role.SUPERVISOR,
    )
    hers = actor_for(there, session_key="there")
    with pytest.raises(Forbidden):
        actions.accept_transfer(actor=hers, transfer=transfer, worker=cast.user("kien"))
    actions.accept_transfer(actor=cast.loan, transfer=transfer, worker=cast.user("kien"))


# -- the recipient


@pytest.mark.parametrize("answer", ["decline", "redirect"])
def test_a_slip_put_down_closes_and_opens_again_when_sent_back(cast, sign_in, answer):
    slip = make.referral_received(cast)
    lan, page = sign_in("lan"), reverse("referral", args=[slip.uuid])
    assert "Cần được giúp" in lan.get(page).content.decode()
    if answer == "decline":
        slips.decline(actor=cast.lan, referral=slip, reason=DeclineReason.NO_CAPACITY)
    else:
        slips.propose_redirect(actor=cast.lan, referral=slip, text="Trạm bên")
    shut = lan.get(page).content.decode()
    assert slip.reference in shut and "Cần được giúp" not in shut and make.ALIAS not in shut
    if answer == "decline":
        slips.send_back(actor=cast.bich, referral=slip, text="Xin xem lại")
        assert "Cần được giúp" in lan.get(page).content.decode()


def test_outcomes_are_not_listed_before_their_time(cast, sign_in):
    slip = make.referral_sent(cast)
    url = reverse("referral_complete", args=[slip.uuid])
    answer = sign_in("lan").post(url, {})
    assert answer.status_code == 409 and b'type="radio"' not in answer.content


def test_a_provider_that_is_full_is_not_asked_about(cast, sign_in):
    case = make.case_in_support(cast)
    offer = ServiceOffer.objects.get(
        organisation=cast.organisations["station"], service_type__code="H-STI"
    )
    url = reverse("refer_consent", args=[case.uuid, offer.uuid])
    assert sign_in("hanh").get(url).status_code == 200
    ServiceOffer.objects.filter(pk=offer.pk).update(capacity=ServiceOffer.Capacity.FULL)
    assert sign_in("hanh").get(url).status_code == 409


def test_visits_are_recorded_in_their_order(cast):
    plan = make.livelihood_active(cast)
    first, second, *_ = plan.visits.order_by("due_on")
    with keys.fresh_ring():
        with pytest.raises(WrongState):
            slips.record_visit(actor=cast.thu, plan=plan, visit=second, income_band="unknown")
        slips.record_visit(actor=cast.thu, plan=plan, visit=first, income_band="unknown")
        slips.record_visit(actor=cast.thu, plan=plan, visit=second, income_band="unknown")
