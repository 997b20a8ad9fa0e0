"""The livelihood plan on the Women's Union's screens, and who never sees it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from privacy import keys
from privacy.models import Outbox
from referrals import actions
from referrals.models import LivelihoodPlan, LivelihoodVisit, Milestone, Referral
from referrals.states import PlanState, State

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


def on(days: int = 0) -> dict[str, str]:
    day = timezone.localdate() + timedelta(days=days)
    return {"on_day": str(day.day), "on_month": str(day.month), "on_year": str(day.year)}


def url(plan: LivelihoodPlan, verb: str = "") -> str:
    return f"/livelihood/{plan.uuid}/{verb + '/' if verb else ''}"


def milestone(**changed: str) -> dict[str, str]:
    typed = {"kind": "repayment", "amount": "1.500.000", "evidence": "paper", **on()}
    return {**typed, **changed}


def visits_done(cast, plan: LivelihoodPlan) -> None:
    with keys.fresh_ring():
        for visit in plan.visits.all():
            actions.record_visit(
                actor=cast.thu, plan=plan, visit=visit, income_band="unknown", note=""
            )


VERBS = ("start", "milestone", "visit", "conclude", "end")


# -- making it


def test_a_plan_is_made_from_a_livelihood_referral_in_service(send, thu):
    referral = send("union", "in_service")
    new = f"/referrals/{referral.uuid}/livelihood/"
    assert new in thu.get(f"/referrals/{referral.uuid}/").content.decode()
    refused = thu.post(new, {"trade": "", "support": "Một xe đẩy", "amount": "2,5"})
    assert refused.status_code == 422 and "Một xe đẩy" in refused.content.decode()
    made = thu.post(new, {"trade": "Bán xôi", "support": "", "amount": "12.000.000 ₫"})
    assert made.status_code == 302
    page = thu.get(url(LivelihoodPlan.objects.get())).content.decode()
    assert "Bán xôi" in page and "12.000.000\u00a0₫" in page
    twice = thu.post(new, {"trade": "Bán xôi"})
    assert twice.status_code == 409 and "Lê Thị Thu" in twice.content.decode()


@pytest.mark.parametrize(
    ("to", "until", "family", "name", "status"),
    [
        ("union", "accepted", "money", "thu", 409),
        ("union", "in_service", "social", "thu", 409),
        ("union", "in_service", "money", "lan", 404),
        ("union", "in_service", "money", "stranger", 404),
        ("union", "in_service", "money", "hanh", 404),
        ("station", "in_service", "health", "lan", 403),
    ],
)
def test_nobody_else_and_nothing_else_gets_a_plan(send, sign_in, to, until, family, name, status):
    referral = send(to, until, family=family)
    typed = {"trade": "Bán xôi mỗi sáng"}
    answer = sign_in(name).post(f"/referrals/{referral.uuid}/livelihood/", typed)
    assert answer.status_code == status
    assert not LivelihoodPlan.objects.exists()


# -- anonymous, stranger, other role


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_anonymous_is_asked_to_sign_in(running, verb):
    assert Client().get(url(running, verb)).status_code == 302


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("name", ["stranger", "lan", "minh", "hanh", "bich"])
def test_nobody_else_finds_the_plan(running, sign_in, verb, name):
    client = sign_in(name)
    assert client.get(url(running)).status_code == 404
    assert client.get(url(running, verb)).status_code == 404
    assert client.post(url(running, verb), {"stable": "yes"}).status_code == 404
    running.refresh_from_db()
    assert running.state == PlanState.ACTIVE


def test_a_plan_that_is_not_there(thu):
    assert thu.get("/livelihood/00000000-0000-4000-8000-000000000000/").status_code == 404


# -- start


def test_start_counts_the_visits(plan, thu):
    assert thu.post(url(plan, "start"), on(3)).status_code == 422
    assert thu.post(url(plan, "start"), {"on_day": "31", "on_month": "2"}).status_code == 422
    assert thu.post(url(plan, "start"), on()).status_code == 302
    assert list(plan.visits.values_list("months", flat=True)) == [1, 3, 6, 12]
    twice = thu.post(url(plan, "start"), on())
    assert twice.status_code == 409 and "Lê Thị Thu" in twice.content.decode()
    assert LivelihoodVisit.objects.count() == 4


# -- milestones


def test_a_milestone_needs_a_running_plan(plan, thu):
    assert thu.post(url(plan, "milestone"), milestone()).status_code == 409
    assert not Milestone.objects.exists()


@pytest.mark.parametrize(
    "changed",
    [{"kind": ""}, {"kind": "arrest"}, {"amount": "nhiều"}, {"evidence": "x"}, {"on_day": "45"}],
)
def test_a_wrong_milestone_comes_back(running, thu, changed):
    answer = thu.post(url(running, "milestone"), milestone(**changed))
    assert answer.status_code == 422 and "govuk-error-summary" in answer.content.decode()
    assert not Milestone.objects.exists()


def test_a_milestone_is_forwarded_only_with_her_yes(running, thu):
    assert thu.post(url(running, "milestone"), milestone()).status_code == 302
    assert not Outbox.objects.filter(kind="referral.milestone_forwarded").exists()
    assert thu.post(url(running, "milestone"), milestone(forward="on")).status_code == 302
    assert Outbox.objects.filter(kind="referral.milestone_forwarded").count() == 1
    page = thu.get(url(running)).content.decode()
    assert page.count("1.500.000\u00a0₫") == 2


# -- visits


def test_a_visit_with_an_income_that_is_not_known(running, thu):
    first = running.visits.first()
    page = thu.get(url(running, "visit"))
    assert str(first.uuid) in page.content.decode()
    typed = {"visit": str(first.uuid), "income_band": "unknown", "note": "Chị vẫn khoẻ"}
    wrong = thu.post(url(running, "visit"), {**typed, "income_band": "rich"})
    assert wrong.status_code == 422 and "Chị vẫn khoẻ" in wrong.content.decode()
    assert thu.post(url(running, "visit"), typed).status_code == 302
    first.refresh_from_db()
    assert first.done_on == timezone.localdate()
    twice = thu.post(url(running, "visit"), typed)
    assert twice.status_code == 409 and "Lê Thị Thu" in twice.content.decode()
    assert running.visits.filter(done_on__isnull=False).count() == 1
    assert "Chị vẫn khoẻ" in thu.get(url(running)).content.decode()


def test_a_visit_of_another_plan_does_not_exist(send, cast, running, thu):
    with keys.fresh_ring():
        other = actions.make_plan(
            actor=cast.thu, referral=send("union", "in_service"), trade="May vá", support=""
        )
        actions.start_plan(actor=cast.thu, plan=other, on=timezone.localdate())
    theirs = other.visits.first()
    typed = {"visit": str(theirs.uuid), "income_band": "none"}
    assert thu.post(url(running, "visit"), typed).status_code == 404
    theirs.refresh_from_db()
    assert theirs.done_on is None
    assert thu.post(url(running, "visit"), {**typed, "visit": "x"}).status_code == 422


# -- the end


def test_it_is_concluded_after_the_visits(cast, running, thu):
    assert thu.post(url(running, "conclude"), {"stable": "yes"}).status_code == 409
    visits_done(cast, running)
    assert thu.post(url(running, "conclude"), {}).status_code == 422
    assert thu.post(url(running, "conclude"), {"stable": "no"}).status_code == 302
    running.refresh_from_db()
    assert running.state == PlanState.NEEDS_REVIEW
    assert thu.post(url(running, "conclude"), {"stable": "yes"}).status_code == 302
    running.refresh_from_db()
    assert running.state == PlanState.STABLE
    twice = thu.post(url(running, "conclude"), {"stable": "yes"})
    assert twice.status_code == 409 and "Lê Thị Thu" in twice.content.decode()


def test_it_ends_early_without_a_failure(running, thu):
    assert thu.get(url(running, "end")).status_code == 200
    assert thu.post(url(running, "end")).status_code == 302
    running.refresh_from_db()
    assert running.state == PlanState.ENDED
    assert thu.post(url(running, "end")).status_code == 409
    assert thu.get(url(running)).status_code == 200


def test_the_referral_stays_in_service_until_the_plan_ends(running, thu):
    referral = running.referral
    path = f"/referrals/{referral.uuid}/"
    assert f"{path}complete/" not in thu.get(path).content.decode()
    outcome = thu.get(f"{path}complete/")
    assert outcome.status_code == 200
    code = outcome.context["form"].fields["outcome"].choices[0][0]
    assert thu.post(f"{path}complete/", {"outcome": code}).status_code == 409
    thu.post(url(running, "end"))
    assert thu.post(f"{path}complete/", {"outcome": code}).status_code == 302
    assert Referral.objects.get(pk=referral.pk).state == State.COMPLETED


def test_ending_the_referral_unfinished_ends_its_plan(running, thu):
    path = f"/referrals/{running.referral.uuid}/unfinished/"
    assert thu.post(path, {"reason": "client_stopped"}).status_code == 302
    running.refresh_from_db()
    assert running.state == PlanState.ENDED
    assert "/livelihood/" not in thu.get("/").content.decode()
