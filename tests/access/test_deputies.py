"""Deputies, dated: whoever stands in decides so long, and nobody decides about her own."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from cases import actions, policies
from cases.models import CaseGrant
from privacy import access, denials
from privacy.actions import accounts
from privacy.denials import Missing
from privacy.errors import AlreadyDone, Forbidden, Invalid, NotFound, WrongState
from privacy.models import Deputy, Membership
from tests import door
from tests import factories as f
from workflow import selectors

TODAY = timezone.localdate
IDENTITY = "open_identity"


def named(cast, **more):
    days = {"starts_on": TODAY(), "ends_on": TODAY() + timedelta(days=5)} | more
    return actions.name_deputy(actor=cast.bich, stand_in=cast.memberships["loan"], **days)


def own_case(cast):
    """Bích's own case: she became its worker's stand-in by name, as in a ward with one worker."""
    case = f.case_planned(cast)
    type(case).objects.filter(pk=case.pk).update(worker=cast.user("bich"))
    return f.fresh(case)


@pytest.mark.parametrize("name", ["hanh", "tam", "van", "lan", "an", "yen", "quy", "hoa"])
def test_only_supervisors_name_deputies(cast, name):
    with pytest.raises(NotFound):
        actions.name_deputy(
            actor=getattr(cast, name),
            stand_in=cast.memberships["loan"],
            starts_on=TODAY(),
            ends_on=TODAY(),
        )


@pytest.mark.parametrize("who", ["hanh", "van", "an", "bich"])
def test_only_another_supervisor_stands_in(cast, who):
    with pytest.raises(Invalid) as caught:
        actions.name_deputy(
            actor=cast.bich,
            stand_in=cast.memberships[who],
            starts_on=TODAY(),
            ends_on=TODAY(),
        )
    assert "stand_in" in caught.value.errors


@pytest.mark.parametrize(
    ("days", "field"),
    [
        ({"starts_on": TODAY() - timedelta(days=1)}, "starts_on"),
        ({"ends_on": TODAY() - timedelta(days=1)}, "ends_on"),
        ({"ends_on": TODAY() + timedelta(days=60)}, "ends_on"),
    ],
)
def test_the_days_make_sense(cast, days, field):
    with pytest.raises(Invalid) as caught:
        named(cast, **days)
    assert field in caught.value.errors


def test_she_decides_and_sees_as_long_as_she_stands_in(cast):
    case = f.case_planned(cast)
    with pytest.raises(NotFound):
        actions.approve_plan(actor=cast.loan, case=case)
    deputy = named(cast)
    assert access.can(cast.loan, case, IDENTITY)
    steps = [item.step for item in selectors.my_page(cast.loan).items]
    assert "approve_plan" in steps
    actions.approve_plan(actor=cast.loan, case=case)
    assert f.fresh(case).state == "support"
    Deputy.objects.filter(pk=deputy.pk).update(ends_at=timezone.now())
    CaseGrant.objects.filter(source="deputy").update(expires_at=timezone.now())
    assert not access.can(cast.loan, case)
    assert denials.why_not(cast.loan, case, IDENTITY) is Missing.DEPUTY
    assert not policies.is_supervisor(cast.loan, case)


def test_a_leave_to_come_opens_nothing_yet(cast):
    case = f.case_planned(cast)
    named(cast, starts_on=TODAY() + timedelta(days=2))
    assert not access.can(cast.loan, case)
    assert denials.why_not(cast.loan, case, IDENTITY) is Missing.NOT_YET
    with pytest.raises(NotFound):
        actions.approve_plan(actor=cast.loan, case=case)


def test_a_file_opened_meanwhile_is_there_too(cast):
    deputy = named(cast)
    case = f.case_opened(cast)
    assert access.can(cast.loan, case, IDENTITY)
    grant = CaseGrant.objects.filter(content_object=case, source="deputy").first()
    assert grant.expires_at == deputy.ends_at


def test_it_ends_early_with_the_next_request(cast, sign_in):
    case = f.case_planned(cast)
    deputy = named(cast)
    browser = sign_in("loan")
    assert browser.get(f"/cases/{case.uuid}/").status_code == 200
    with pytest.raises(NotFound):
        actions.end_deputy(actor=cast.hanh, deputy=deputy)
    actions.end_deputy(actor=cast.bich, deputy=deputy)
    assert browser.get(f"/cases/{case.uuid}/").status_code == 404
    with pytest.raises(AlreadyDone):
        actions.end_deputy(actor=cast.loan, deputy=deputy)


def test_two_at_once_would_cut_each_other(cast):
    named(cast)
    with pytest.raises(AlreadyDone):
        named(cast)


def test_a_child_stays_with_the_supervisor_named_for_it(cast):
    child = f.child_case(cast)
    named(cast)
    assert not access.can(cast.loan, child)


def test_she_releases_a_transfer_in_her_place(cast):
    moving = f.transfer_requested(cast)
    named(cast)
    with pytest.raises(NotFound):  # not the receiving side's yes for the same hand
        actions.release_transfer(actor=cast.kien, transfer=moving)
    actions.release_transfer(actor=cast.loan, transfer=moving)
    assert f.fresh(moving).state == "offered"


# -- the ward with one supervisor: one approval, and nothing else


def test_nobody_approves_her_own_case(cast):
    case = own_case(cast)
    with pytest.raises(Forbidden) as caught:
        actions.approve_plan(actor=cast.bich, case=case)
    assert caught.value.next_step


def test_one_approval_is_one_approval(cast):
    case, other = own_case(cast), f.case_opened(cast)
    deputy = actions.name_for_one_approval(
        actor=cast.bich, case=case, stand_in=cast.memberships["loan"]
    )
    assert deputy.subject_uuid == case.uuid
    assert access.can(cast.loan, case, "open_needs")
    assert not access.can(cast.loan, case, "open_contact")
    assert not access.can(cast.loan, other)
    with pytest.raises(Forbidden):
        actions.assign_case(actor=cast.loan, case=case, worker=cast.user("tam"))
    assert [item.step for item in selectors.my_page(cast.loan).items] == ["approve_plan"]
    actions.approve_plan(actor=cast.loan, case=case)
    assert f.fresh(case).state == "support"
    assert not access.can(cast.loan, case)
    assert f.fresh(deputy).ended_at is not None


def test_her_page_for_it(cast, sign_in):
    case = own_case(cast)
    url = f"/cases/{case.uuid}/deputy/"
    browser = sign_in("bich")
    assert browser.get(url).status_code == 200
    assert browser.post(url, {}).status_code == 422
    answer = browser.post(url, {"stand_in": str(cast.memberships["loan"].uuid)})
    assert answer.status_code == 302
    theirs = sign_in("loan")
    approval = f"/cases/{case.uuid}/plan/approval/"
    assert theirs.get(approval).status_code == 200
    assert theirs.post(approval, {"decision": "approve"}).status_code == 302
    assert theirs.get(approval).status_code == 404


def test_where_no_approval_waits_nobody_is_named(cast):
    case = f.case_in_support(cast)
    with pytest.raises(WrongState):
        actions.name_for_one_approval(actor=cast.bich, case=case, stand_in=cast.memberships["loan"])


def test_the_page_of_a_leave(cast, sign_in):
    day = TODAY() + timedelta(days=1)
    browser = sign_in("bich")
    typed = {
        "stand_in": str(cast.memberships["loan"].uuid),
        "starts_on_day": day.day,
        "starts_on_month": day.month,
        "starts_on_year": day.year,
        "ends_on_day": day.day,
        "ends_on_month": day.month,
        "ends_on_year": day.year,
    }
    assert browser.post("/deputies/", {}).status_code == 422
    assert browser.post("/deputies/", typed).status_code == 302
    page = browser.get("/deputies/").content.decode()
    assert "Cao Thị Loan" in page
    deputy = Deputy.objects.get()
    assert sign_in("hanh").post(f"/deputies/{deputy.uuid}/end/").status_code == 404
    assert sign_in("loan").post(f"/deputies/{deputy.uuid}/end/").status_code == 302


# -- the helper is not the inspector


def membership(cast, name, **more):
    return Membership(
        user=cast.user(name),
        organisation=cast.organisations["programme"],
        team=cast.teams["programme"],
        **({"role": "programme_officer", "is_inspection_team": True} | more),
    )


def refused(change):
    with pytest.raises(IntegrityError), transaction.atomic():
        change()


def test_a_helper_joins_no_inspection_team(cast):
    for name in ("hanh", "bich", "hoa", "van"):
        refused(membership(cast, name).save)
    membership(cast, "lan").save()


def test_the_flag_is_not_set_later_either(cast):
    second = membership(cast, "hanh", is_inspection_team=False)
    second.save()
    refused(lambda: Membership.objects.filter(pk=second.pk).update(is_inspection_team=True))
    refused(lambda: cast_flag(cast.memberships["hanh"]))


def cast_flag(row):
    row.is_inspection_team = True
    row.save()


def test_an_inspector_gets_no_case_role(cast):
    row = membership(cast, "quy", role="administrator")
    row.save()
    refused(membership(cast, "quy", role="supervisor", is_inspection_team=False).save)
    other = membership(cast, "quy", role="dpo", is_inspection_team=False)
    other.save()
    refused(lambda: Membership.objects.filter(pk=other.pk).update(role="social_worker"))


def test_one_after_the_other_is_no_conflict_until_it_is_prolonged(cast):
    yesterday = TODAY() - timedelta(days=1)
    Membership.objects.filter(pk=cast.memberships["hanh"].pk).update(
        starts_on=yesterday, ends_on=yesterday
    )
    membership(cast, "hanh").save()
    refused(lambda: Membership.objects.filter(pk=cast.memberships["hanh"].pk).update(ends_on=None))


# -- one membership a session


def test_two_jobs_never_add_up(cast, sign_in):
    case = f.case_in_support(cast)
    second = membership(cast, "hanh", is_inspection_team=False)
    second.save()
    browser = sign_in_as(cast, "hanh", cast.memberships["hanh"])
    assert browser.get(f"/cases/{case.uuid}/").status_code == 200
    before = browser.session.session_key
    assert "/work/" in browser.get("/").content.decode()
    assert browser.post("/work/", {"membership": "x"}).status_code == 422
    assert browser.post("/work/", {"membership": str(second.uuid)}).status_code == 302
    assert browser.session.session_key != before
    assert browser.get(f"/cases/{case.uuid}/").status_code == 404
    assert browser.get("/cases/").status_code == 404


def test_who_has_one_job_has_nothing_to_change(cast, sign_in):
    browser = sign_in("hanh")
    assert browser.get("/work/").status_code == 409
    assert "/work/" not in browser.get("/").content.decode()


def sign_in_as(cast, name, row):

    client = Client()
    door.device(name)
    door.knock(client, name)
    client.post("/sign-in/work/", {"membership": str(row.uuid)})
    assert door.show_code(client, name).status_code == 302
    return client


# -- the work of whoever named her ends


def test_when_the_supervisor_leaves_nobody_stands_in_for_her(cast):
    case = f.case_planned(cast)
    deputy = named(cast)
    accounts.end_membership(
        actor=door.proved(cast.an), membership=cast.memberships["bich"], on=TODAY()
    )
    assert not access.can(cast.loan, case) and not access.can(cast.loan, case, IDENTITY)
    assert f.fresh(deputy).ended_at is not None
    with pytest.raises(NotFound):
        actions.approve_plan(actor=cast.loan, case=case)


def test_a_closed_account_is_stood_in_for_by_nobody(cast):
    case = f.case_planned(cast)
    named(cast)
    accounts.close_account(actor=cast.an, user=cast.user("bich"), reason="suspicion")
    assert not access.can(cast.loan, case)
    assert not policies.is_supervisor(cast.loan, case)


def test_her_last_day_is_the_deputys_too(cast):
    case = f.case_planned(cast)
    deputy = named(cast)
    last = TODAY() + timedelta(days=2)
    accounts.end_membership(actor=cast.an, membership=cast.memberships["bich"], on=last)
    ends_at = f.fresh(deputy).ends_at
    assert timezone.localtime(ends_at - timedelta(seconds=1)).date() == last
    grants = CaseGrant.objects.filter(content_object=case, source="deputy", revoked_at=None)
    assert {grant.expires_at for grant in grants} == {ends_at}
    assert access.can(cast.loan, case)


def test_nobody_is_named_for_longer_than_she_works_herself(cast):
    last = TODAY() + timedelta(days=2)
    Membership.objects.filter(pk=cast.memberships["bich"].pk).update(ends_on=last)
    ends_at = named(cast).ends_at
    assert timezone.localtime(ends_at - timedelta(seconds=1)).date() == last


def test_an_ended_approval_opens_no_closed_file_again(cast):
    """She was named for one approval, then for everything; the file was closed in between."""
    case = f.case_closing(cast)
    actions.name_for_one_approval(actor=cast.bich, case=case, stand_in=cast.memberships["loan"])
    named(cast)
    actions.approve_closure(actor=cast.loan, case=case)
    assert not access.can(cast.loan, case, IDENTITY)
