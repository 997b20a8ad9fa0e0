"""The life of an account: in by invitation and two persons, on by review, out by a hand-over."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from privacy import keys, leaving, selectors
from privacy.actions import accounts, organisations, recovery
from privacy.actions.accounts import Work
from privacy.errors import AlreadyDone, Forbidden, Invalid, NotFound, WrongState
from privacy.models import (
    AccountChange,
    ChangeRecord,
    CodePurpose,
    Membership,
    MembershipReview,
    OneTimeCode,
    OpenSession,
    Organisation,
    Recovery,
    SecondFactor,
    Team,
    User,
)
from privacy.proof import NeedsProof
from privacy.roles import Role
from tests import door, factories
from tests.door import proved

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])
GOOD = "bốn-từ-rời-nhau-quạt-trần"
EVERYBODY = ("hanh", "bich", "lan", "hoa", "van", "quy", "an", "yen")


@pytest.fixture
def work(cast) -> Work:
    return Work(cast.teams["office"], Role.SOCIAL_WORKER)


@pytest.fixture
def nga(cast, work) -> tuple[User, str]:
    """Invited, nothing approved yet: her account and her code."""
    return accounts.invite(
        actor=cast.an, username="nga", name="Trần Thị Nga", language="vi", work=work
    )


def change_of(user: User) -> AccountChange:
    return AccountChange.objects.get(user=user, state="proposed")


def approve(cast, user: User, by: str = "yen") -> None:
    accounts.decide_change(actor=proved(getattr(cast, by)), change=change_of(user), approve=True)


# -- invitation


@pytest.mark.parametrize("name", ["hanh", "bich", "lan", "quy", "yen"])
def test_only_an_administrator_invites(cast, work, name):
    with pytest.raises(NotFound):
        accounts.invite(
            actor=getattr(cast, name), username="nga", name="Nga", language="vi", work=work
        )
    assert not User.objects.filter(username="nga").exists()


@pytest.mark.parametrize("username", ["", "Ngà", "a b", "hanh", "../x", "x" * 61])
def test_a_user_name_must_be_free_and_plain(cast, work, username):
    with pytest.raises(Invalid) as refused:
        accounts.invite(actor=cast.an, username=username, name="Nga", language="vi", work=work)
    assert set(refused.value.errors) == {"username"}
    assert not AccountChange.objects.exists()


def test_an_inspector_is_no_helper(cast):
    inspector = Work(cast.teams["office"], Role.SOCIAL_WORKER, is_inspection_team=True)
    with pytest.raises(Invalid):
        accounts.invite(actor=cast.an, username="nga", name="N", language="vi", work=inspector)
    with pytest.raises(Invalid):
        accounts.invite(
            actor=cast.an,
            username="nga",
            name="N",
            language="vi",
            work=Work(cast.teams["office"], Role.SYSTEM),
        )


def test_an_officer_sits_in_no_team_that_works_on_files(cast):
    for work in (
        Work(cast.teams["office"], Role.DPO),
        Work(cast.teams["programme"], Role.SUPERVISOR),
    ):
        with pytest.raises(Invalid) as refused:
            accounts.invite(actor=cast.an, username="nga", name="N", language="vi", work=work)
        assert set(refused.value.errors) == {"team"}


def test_the_whole_way_in(cast, sign_in, nga):
    user, code = nga
    assert not user.has_usable_password()
    client = Client()
    asked = client.post("/sign-in/office-code/", {"username": "nga", "code": code.lower()})
    assert asked["Location"] == "/sign-in/password/"
    weak = client.post("/sign-in/password/", {"new_password": "matkhau2026", "again": "x"})
    assert weak.status_code == 200 and OneTimeCode.objects.live().exists()
    chosen = client.post("/sign-in/password/", {"new_password": GOOD, "again": GOOD})
    assert chosen.status_code == 200 and not OneTimeCode.objects.live().exists()
    # The account opens nothing before a second person has said yes.
    entered = {"username": "nga", "password": GOOD}
    assert client.post("/sign-in/", entered).status_code == 403
    approve(cast, user)
    assert client.post("/sign-in/", entered)["Location"] == "/sign-in/phone/"
    client.get("/sign-in/phone/")
    client.post("/sign-in/phone/", {"code": door.code_of(user)})
    assert client.post("/sign-in/phone/ready/")["Location"] == "/"
    assert client.get("/").status_code == 200
    membership = Membership.objects.get(user=user)
    assert membership.ends_on == timezone.localdate() + timedelta(days=365)
    events = set(ChangeRecord.objects.values_list("event", flat=True))
    assert {"account.invited", "account_change.decided", "membership.began"} <= events


def test_the_screen_shows_the_code_once(cast, sign_in):
    an = sign_in("an")
    typed = {
        "username": "nga",
        "name": "Trần Thị Nga",
        "language": "vi",
        "team": str(cast.teams["office"].uuid),
        "role": "social_worker",
    }
    missing = an.post("/accounts/new/", {**typed, "role": ""})
    assert missing.status_code == 422 and "Trần Thị Nga" in missing.content.decode()
    page = an.post("/accounts/new/", typed).content.decode()
    code = re.search(r"([2-9A-Y]{5}-){2}[2-9A-Y]{5}", page)
    assert code and recovery.find_code(username="nga", typed=code[0])
    user = User.objects.get(username="nga")
    assert code[0] not in an.get(f"/accounts/{user.uuid}/").content.decode()
    assert code[0].replace("-", "") not in OneTimeCode.objects.get().digest
    again = an.post(f"/accounts/{user.uuid}/invite/")
    assert again.status_code == 200 and recovery.find_code(username="nga", typed=code[0]) is None


@pytest.mark.parametrize("typed", ["", "x", "22222-22222-22222", "\0", "٣" * 15, "2" * 200])
def test_a_wrong_code_opens_nothing(nga, typed):
    client = Client()
    answer = client.post("/sign-in/office-code/", {"username": "nga", "code": typed})
    assert answer.status_code == 200
    assert client.get("/sign-in/password/")["Location"] == "/sign-in/office-code/"


def test_a_code_runs_out_and_counts_once(nga):
    user, code = nga
    with time_machine.travel(timezone.now() + timedelta(days=8), tick=True):
        assert recovery.find_code(username="nga", typed=code) is None
    found = recovery.find_code(username="nga", typed=code)
    assert found
    recovery.choose_password(user=user, code=found[1], password=GOOD)
    with pytest.raises(WrongState):
        recovery.choose_password(user=user, code=found[1], password="another")
    user.refresh_from_db()
    assert user.check_password(GOOD)


def test_guessing_codes_is_ended(nga):
    _user, code = nga
    for _ in range(5):
        assert recovery.find_code(username="nga", typed="22222-22222-22222") is None
    assert recovery.find_code(username="nga", typed=code) is None  # closed, and says no more
    with time_machine.travel(timezone.now() + timedelta(minutes=61), tick=True):
        assert recovery.find_code(username="nga", typed=code)


def test_an_unknown_name_looks_like_a_wrong_code(nga):
    pages = []
    for name in ("nga", "nobody"):
        typed = {"username": name, "code": "22222-22222-22222"}
        text = Client().post("/sign-in/office-code/", typed).content.decode().replace(name, "")
        pages.append([line for line in text.splitlines() if "csrf" not in line])
    assert pages[0] == pages[1]


def test_an_unknown_name_takes_as_long_as_a_known_one(cast, nga, monkeypatch):
    """Known without a code, known with one, closed, unknown: one slow hash each."""
    counted = []
    for name in ("make_password", "check_password"):
        real = getattr(recovery, name)
        monkeypatch.setattr(
            recovery, name, lambda *args, real=real: (counted.append(1), real(*args))[1]
        )

    def hashes(username, typed="22222-22222-22222"):
        counted.clear()
        assert recovery.find_code(username=username, typed=typed) is None
        return len(counted)

    assert [hashes(name) for name in ("lan", "nga", "nobody")] == [1, 1, 1]
    for _ in range(5):
        hashes("lan")
    assert hashes("lan") == hashes("nobody") == 1
    assert hashes("lan", "x") == hashes("nobody", "x") == 0


# -- two persons


def test_nobody_decides_about_her_own_proposal(cast, nga):
    change = change_of(nga[0])
    with pytest.raises(Forbidden):
        accounts.decide_change(actor=proved(cast.an), change=change, approve=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        AccountChange.objects.filter(pk=change.pk).update(decided_by=cast.user("an"))
    assert not Membership.objects.filter(user=nga[0]).exists()


@pytest.mark.parametrize("name", ["hanh", "lan", "quy", "bich"])
def test_only_administrator_and_officer_decide(cast, nga, name):
    with pytest.raises((NotFound, Forbidden)):
        accounts.decide_change(
            actor=proved(getattr(cast, name)), change=change_of(nga[0]), approve=True
        )


def test_deciding_needs_proof(cast, nga):
    with pytest.raises(NeedsProof):
        accounts.decide_change(actor=cast.yen, change=change_of(nga[0]), approve=True)


def test_deciding_twice_is_once(cast, nga):
    change = change_of(nga[0])
    accounts.decide_change(actor=proved(cast.yen), change=change, approve=False)
    with pytest.raises(AlreadyDone):
        accounts.decide_change(actor=proved(cast.yen), change=change, approve=True)
    assert not Membership.objects.filter(user=nga[0]).exists()


def test_a_supervisor_proposes_for_her_team_only(cast):
    mine, other = Work(cast.teams["office"], Role.SUPERVISOR), cast.teams["station"]
    user = cast.user("tam")
    with pytest.raises(Forbidden):
        accounts.propose_work(actor=cast.bich, user=user, work=Work(other, Role.HEALTH_STATION))
    with pytest.raises(Forbidden):
        accounts.propose_work(actor=cast.bich, user=cast.user("bich"), work=mine)
    with pytest.raises(NotFound):
        accounts.propose_work(actor=cast.bich, user=cast.user("lan"), work=mine)
    with pytest.raises(NotFound):
        accounts.propose_work(actor=cast.hanh, user=user, work=mine)
    change = accounts.propose_work(
        actor=cast.bich, user=user, work=mine, replaces=cast.memberships["tam"]
    )
    accounts.decide_change(actor=proved(cast.an), change=change, approve=True)
    live = Membership.objects.live().filter(user=user)
    assert [item.role for item in live] == [Role.SUPERVISOR]


def test_no_role_change_while_something_is_left(cast):
    factories.case_opened(cast)
    change = accounts.propose_work(
        actor=cast.an,
        user=cast.user("hanh"),
        work=Work(cast.teams["office"], Role.SUPERVISOR),
        replaces=cast.memberships["hanh"],
    )
    with pytest.raises(Invalid):
        accounts.decide_change(actor=proved(cast.yen), change=change, approve=True)
    change.refresh_from_db()
    assert change.state == "proposed"
    assert Membership.objects.live().filter(pk=cast.memberships["hanh"].pk).exists()


# -- lost


@pytest.fixture
def lost(cast) -> Recovery:
    door.device("lan")
    answer = Client().post("/sign-in/lost/", {"username": "lan", "lost": "password"})
    assert answer.status_code == 200
    return Recovery.objects.get()


def test_asking_says_the_same_for_every_name(cast):
    pages = [
        Client().post("/sign-in/lost/", {"username": name, "lost": "factor"}).content
        for name in ("lan", "nobody")
    ]
    assert len({re.sub(rb"csrf.*|once.*", b"", page) for page in pages}) == 1
    assert Recovery.objects.count() == 1
    for _ in range(5):
        recovery.ask_recovery(username="lan", lost="password")
    assert Recovery.objects.count() == 2  # one of each, however often


@pytest.mark.parametrize("name", ["hanh", "lan", "bich", "quy", "an", "loan"])
def test_who_does_not_know_her_cannot_confirm(cast, lost, name):
    with pytest.raises((NotFound, Forbidden)):
        recovery.confirm_recovery(actor=getattr(cast, name), recovery=lost)


def test_no_code_before_it_is_confirmed(cast, lost):
    with pytest.raises(WrongState):
        recovery.issue_recovery_code(actor=proved(cast.an), recovery=lost)
    for name in ("yen", "bich", "lan"):
        with pytest.raises(NotFound):
            recovery.issue_recovery_code(actor=proved(getattr(cast, name)), recovery=lost)


def test_two_persons_and_a_new_password(cast, sign_in, lost):
    old = sign_in("lan")
    recovery.confirm_recovery(actor=cast.yen, recovery=lost)
    with pytest.raises(NeedsProof):
        recovery.issue_recovery_code(actor=cast.an, recovery=lost)
    page = sign_in("an").post(f"/accounts/lost/{lost.uuid}/", {"do": "issue"}).content.decode()
    code = re.search(r"([2-9A-Y]{5}-){2}[2-9A-Y]{5}", page)
    client = Client()
    client.post("/sign-in/office-code/", {"username": "lan", "code": code[0]})
    client.post("/sign-in/password/", {"new_password": GOOD, "again": GOOD})
    assert old.get("/").status_code == 302  # whoever had her password is out
    answer = client.post("/sign-in/", {"username": "lan", "password": GOOD})
    assert answer["Location"] == "/sign-in/code/"  # her phone is asked all the same
    with pytest.raises(WrongState):
        recovery.issue_recovery_code(actor=proved(cast.an), recovery=lost)


def test_a_lost_phone(cast, sign_in):
    user = door.device("tam")
    recovery.ask_recovery(username="tam", lost="factor")
    request = Recovery.objects.get()
    recovery.confirm_recovery(actor=cast.bich, recovery=request)
    code = recovery.issue_recovery_code(actor=proved(cast.an), recovery=request)
    # It is worth nothing without the password …
    assert recovery.find_code(username="tam", typed=code) is None
    client = Client()
    door.knock(client, "tam")
    before = SecondFactor.objects.get(user=user).uuid
    # … and with it the old phone ends.
    assert client.post("/sign-in/code/", {"code": code})["Location"] == "/sign-in/phone/"
    client.get("/sign-in/phone/")
    assert SecondFactor.objects.get(user=user).uuid != before
    assert not recovery.replace_factor(user=user, code=code)


def test_it_was_not_she(cast, lost):
    recovery.refuse_recovery(actor=cast.an, recovery=lost)
    with pytest.raises(WrongState):
        recovery.confirm_recovery(actor=cast.yen, recovery=lost)
    with pytest.raises((NotFound, Forbidden)):
        recovery.refuse_recovery(actor=cast.thu, recovery=lost)


# -- on and out


def test_a_review_goes_on_for_a_year(cast):
    membership = cast.memberships["tam"]
    Membership.objects.filter(pk=membership.pk).update(
        ends_on=timezone.localdate() + timedelta(days=5)
    )
    assert membership in selectors.reviews_due(cast.bich)
    assert membership not in selectors.reviews_due(cast.loan)
    for actor in (cast.tam, cast.loan, cast.yen, cast.lan):
        with pytest.raises((NotFound, Forbidden)):
            accounts.review_membership(actor=actor, membership=membership)
    accounts.review_membership(actor=cast.bich, membership=membership)
    membership.refresh_from_db()
    assert membership.ends_on == timezone.localdate() + timedelta(days=365)
    assert MembershipReview.objects.get().by == cast.user("bich")
    assert membership not in selectors.reviews_due(cast.bich)


def test_what_has_ended_is_not_reviewed_back(cast):
    membership = cast.memberships["tam"]
    Membership.objects.filter(pk=membership.pk).update(ends_on="2020-01-01")
    with pytest.raises(WrongState):
        accounts.review_membership(actor=cast.an, membership=membership)


def test_work_that_runs_out_ends_by_itself(cast, sign_in):
    browser = sign_in("tam")
    Membership.objects.filter(user=cast.user("tam")).update(
        ends_on=timezone.localdate() - timedelta(days=1)
    )
    assert browser.get("/").status_code == 302


def test_ending_needs_a_hand_over_first(cast, sign_in):
    case = factories.case_opened(cast)
    membership = cast.memberships["hanh"]
    left = leaving.still_held(membership)
    assert {item.count for item in left} == {1} and len(left) == 2
    assert case.code not in str(left)
    today = timezone.localdate()
    with pytest.raises(Invalid):
        accounts.end_membership(actor=cast.an, membership=membership, on=today)
    with pytest.raises(Invalid):
        accounts.close_account(actor=cast.an, user=cast.user("hanh"), reason="left")
    accounts.end_membership(actor=cast.an, membership=membership, on=today + timedelta(days=9))
    page = sign_in("an").get(f"/accounts/work/{membership.uuid}/end/").content.decode()
    assert case.code not in page and factories.ALIAS not in page


def test_ending_ends_at_once(cast, sign_in):
    browser = sign_in("tam")
    with pytest.raises(Forbidden):
        accounts.end_membership(
            actor=cast.an, membership=cast.memberships["an"], on=timezone.localdate()
        )
    for actor in (cast.bich, cast.yen, cast.hanh):
        with pytest.raises(NotFound):
            accounts.end_membership(
                actor=actor, membership=cast.memberships["tam"], on=timezone.localdate()
            )
    accounts.end_membership(
        actor=cast.an, membership=cast.memberships["tam"], on=timezone.localdate()
    )
    assert browser.get("/").status_code == 302
    with pytest.raises(WrongState):
        accounts.end_membership(
            actor=cast.an, membership=cast.memberships["tam"], on=timezone.localdate()
        )


def test_who_comes_back_sees_nothing_of_before(cast):
    from cases.models import CaseGrant

    case = factories.case_opened(cast)
    membership = cast.memberships["hanh"]
    accounts.close_account(actor=cast.an, user=cast.user("hanh"), reason="suspicion")
    Membership.objects.filter(pk=membership.pk).update(ends_on="2020-01-01")
    change = accounts.propose_reinstating(actor=cast.an, user=cast.user("hanh"))
    accounts.decide_change(actor=proved(cast.yen), change=change, approve=True)
    again = accounts.propose_work(
        actor=cast.an,
        user=cast.user("hanh"),
        work=Work(cast.teams["office"], Role.SOCIAL_WORKER),
    )
    accounts.decide_change(actor=proved(cast.yen), change=again, approve=True)
    assert Membership.objects.live().get(user=cast.user("hanh")).pk == membership.pk
    live = CaseGrant.objects.filter(content_object=case, membership=membership)
    assert live.exists() and not live.filter(revoked_at__isnull=True).exists()


def test_a_closed_account_stays_closed_until_two_say_so(cast, sign_in):
    browser = sign_in("lan")
    user = cast.user("lan")
    for actor in (cast.bich, cast.yen, cast.hanh):
        with pytest.raises(NotFound):
            accounts.close_account(actor=actor, user=user, reason="suspicion")
    with pytest.raises(Forbidden):
        accounts.close_account(actor=cast.an, user=cast.user("an"), reason="left")
    with pytest.raises(Invalid):
        accounts.close_account(actor=cast.an, user=user, reason="")
    accounts.close_account(actor=cast.an, user=user, reason="suspicion")
    assert browser.get("/").status_code == 302
    assert door.knock(Client(), "lan").status_code == 200  # as for a wrong password
    change = accounts.propose_reinstating(actor=cast.an, user=user)
    with pytest.raises(Forbidden):
        accounts.decide_change(actor=proved(cast.an), change=change, approve=True)
    with pytest.raises(WrongState):
        accounts.propose_reinstating(actor=cast.an, user=user)
    accounts.decide_change(actor=proved(cast.yen), change=change, approve=True)
    user.refresh_from_db()
    assert user.is_active


# -- sessions


def test_she_sees_and_ends_her_sessions(cast, sign_in):
    here, there = sign_in("lan"), Client(headers={"user-agent": "Mozilla/5.0 (Linux; Android 14)"})
    door.enter(there, "lan")
    page = here.get("/account/").content.decode()
    other = OpenSession.objects.get(device="android")
    assert str(other.uuid) in page
    thu = sign_in("thu")
    assert thu.post(f"/account/sessions/{other.uuid}/end/").status_code == 404
    assert there.get("/account/").status_code == 200
    assert here.post(f"/account/sessions/{other.uuid}/end/").status_code == 302
    assert there.get("/account/").status_code == 302 and here.get("/account/").status_code == 200


def test_she_signs_out_everywhere_else(cast, sign_in):
    here, there = sign_in("lan"), Client()
    door.enter(there, "lan")
    here.post("/account/sessions/end/")
    assert there.get("/account/").status_code == 302 and here.get("/account/").status_code == 200


def test_an_administrator_ends_somebodys_sessions(cast, sign_in):
    lan, an = sign_in("lan"), sign_in("an")
    path = f"/accounts/{cast.user('lan').uuid}/sessions/"
    for name in ("bich", "yen", "hanh"):
        assert sign_in(name).post(path).status_code == 404
    assert lan.get("/account/").status_code == 200
    assert an.post(path).status_code == 302 and lan.get("/account/").status_code == 302


def test_a_session_that_ran_out_is_not_listed(cast, sign_in):
    sign_in("lan")
    user = cast.user("lan")
    assert selectors.open_sessions(user).count() == 1
    with time_machine.travel(timezone.now() + timedelta(minutes=17), tick=True):
        assert selectors.open_sessions(user).count() == 0


# -- by herself


def test_she_changes_her_password(cast, sign_in):
    here, there = sign_in("lan"), Client()
    door.enter(there, "lan")
    path = "/account/password/"
    new = {"new_password": GOOD, "again": GOOD}
    assert here.post(path, {"old_password": "wrong", **new}).status_code == 200
    weak = here.post(path, {"old_password": door.PASSWORD, "new_password": "lan", "again": "lan"})
    assert weak.status_code == 200 and cast.user("lan").check_password(door.PASSWORD)
    assert here.post(path, {"old_password": door.PASSWORD, **new}).status_code == 302
    assert User.objects.get(username="lan").check_password(GOOD)
    assert here.get("/account/").status_code == 200 and there.get("/account/").status_code == 302


def test_a_new_password_or_phone_asks_for_a_fresh_proof(cast, sign_in):
    here, path = sign_in("lan"), "/account/password/"
    typed = {"old_password": door.PASSWORD, "new_password": GOOD, "again": GOOD}
    with time_machine.travel(timezone.now() + timedelta(minutes=6), tick=True):
        assert here.get(path)["Location"].startswith("/prove/")
        assert here.post(path, typed).status_code == 401
    user = cast.user("lan")
    with pytest.raises(NeedsProof):
        recovery.change_own_password(actor=cast.lan, user=user, password=GOOD, session_key="")
    with pytest.raises(NeedsProof):
        recovery.drop_own_factor(actor=cast.lan, user=user)
    assert User.objects.get(username="lan").check_password(door.PASSWORD)


def test_guessing_the_old_password_is_ended(cast, sign_in):
    lan = sign_in("lan")
    typed = {"old_password": "wrong", "new_password": GOOD, "again": GOOD}
    answers = [lan.post("/account/password/", typed).status_code for _ in range(6)]
    assert answers == [200] * 4 + [429, 429]
    right = lan.post("/account/password/", {**typed, "old_password": door.PASSWORD})
    assert right.status_code == 429


def test_another_phone(cast, sign_in):
    user = door.device("lan")
    lan = sign_in("lan")
    assert lan.get("/account/phone/").status_code == 200
    assert lan.post("/account/phone/")["Location"] == "/sign-in/"
    assert not SecondFactor.objects.filter(user=user).exists()
    assert door.knock(Client(), "lan")["Location"] == "/sign-in/phone/"


def test_nobody_changes_somebody_elses(cast):
    user = cast.user("thu")
    for verb in (recovery.drop_own_factor, recovery.renew_recovery_codes):
        with pytest.raises(Forbidden):
            verb(actor=proved(cast.lan), user=user)
    with pytest.raises(Forbidden):
        recovery.change_own_password(actor=cast.lan, user=user, password=GOOD, session_key="")


# -- offices


def test_an_administrator_keeps_offices(cast, sign_in):
    an = sign_in("an")
    typed = {"code": "moi", "name": "Văn phòng mới", "kind": "case_office", "area_code": "13324"}
    assert an.post("/offices/new/", {**typed, "code": "Mới!"}).status_code == 422
    assert an.post("/offices/new/", {**typed, "area_code": "1"}).status_code == 422
    assert an.post("/offices/new/", typed).status_code == 302
    assert an.post("/offices/new/", typed).status_code == 422  # the code is taken
    office = Organisation.objects.get(code="moi")
    team = office.teams.get()
    assert an.post(f"/offices/{office.uuid}/team/", {"name": "Tổ hai"}).status_code == 302
    assert an.post(f"/teams/{team.uuid}/", {"name": "Tổ một", "is_active": "on"}).status_code == 302
    changed = {"name": "Văn phòng", "area_code": "", "is_active": "on"}
    assert an.post(f"/offices/{office.uuid}/change/", changed).status_code == 302
    assert set(Team.objects.filter(organisation=office).values_list("name", flat=True)) == {
        "Tổ một",
        "Tổ hai",
    }


def test_a_closed_office_ends_sight_at_once(cast, sign_in):
    lan = sign_in("lan")
    station = cast.organisations["station"]
    organisations.change_organisation(
        actor=cast.an, organisation=station, name=station.name, area_code="", is_active=False
    )
    assert lan.get("/").status_code == 302
    with pytest.raises(Forbidden):
        organisations.change_organisation(
            actor=cast.an,
            organisation=cast.organisations["programme"],
            name="x",
            area_code="",
            is_active=False,
        )
    for name in ("yen", "bich", "hanh"):
        with pytest.raises(NotFound):
            organisations.add_team(actor=getattr(cast, name), organisation=station, name="x")


# -- the screens


def test_the_first_page_of_an_administrator_is_her_list(cast, sign_in, nga):
    an = sign_in("an")
    assert an.get("/")["Location"] == "/accounts/"
    page = an.get("/accounts/").content.decode()
    assert "Nguyễn Thị Hạnh" in page and "Trần Thị Nga" in page
    yen = sign_in("yen").get("/accounts/").content.decode()
    assert f"/accounts/changes/{change_of(nga[0]).uuid}/" in yen


def test_a_supervisor_sees_her_team_only(cast, sign_in):
    page = sign_in("bich").get("/accounts/").content.decode()
    assert "Đỗ Thanh Tâm" in page and "Phạm Thị Lan" not in page
    assert sign_in("bich").get(f"/accounts/{cast.user('lan').uuid}/").status_code == 404


@pytest.mark.parametrize("name", ["hanh", "lan", "hoa", "van", "quy"])
def test_nobody_else_finds_the_accounts(cast, sign_in, nga, name):
    user, change = nga[0], change_of(nga[0])
    browser = sign_in(name)
    membership = cast.memberships["tam"].uuid
    for path in (
        "/accounts/",
        "/accounts/new/",
        f"/accounts/{user.uuid}/",
        f"/accounts/{user.uuid}/work/",
        f"/accounts/{user.uuid}/close/",
        f"/accounts/changes/{change.uuid}/",
        f"/accounts/work/{membership}/",
        f"/accounts/work/{membership}/end/",
        "/offices/",
        "/offices/new/",
        f"/offices/{cast.organisations['office'].uuid}/",
    ):
        assert browser.get(path).status_code == 404, path
        assert browser.post(path).status_code in (404, 405), path


def test_the_list_costs_the_same_for_many(cast, sign_in, django_assert_max_num_queries):
    an = sign_in("an")
    an.get("/accounts/")
    with django_assert_max_num_queries(12):
        few = an.get("/accounts/").content
    office = cast.teams["office"]
    users = User.objects.bulk_create(
        User(username=f"nguoi{n}", display_name=f"Người {n}", password="x") for n in range(60)
    )
    Membership.objects.bulk_create(
        Membership(user=user, organisation=office.organisation, team=office, role="supervisor")
        for user in users
    )
    with django_assert_max_num_queries(12):
        many = an.get("/accounts/").content
    assert len(few) < 60_000 and b"after=" in many
    later = an.get("/accounts/?after=nguoi5&q=Ng\0").content.decode()
    assert "Người 50" in later and "Người 10" not in later


def test_deciding_at_the_screen_asks_for_proof_and_goes_on(cast, sign_in, nga):
    change = change_of(nga[0])
    path = f"/accounts/changes/{change.uuid}/"
    door.device("yen")
    yen = sign_in("yen")
    assert yen.post(path, {"decision": "x"}).status_code == 422
    with time_machine.travel(timezone.now() + timedelta(minutes=6), tick=True):
        asked = yen.post(path, {"decision": "approve"})
        assert asked.status_code == 401
        token = re.search(r'name="kept" value="([^"]+)"', asked.content.decode())[1]
        code = door.code_of(door.device("yen"))
        shown = yen.post("/prove/", {"password": door.PASSWORD, "code": code, "kept": token})
        assert f'action="{path}"' in shown.content.decode()
        assert 'name="decision" value="approve"' in shown.content.decode()
        assert yen.post(path, {"decision": "approve"}).status_code == 302
    change.refresh_from_db()
    assert change.state == "approved"


@pytest.mark.parametrize("path", ["end", "", "close", "work", "person"])
def test_the_pages_show(cast, sign_in, path):
    an = sign_in("an")
    uuid, work = cast.user("tam").uuid, cast.memberships["tam"].uuid
    where = {
        "end": f"/accounts/work/{work}/end/",
        "": f"/accounts/work/{work}/",
        "close": f"/accounts/{uuid}/close/",
        "work": f"/accounts/{uuid}/work/?replaces={work}",
        "person": f"/accounts/{uuid}/",
    }[path]
    assert an.get(where).status_code == 200
    if path in ("end", "close", "work"):
        assert an.post(where, {}).status_code == 422


def test_codes_and_secrets_are_never_logged(cast, caplog, sign_in):
    caplog.set_level("DEBUG")
    user = door.device("lan")
    with keys.fresh_ring():
        code = recovery.make_code(actor=cast.an, user=user, purpose=CodePurpose.PASSWORD)
    client = Client()
    digits = door.code_of(user)
    door.knock(client, "lan")
    client.post("/sign-in/code/", {"code": digits})
    Client().post("/sign-in/office-code/", {"username": "lan", "code": code})
    Client().post("/sign-in/office-code/", {"username": "lan", "code": "WRONG-22222-22222"})
    from privacy.logs import IdsOnly, Line

    said = ""
    for record in caplog.records:
        if IdsOnly().filter(record):
            said += Line().format(record)
    assert "request" in said
    for secret in (digits, code, code.replace("-", ""), "WRONG", door.PASSWORD, 'lan"'):
        assert secret not in said
