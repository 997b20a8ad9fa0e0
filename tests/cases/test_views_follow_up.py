"""The next date of a timeline, by the safe channel."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from cases.models import Case, FollowUp, FollowUpPlan
from tests.cases.world import case_in_support
from workflow import timers

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


@pytest.fixture
def plan(cast):
    """A month after the plan was agreed."""
    case = case_in_support(cast)
    with time_machine.travel(timezone.now() + timedelta(days=31), tick=True):
        timers.fire_due()
        yield FollowUpPlan.objects.select_related("case").get(case=case)


def page_of(plan):
    return reverse("follow_up", args=[plan.uuid])


def first(plan):
    return plan.follow_ups.order_by("due_on").first()


def answer(plan, **changed):
    return {
        "follow_up": str(first(plan).uuid),
        "reached": "yes",
        "decision": "continue",
        "note_text": "Vẫn ổn định",
        **changed,
    }


def test_anonymous_is_asked_to_sign_in(plan, client):
    assert client.get(page_of(plan)).status_code == 302


@pytest.mark.parametrize("who", ["tam", "lan", "kien", "loan", "hoa", "an"])
def test_nobody_else_finds_it(plan, sign_in, who):
    browser = sign_in(who)
    assert browser.get(page_of(plan)).status_code == 404
    assert browser.post(page_of(plan), answer(plan)).status_code == 404


def test_the_supervisor_is_told_whose_it_is(plan, sign_in):
    browser = sign_in("bich")
    assert browser.get(page_of(plan)).status_code == 403
    assert browser.post(page_of(plan), answer(plan)).status_code == 403


def test_the_page_reminds_of_the_safe_channel(plan, sign_in):
    response = sign_in("hanh").get(page_of(plan))
    page = response.content.decode()
    assert "0912 345 678" in page and "giao hàng" in page and "9–11" in page
    assert len(response.context["days"]) == 4


def test_without_a_yes_it_says_do_not_contact(plan, sign_in, cast):
    from cases import actions

    actions.change_contact(actor=cast.hanh, case=plan.case, contact={})
    response = sign_in("hanh").get(page_of(plan))
    assert not response.context["contact"].how


def test_wrong_answers_come_back_with_the_note(plan, sign_in):
    browser = sign_in("hanh")
    for changed in ({"reached": ""}, {"decision": ""}, {"E1": "often"}):
        response = browser.post(page_of(plan), answer(plan, **changed))
        assert response.status_code == 422, changed
        assert "Vẫn ổn định" in response.content.decode()
    assert not FollowUp.objects.filter(state="done").exists()


def test_every_question_may_be_left_out(plan, sign_in):
    browser = sign_in("hanh")
    response = browser.post(page_of(plan), answer(plan))
    assert response.status_code == 302
    saved = browser.get(response["Location"])
    assert saved.status_code == 200 and saved.context["saved"].state == "done"
    assert not saved.context["alarms"]


def test_pressed_twice_it_records_once(plan, sign_in):
    browser = sign_in("hanh")
    sent = answer(plan)
    assert browser.post(page_of(plan), sent).status_code == 302
    assert browser.post(page_of(plan), sent).status_code == 409
    assert FollowUp.objects.filter(state="done").count() == 1


def test_not_reached_is_no_failure(plan, sign_in):
    browser = sign_in("hanh")
    response = browser.post(page_of(plan), answer(plan, reached="no", decision=""))
    saved = browser.get(response["Location"]).context["saved"]
    assert saved.state == "not_reached"


@pytest.mark.parametrize(("decision", "leads_to"), [("renew_plan", "review"), ("close", "closure")])
def test_the_decision_leads_on(plan, sign_in, decision, leads_to):
    browser = sign_in("hanh")
    response = browser.post(page_of(plan), answer(plan, decision=decision))
    page = browser.get(response["Location"]).content.decode()
    assert reverse(leads_to, args=[plan.case.uuid]) in page


def test_an_urgent_answer_says_what_to_do_now(plan, sign_in):
    browser = sign_in("hanh")
    response = browser.post(page_of(plan), answer(plan, C5="yes", A1="yes", A5="no"))
    saved = browser.get(response["Location"])
    assert saved.context["alarms"] and saved.context["alarms"][0].helps
    assert Case.objects.get(pk=plan.case_id).level == "urgent"


def test_when_all_is_done_nothing_is_asked(plan, sign_in):
    FollowUp.objects.filter(plan=plan).update(state="cancelled")
    response = sign_in("hanh").get(page_of(plan))
    assert response.status_code == 200 and response.context["due"] is None
