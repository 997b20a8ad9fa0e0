"""Assessment, goals, approval, progress; and the plan of the child track."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cases.models import Assessment, CarePlan, ChildPlan, Goal
from cases.states import CarePlanState, CaseState, GoalState
from privacy.models import Membership
from privacy.roles import Role
from tests import factories

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


@pytest.fixture
def sign_in(sign_in, settings):
    """Everybody reads English here, whatever language her account has."""

    def enter(name):
        browser = sign_in(name)
        browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
        return browser

    return enter


def body(answer):
    return answer.content.decode()


OUTSIDE = ("tam", "kien", "loan", "lan", "van", "hoa", "quy")


@pytest.mark.parametrize("page", ["assessment/", "plan/", "plan/check/", "plan/approval/"])
def test_it_is_not_found_by_others(cast, sign_in, client, page):
    case = factories.case_assessed(cast)
    url = f"/cases/{case.uuid}/{page}"
    assert client.get(url).status_code == 302
    for name in OUTSIDE:
        browser = sign_in(name)
        assert browser.get(url).status_code == 404, name
        assert browser.post(url, {"goal_1": "x"}).status_code == 404, name


# -- assessment


def test_the_assessment(cast, sign_in):
    case = factories.case_screened(cast)
    url = f"/cases/{case.uuid}/assessment/"
    typed = {"situation": "Ở trọ một mình", "strengths": "Khéo tay"}
    assert sign_in("bich").post(url, typed).status_code == 403
    browser = sign_in("hanh")
    answer = browser.post(url, {"situation": "", "strengths": "Khéo tay"})
    assert answer.status_code == 422 and "Khéo tay" in body(answer)
    assert browser.post(url, typed).url == f"/cases/{case.uuid}/plan/"
    assert browser.post(url, typed).status_code == 409
    assert browser.post(url, {}).status_code == 409
    assert Assessment.objects.count() == 1
    text = body(browser.get(url))
    assert "Ở trọ một mình" in text and "<textarea" not in text


# -- the plan


def test_the_editor_suggests_and_says_why(cast, sign_in):
    case = factories.case_assessed(cast)
    text = body(sign_in("hanh").get(f"/cases/{case.uuid}/plan/"))
    assert "Suggested by the screening" in text and "Because:" in text
    assert text.count("<textarea") == 3


def test_goals_are_written_added_and_kept(cast, sign_in):
    case = factories.case_assessed(cast)
    browser = sign_in("hanh")
    url = f"/cases/{case.uuid}/plan/"
    typed = {f"{name}_{n}": "" for n in (1, 2, 3) for name in ("goal", "service")}
    assert browser.post(url, typed).status_code == 422
    answer = browser.post(url, {**typed, "goal_1": "Khỏi bệnh", "add": "1"})
    assert answer.status_code == 200
    assert body(answer).count("<textarea") == 4 and "Khỏi bệnh" in body(answer)
    answer = browser.post(url, {**typed, "goal_1": "Khỏi bệnh", "service_3": "V-VOC"})
    assert answer.status_code == 422 and 'id="id_goal_3_error"' in body(answer)
    assert not CarePlan.objects.exists()
    answer = browser.post(
        url, {**typed, "goal_1": "Khỏi bệnh", "goal_3": "Học may", "service_3": "V-VOC"}
    )
    assert answer.url == f"{url}check/"
    assert list(Goal.objects.values_list("family", flat=True)) == ["", "work"]
    assert "Học may" in body(browser.get(url))


def test_no_more_than_eight_goals(cast, sign_in):
    case = factories.case_assessed(cast)
    browser = sign_in("hanh")
    typed = {f"goal_{n}": f"Mục tiêu {n}" for n in range(1, 10)}
    typed |= {f"service_{n}": "" for n in range(1, 10)}
    browser.post(f"/cases/{case.uuid}/plan/", typed)
    assert Goal.objects.count() == 8
    assert "Add another goal" not in body(browser.get(f"/cases/{case.uuid}/plan/"))


def test_it_is_checked_before_it_is_sent(cast, sign_in):
    case = factories.case_assessed(cast)
    browser = sign_in("hanh")
    url = f"/cases/{case.uuid}/plan/"
    assert browser.get(f"{url}check/").url == url
    assert browser.post(f"{url}check/").status_code == 409
    browser.post(url, {"goal_1": "Học may", "service_1": "V-VOC"})
    text = body(browser.get(f"{url}check/"))
    assert "Học may" in text and "exactly what the supervisor will see" in text
    assert sign_in("bich").post(f"{url}check/").status_code == 403
    assert browser.post(f"{url}check/").url == f"/cases/{case.uuid}/"
    assert browser.post(f"{url}check/").status_code == 409
    assert browser.get(f"{url}check/").status_code == 409
    assert browser.post(url, {"goal_1": "Khác", "service_1": ""}).status_code == 409
    assert "Khác" not in body(browser.get(url))


# -- approval


def test_the_supervisor_decides(cast, sign_in):
    case = factories.case_planned(cast)
    url = f"/cases/{case.uuid}/plan/approval/"
    worker = sign_in("hanh")
    assert worker.get(url).status_code == 403
    assert worker.post(url, {"decision": "approve"}).status_code == 403
    browser = sign_in("bich")
    assert "What do you decide?" in body(browser.get(url))
    assert browser.post(url, {"because": "Rõ hơn"}).status_code == 422
    answer = browser.post(url, {"decision": "return", "because": ""})
    assert answer.status_code == 422 and "Say what should change." in body(answer)
    assert browser.post(url, {"decision": "return", "because": "Rõ hơn"}).status_code == 302
    assert browser.post(url, {"decision": "approve"}).status_code == 409
    assert browser.get(url).status_code == 409
    assert "Rõ hơn" in body(worker.get(f"/cases/{case.uuid}/plan/"))
    worker.post(f"/cases/{case.uuid}/plan/check/")
    assert browser.post(url, {"decision": "approve"}).status_code == 302
    assert factories.fresh(case).state == CaseState.SUPPORT
    assert CarePlan.objects.get().state == CarePlanState.APPROVED


def test_she_never_decides_about_her_own_case(cast, sign_in):
    case = factories.case_planned(cast)
    Membership.objects.create(
        user=cast.user("hanh"),
        organisation=cast.organisations["office"],
        team=cast.teams["office"],
        role=Role.SUPERVISOR,
    )
    Membership.objects.filter(user=cast.user("hanh"), role=Role.SOCIAL_WORKER).update(
        ends_on=timezone.localdate() - timedelta(days=1)
    )
    browser = sign_in("hanh")
    url = f"/cases/{case.uuid}/plan/approval/"
    for answer in (browser.get(url), browser.post(url, {"decision": "approve"})):
        assert answer.status_code == 403
        assert "never decides about her own case" in body(answer)


# -- progress


def test_the_progress_of_a_goal(cast, sign_in, client):
    case = factories.case_in_support(cast)
    goal = Goal.objects.filter(case=case).first()
    url = f"/goals/{goal.uuid}/"
    assert client.get(url).status_code == 302
    for name in OUTSIDE:
        assert sign_in(name).get(url).status_code == 404
        assert sign_in(name).post(url, {"state": "reached"}).status_code == 404
    assert sign_in("bich").post(url, {"state": "reached"}).status_code == 403
    browser = sign_in("hanh")
    assert browser.post(url, {"state": "x"}).status_code == 422
    assert browser.post(url, {"state": "reached"}).url == f"/cases/{case.uuid}/"
    assert factories.fresh(goal).state == GoalState.REACHED
    assert url in body(browser.get(f"/cases/{case.uuid}/"))


# -- the protected child track


def date(name, day, month, year):
    return {f"{name}_day": day, f"{name}_month": month, f"{name}_year": year}


def test_the_childs_plan_belongs_to_two_people(cast, sign_in, client):
    case = factories.child_case(cast)
    url = f"/cases/{case.uuid}/child-plan/"
    assert client.get(url).status_code == 302
    for name in ("hanh", "tam", "kien", "loan", "lan", "hoa", "quy"):
        for page in ("child-plan/", "child-end/"):
            browser = sign_in(name)
            assert browser.get(f"/cases/{case.uuid}/{page}").status_code == 404
            assert browser.post(f"/cases/{case.uuid}/{page}", {"text": "x"}).status_code == 404
    adult = factories.case_opened(cast)
    assert sign_in("hanh").get(f"/cases/{adult.uuid}/child-plan/").status_code == 404
    assert not ChildPlan.objects.exists()


def test_the_childs_plan_and_its_dates(cast, sign_in):
    case = factories.child_case(cast)
    url = f"/cases/{case.uuid}/child-plan/"
    browser = sign_in("van")
    assert "111" in body(browser.get(url))
    typed = {"text": "Ở cùng dì", **date("line_111", "1", "2", "2026")}
    answer = browser.post(url, {**typed, **date("shelter", "31", "2", "2026")})
    assert answer.status_code == 422 and "Ở cùng dì" in body(answer)
    assert browser.post(url, typed).url == f"/cases/{case.uuid}/"
    text = body(browser.get(url))
    assert "Line 111 was told: 01/02/2026" in text and "Ở cùng dì" in text
    assert 'value="2026"' in text  # the next version begins with the dates that are known
    assert sign_in("bich").post(url, {**typed, "text": "Lần hai"}).status_code == 302


def test_child_protection_is_concluded_after_its_plan(cast, sign_in):
    case = factories.child_case(cast)
    browser = sign_in("van")
    url = f"/cases/{case.uuid}/child-end/"
    assert "The safety plan comes first." in body(browser.get(url))
    assert browser.post(url).status_code == 409
    browser.post(f"/cases/{case.uuid}/child-plan/", {"text": "Ở cùng dì"})
    assert "Conclude and close the file" in body(browser.get(url))
    assert browser.post(url).url == f"/cases/{case.uuid}/"
    assert factories.fresh(case).state == CaseState.CLOSED
    assert browser.post(url).status_code == 409
    assert browser.get(url).status_code == 409
    assert browser.get(f"/cases/{case.uuid}/").status_code == 200
