"""Mây (domain.md 5.2, case 1): from outreach to closing, at the level of actions."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from cases import actions
from cases.models import Case, CaseReferral, FollowUp, Lead
from privacy import access, keys
from privacy.compartments import Compartment as C
from privacy.errors import AlreadyDone, NotFound
from privacy.fields import LOCKED
from referrals import actions as referrals
from referrals.models import Referral
from services.models import ServiceType
from tests.cast import HOME
from workflow import engine, relay
from workflow.selectors import waiting_for

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


def steps(actor):
    return sorted(waiting_for(actor).values_list("step", flat=True))


def test_from_first_contact_to_the_health_stations_answer(cast):
    contact = {"may_text": True, "phone": "0912 345 678", "hours": "9–11", "code_word": "giao hàng"}
    lead = actions.record_contact(
        actor=cast.hoa,
        area_code=HOME,
        channel="outreach",
        age_band="18_over",
        alias="Mây",
        contact=contact,
    )
    assert steps(cast.hoa) == ["inform"]
    actions.give_information(actor=cast.hoa, lead=lead)
    actions.hand_over(actor=cast.hoa, lead=lead, to=cast.memberships["hanh"])
    assert steps(cast.hoa) == [] and steps(cast.hanh) == ["take_over"]
    with pytest.raises(NotFound):
        access.require(cast.hoa, lead)

    case = actions.open_case(
        actor=cast.hanh,
        area_code=HOME,
        channel="outreach",
        age_band="18_over",
        alias="Mây",
        contact=contact,
        lead=lead,
    )
    assert steps(cast.hanh) == ["engagement"]
    actions.answer_file_consent(actor=cast.hanh, case=case, given=True, method="verbal")
    with keys.fresh_ring():
        access.open_keys(cast.hanh, [case], [C.NEEDS, C.PROTECTION], purpose="screening")
        actions.save_answers(
            actor=cast.hanh,
            case=case,
            answers={"C5": "yes", "C1h": "yes", "C6h": "yes", "H1": "yes", "E1": "1", "E2": "0"},
        )
        result = actions.finish(actor=cast.hanh, case=case)
    assert result.level == "soon" and "H-STI" in result.service_codes
    actions.write_assessment(actor=cast.hanh, case=case, situation="Ở trọ", strengths="Khéo tay")
    actions.save_plan(
        actor=cast.hanh,
        case=case,
        goals=[actions.GoalDraft("Khỏi bệnh", "H-STI"), actions.GoalDraft("Học may", "V-VOC")],
    )
    actions.submit_plan(actor=cast.hanh, case=case)
    assert steps(cast.bich) == ["approve_plan"]
    actions.approve_plan(actor=cast.bich, case=case)
    assert steps(cast.hanh) == ["review"]
    case.refresh_from_db()
    assert case.state == "support"

    with keys.fresh_ring():
        access.open_keys(cast.hanh, [case], [C.IDENTITY, C.CONTACT, C.NEEDS], purpose="refer")
        case = Case.objects.get(pk=case.pk)
        consent = actions.answer_sharing(
            actor=cast.hanh,
            case=case,
            recipient=cast.organisations["station"],
            service=ServiceType.objects.get(code="H-STI"),
            given=True,
            fields=["identity.alias", "health.concern"],
            method="verbal",
        )
        link = actions.prepare_referral(
            actor=cast.hanh,
            case=case,
            consent=consent,
            priority="soon",
            written={"health.concern": "Cần khám"},
        )
        actions.send_referral(actor=cast.hanh, link=link)
    assert steps(cast.lan) == ["answer"] and steps(cast.stranger) == []

    referral = Referral.objects.get()
    with pytest.raises(NotFound):
        referrals.receive(actor=cast.stranger, referral=referral)
    referrals.receive(actor=cast.lan, referral=referral)
    referrals.accept(actor=cast.lan, referral=referral, note="Mời đến")
    with pytest.raises(AlreadyDone):
        referrals.accept(actor=cast.lan, referral=referral)
    with keys.fresh_ring():
        access.open_keys(cast.lan, [referral], [C.PACKET], purpose="referral")
        assert Referral.objects.get().packet["fields"]["identity.alias"] == "Mây"
    with keys.fresh_ring():
        access.open_keys(cast.thu, [referral], [C.PACKET], purpose="referral")
        assert Referral.objects.get().packet is LOCKED

    referrals.schedule(actor=cast.lan, referral=referral, at=timezone.now() + timedelta(days=2))
    referrals.record_no_show(actor=cast.lan, referral=referral)
    assert "contact_client" in steps(cast.hanh)
    actions.client_contacted(actor=cast.hanh, link=link)
    referrals.schedule(actor=cast.lan, referral=referral, at=timezone.now() + timedelta(days=3))
    referrals.begin_service(actor=cast.lan, referral=referral)
    referrals.add_entry(actor=cast.lan, referral=referral, kind="visit", text="Đã khám")
    referrals.complete(actor=cast.lan, referral=referral, outcome="attended", outcomes=["attended"])
    with keys.fresh_ring():
        access.open_keys(cast.hanh, [case], [C.NOTES, C.NEEDS], purpose="confirm")
        actions.confirm_referral(actor=cast.hanh, link=link, helped="yes", respected="yes")
    relay.drain()
    assert engine.waiting_steps(Referral.objects.get()) == []

    with time_machine.travel(timezone.now() + timedelta(days=31), tick=True):
        from workflow import timers

        assert timers.fire_due() >= 1
        assert "visit" in steps(cast.hanh)
        first = FollowUp.objects.order_by("due_on").first()
        with keys.fresh_ring():
            access.open_keys(cast.hanh, [case], [C.NEEDS, C.PROTECTION, C.NOTES], purpose="f")
            actions.record_follow_up(
                actor=cast.hanh,
                follow_up=first,
                reached=True,
                answers={"E1": "0"},
                decision="continue",
            )
    actions.request_closure(actor=cast.hanh, case=case, reason="goals_reached")
    actions.approve_closure(actor=cast.bich, case=case)
    case.refresh_from_db()
    assert case.state == "closed" and steps(cast.hanh) == [] and Lead.objects.get().case == case
    assert CaseReferral.objects.count() == 1
