"""May she: role ∧ live membership ∧ live grant ∧ consent that holds; and the row before the key."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, OperationalError, connections, transaction
from django.utils import timezone

from cases.models import Case, CaseGrant, Lead
from privacy import access, keys
from privacy.audit import chain
from privacy.compartments import Compartment as C
from privacy.errors import NotFound
from privacy.fields import LOCKED
from privacy.models import AuditEvent, Basis, GrantSource, Membership, Organisation, Team, User
from privacy.roles import Role
from privacy.sessions import actor_for, system_actor
from referrals.models import Referral, ReferralGrant
from tests import factories

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


@pytest.fixture
def case(cast):
    return factories.case_opened(cast)


@pytest.fixture
def referral(cast):
    return factories.referral_sent(cast)


def opens(actor, record, *compartments):
    with keys.fresh_ring():
        found = access.open_keys(actor, [record], compartments, purpose="test")
        return {compartment.value for _, compartment in found}


def sees(actor, record):
    return access.can(actor, record) and record in access.visible(actor, type(record))


def grants_of(record, actor):
    model = ReferralGrant if isinstance(record, Referral) else CaseGrant
    return model.objects.filter(content_object=record, user_id=actor.user_id)


# -- every way a grant can fail to count

ENDINGS = {
    "expired": {"expires_at": -1},
    "in future": {"starts_at": 1},
    "revoked": {"revoked_at": -1},
}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("who", ["hanh", "bich"])
def test_a_grant_that_is_not_live_gives_nothing(cast, case, who, ending):
    actor = getattr(cast, who)
    assert sees(actor, case) and opens(actor, case, C.IDENTITY) == {"identity"}
    values = {
        name: timezone.now() + timedelta(seconds=sign) for name, sign in ENDINGS[ending].items()
    }
    CaseGrant.objects.filter(content_object=case).update(**values)
    assert not access.can(actor, case) and not access.visible(actor, Case).exists()
    assert opens(actor, case, C.IDENTITY) == set()
    with pytest.raises(NotFound):
        access.find(actor, Case, case.uuid)


def test_a_grant_ends_at_its_moment_and_not_before(cast, case):
    until = timezone.now() + timedelta(days=7)
    access.take_away(case, by=cast.bich, user=cast.hanh.user_id, at=until)
    with time_machine.travel(until - timedelta(seconds=1), tick=False):
        assert sees(cast.hanh, case)
    with time_machine.travel(until, tick=False):
        assert not sees(cast.hanh, case)


BASES = {
    "ended": {"ended_at": 0},
    "ran out": {"valid_until": -1},
    "not yet": {"valid_from": 60},
}


@pytest.mark.parametrize("ending", BASES)
def test_outside_the_case_team_consent_governs(cast, referral, ending):
    assert opens(cast.lan, referral, C.PACKET, C.ENTRIES) == {"packet", "entries"}
    values = {
        name: timezone.now() + timedelta(seconds=seconds) for name, seconds in BASES[ending].items()
    }
    Basis.objects.filter(pk=referral.basis_id).update(**values)
    assert opens(cast.lan, referral, C.PACKET, C.ENTRIES) == set()
    assert not access.can(cast.lan, referral)
    # Whoever wrote the slip still reads it.
    assert opens(cast.hanh, referral, C.PACKET) == {"packet"}


def gone(cast, name, how):
    membership = cast.memberships[name]
    yesterday = timezone.localdate() - timedelta(days=1)
    {
        "deactivated": lambda: User.objects.filter(pk=membership.user_id).update(is_active=False),
        "membership over": lambda: Membership.objects.filter(pk=membership.pk).update(
            ends_on=yesterday
        ),
        "membership not begun": lambda: Membership.objects.filter(pk=membership.pk).update(
            starts_on=timezone.localdate() + timedelta(days=1)
        ),
        "organisation closed": lambda: Organisation.objects.filter(
            pk=membership.organisation_id
        ).update(is_active=False),
        "team closed": lambda: Team.objects.filter(pk=membership.team_id).update(is_active=False),
        "role changed": lambda: Membership.objects.filter(pk=membership.pk).update(
            role=Role.PROGRAMME_OFFICER
        ),
    }[how]()


@pytest.mark.parametrize(
    "how",
    ["deactivated", "membership over", "membership not begun", "organisation closed"]
    + ["team closed", "role changed"],
)
@pytest.mark.parametrize("who", ["hanh", "bich"])
def test_an_actor_outlives_no_membership(cast, case, who, how):
    """The actor was made before; the rights are asked of the database."""
    actor = getattr(cast, who)
    gone(cast, who, how)
    assert not access.can(actor, case) and opens(actor, case, C.IDENTITY) == set()
    assert not access.visible(actor, Case).exists()


# -- rights of two jobs never add up


@pytest.fixture
def second_job(cast):
    """Hạnh also works elsewhere: the same person, another team."""

    def take(role, team):
        membership = Membership.objects.create(
            user=cast.user("hanh"),
            organisation=cast.organisations[team],
            team=cast.teams[team],
            role=role,
        )
        return actor_for(membership)

    return take


@pytest.mark.parametrize(
    ("role", "team"),
    [
        (Role.SOCIAL_WORKER, "other_office"),
        (Role.SUPERVISOR, "other_office"),
        (Role.SUPERVISOR, "office"),
        (Role.PEER_WORKER, "peers"),
        (Role.ADMINISTRATOR, "programme"),
    ],
)
def test_a_grant_counts_under_the_job_it_was_given_for(cast, case, second_job, role, team):
    other = second_job(role, team)
    personal = CaseGrant.objects.filter(content_object=case, team__isnull=True)
    assert {grant.membership_id for grant in personal} == {cast.hanh.membership_id}
    CaseGrant.objects.filter(content_object=case, team__isnull=False).delete()
    assert sees(cast.hanh, case) and not sees(other, case)
    assert opens(other, case, *C) == set()


def test_a_team_grant_needs_the_role_in_that_team(cast, case, second_job):
    supervisor_elsewhere = second_job(Role.SUPERVISOR, "other_office")
    assert not access.can(supervisor_elsewhere, case)
    assert not access.can(cast.tam, case)  # a social worker works on her own cases only
    assert not access.can(cast.loan, case)


@pytest.mark.parametrize("stolen", ["role", "team_id", "membership_id", "user_id"])
def test_an_actor_pieced_together_has_no_rights(cast, case, stolen):
    actor = replace(cast.bich, **{stolen: getattr(cast.kien, stolen)})
    assert not access.can(actor, case) and opens(actor, case, C.IDENTITY) == set()


def test_grants_are_given_for_one_job_only(cast, case, second_job):
    second_job(Role.SOCIAL_WORKER, "other_office")
    tam = {"source": GrantSource.DEPUTY, "granted_by": cast.bich, "sort_key": 1}
    with pytest.raises(LookupError):  # two jobs fit: no guess
        access.give(case, ["work"], user=cast.hanh.user_id, **tam)
    access.give(case, ["work"], user=cast.hanh.user_id, under=cast.teams["office"], **tam)
    with pytest.raises(LookupError):  # no job of hers may hold it
        access.give(case, [C.HEALTH.permission], user=cast.tam.user_id, **tam)
    with pytest.raises(LookupError):
        access.give(case, ["work"], user=cast.an.user_id, **tam)


def test_the_system_opens_nothing(cast, case):
    actor = system_actor()
    assert not access.can(actor, case)
    assert not access.visible(actor, Case).exists()
    before = AuditEvent.objects.count()
    assert opens(actor, case, *C) == set()
    assert AuditEvent.objects.count() == before


def test_no_grant_no_role_no_key(cast, case):
    for name in ("lan", "thu", "minh", "dung", "van", "quy", "an", "yen", "kien", "loan", "hoa"):
        actor = getattr(cast, name)
        assert not access.can(actor, case), name
        assert opens(actor, case, *C) == set(), name


def test_a_role_opens_no_more_than_its_row_whatever_was_granted(cast, case):
    """Rows planted in the grant table meet the matrix."""
    every = [item.permission for item in C if item.permission in dict(Case._meta.permissions)]
    for name, allowed in (
        ("an", set()),
        ("quy", set()),
        ("yen", set()),
        ("hoa", {"identity", "contact", "notes"}),
        ("tam", {"identity", "contact", "needs", "protection", "livelihood", "notes"}),
        ("van", {"identity", "contact", "child"}),
    ):
        actor = getattr(cast, name)
        CaseGrant.objects.bulk_create(
            CaseGrant(
                content_object=case,
                user_id=actor.user_id,
                membership_id=actor.membership_id,
                permission_id=access.permission_id(Case, permission),
                source=GrantSource.BREAK_GLASS,
                sort_key=1,
                granted_by_id=actor.user_id,
            )
            for permission in every
        )
        assert opens(actor, case, *C) == allowed, name


# -- the audit row before the key


def test_the_row_is_written_before_the_key_is_released(cast, case, monkeypatch):
    order = []
    real_open, real_write = keys.open_pairs, access.audit.opened
    monkeypatch.setattr(
        access.audit, "opened", lambda **facts: (order.append("row"), real_write(**facts))
    )
    monkeypatch.setattr(
        keys, "open_pairs", lambda pairs: (order.append("key"), real_open(pairs))[1]
    )
    opens(cast.hanh, case, C.IDENTITY)
    assert order == ["row", "key"]


def test_no_row_no_key(cast, case, monkeypatch):
    def fails(*_args, **_kwargs):
        raise OperationalError("disk full")

    monkeypatch.setattr(chain, "_insert", fails)
    with keys.fresh_ring():
        with pytest.raises(OperationalError):
            access.open_keys(cast.hanh, [case], [C.IDENTITY], purpose="test")
        assert keys.ring().seen == {}


def test_the_row_names_what_was_opened_and_no_word(cast, case):
    opens(cast.hanh, case, C.IDENTITY, C.HEALTH)
    row = AuditEvent.objects.filter(action="open").latest("pk")
    assert (row.object_uuid, row.object_type) == (case.uuid, "cases.case")
    assert (row.compartments, row.purpose, row.result) == ("identity", "test", "allowed")
    assert (row.actor_uuid, row.membership_id) == (cast.hanh.user_uuid, cast.hanh.membership_id)
    assert row.session == cast.hanh.session and "session-of" not in row.session


def test_what_rests_on_a_consent_names_it(cast, referral):
    opens(cast.lan, referral, C.PACKET)
    row = AuditEvent.objects.filter(action="open").latest("pk")
    assert row.basis_id == referral.basis_id


def test_what_stays_shut_leaves_no_allowed_row(cast, case):
    before = AuditEvent.objects.filter(action="open").count()
    assert opens(cast.lan, case, C.IDENTITY) == set()
    assert AuditEvent.objects.filter(action="open").count() == before


def test_a_refusal_outlives_the_rolled_back_request(cast, case):
    before = AuditEvent.objects.filter(result="refused:no_grant").count()
    with pytest.raises(NotFound), transaction.atomic():
        Lead.objects.all().update(area_code="00000")
        access.find(cast.lan, Case, case.uuid)
    rows = AuditEvent.objects.filter(result="refused:no_grant")
    assert rows.count() == before + 1
    assert rows.latest("pk").actor_uuid == cast.lan.user_uuid


def test_absent_and_forbidden_look_alike(cast, case):
    answers = []
    for uuid in (uuid4(), case.uuid):
        with pytest.raises(NotFound) as caught:
            access.find(cast.lan, Case, uuid)
        answers.append((type(caught.value), str(caught.value), caught.value.message))
    assert answers[0] == answers[1]


def test_a_list_is_one_row_with_count_and_hash(cast):
    cases = [factories.case_opened(cast) for _ in range(3)]
    with keys.fresh_ring():
        access.open_keys(cast.hanh, cases, [C.IDENTITY], purpose="list")
    row = AuditEvent.objects.filter(action="open_list").latest("pk")
    assert (row.count, row.object_uuid) == (3, None) and len(row.ids_hash) == 64
    with keys.fresh_ring():
        access.open_keys(cast.hanh, reversed(cases), [C.IDENTITY], purpose="list")
    assert AuditEvent.objects.filter(action="open_list").latest("pk").ids_hash == row.ids_hash


def test_in_a_list_only_her_own_open(cast):
    mine, other = factories.case_opened(cast), factories.case_opened(cast, by="kien")
    with keys.fresh_ring():
        access.open_keys(cast.hanh, [mine, other], [C.IDENTITY], purpose="list")
        assert factories.fresh(mine).alias == factories.ALIAS
        assert factories.fresh(other).alias is LOCKED


# -- giving and taking


def live_count(case, **holder):
    return CaseGrant.objects.filter(content_object=case, revoked_at__isnull=True, **holder).count()


def give(cast, case, **more):
    access.give(
        case,
        ("work", C.IDENTITY.permission),
        source=GrantSource.DEPUTY,
        granted_by=cast.bich,
        sort_key=case.sort_key,
        user=cast.tam.user_id,
        **more,
    )


def test_giving_twice_changes_nothing(cast, case):
    give(cast, case)
    before = list(CaseGrant.objects.order_by("pk").values())
    give(cast, case)
    assert list(CaseGrant.objects.order_by("pk").values()) == before
    assert sees(cast.tam, case)


def test_after_expiry_or_revocation_it_is_given_anew(cast, case):
    give(cast, case, expires_at=timezone.now() + timedelta(days=1))
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert not sees(cast.tam, case)
        give(cast, case)
        assert sees(cast.tam, case)
    access.take_away(case, by=cast.bich, user=cast.tam.user_id)
    assert not sees(cast.tam, case)
    give(cast, case)
    assert sees(cast.tam, case)
    history = grants_of(case, cast.tam)
    assert history.filter(revoked_at__isnull=False).count() == 4 and history.count() == 6


def test_an_old_end_date_does_not_cut_a_new_grant_short(cast, case):
    """She hands over, then gets the case back within the seven days."""
    access.take_away(
        case, by=cast.bich, user=cast.hanh.user_id, at=timezone.now() + timedelta(days=7)
    )
    access.give(
        case,
        ("work", C.IDENTITY.permission),
        source=GrantSource.ASSIGNMENT,
        granted_by=cast.bich,
        sort_key=case.sort_key,
        user=cast.hanh.user_id,
        under=cast.teams["office"],
    )
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        assert sees(cast.hanh, case)


def test_a_new_consent_takes_the_place_of_the_old_one(cast, referral):
    basis = Basis.objects.create(recipient=cast.organisations["station"])
    Basis.objects.filter(pk=referral.basis_id).update(ended_at=timezone.now())
    assert not access.can(cast.lan, referral)
    access.give(
        referral,
        ("work", C.PACKET.permission, C.ENTRIES.permission),
        source=GrantSource.REFERRAL,
        granted_by=cast.hanh,
        sort_key=1,
        team=referral.recipient_team_id,
        basis=basis,
    )
    assert access.can(cast.lan, referral)


def test_an_end_is_never_moved_later(cast, case):
    soon = timezone.now() + timedelta(days=1)
    give(cast, case, expires_at=soon)
    access.take_away(case, by=cast.bich, user=cast.tam.user_id, at=soon + timedelta(days=30))
    assert set(grants_of(case, cast.tam).values_list("expires_at", flat=True)) == {soon}


def test_taking_away_can_be_narrow(cast, referral):
    assert access.take_away(referral, by=cast.bich, permissions=["open_entries"]) == 1
    assert opens(cast.lan, referral, C.PACKET, C.ENTRIES) == {"packet"}
    access.take_away(referral, by=cast.bich, outside=True)
    assert not access.can(cast.lan, referral) and access.can(cast.hanh, referral)
    access.take_away(referral, by=cast.hanh)
    assert not access.can(cast.hanh, referral) and not access.can(cast.bich, referral)


@pytest.mark.parametrize("holders", ["none", "both"])
def test_a_grant_has_exactly_one_holder(cast, case, holders):
    held = {} if holders == "none" else {"user": cast.tam.user_id, "team": cast.teams["office"]}
    with pytest.raises(IntegrityError), transaction.atomic():
        access.give(
            case,
            ["work"],
            source=GrantSource.DEPUTY,
            granted_by=cast.bich,
            sort_key=1,
            **held,
        )


def test_outside_the_sending_team_a_referral_grant_needs_a_consent(cast, referral):
    with pytest.raises(IntegrityError), transaction.atomic():
        access.give(
            referral,
            ["work"],
            source=GrantSource.REFERRAL,
            granted_by=cast.hanh,
            sort_key=1,
            team=cast.teams["union"],
        )


def test_grants_are_kept_when_taken_away(cast, case):
    before = CaseGrant.objects.count()
    access.take_away(case, by=cast.bich)
    assert CaseGrant.objects.count() == before and live_count(case) == 0


# -- what lists cost


def queries(alias, run):
    counted = []
    with connections[alias].execute_wrapper(
        lambda execute, *args: (counted.append(args[0]), execute(*args))[1]
    ):
        run()
    return len(counted)


@pytest.mark.parametrize("many", [1, 8])
def test_opening_costs_the_same_for_one_and_for_many(cast, many):
    cases = [factories.case_opened(cast) for _ in range(many)]
    opens(cast.hanh, cases[0], C.IDENTITY)  # permission ids are learnt once a process
    costs = {}
    for alias in ("default", "keystore", "audit"):
        with keys.fresh_ring():
            costs[alias] = queries(
                alias,
                lambda: access.open_keys(
                    cast.hanh, cases, [C.IDENTITY, C.CONTACT, C.NEEDS], purpose="list"
                ),
            )
    # The audit reads its own last row, then writes the next.
    assert costs == {"default": 1, "keystore": 1, "audit": 2}


def test_a_list_is_one_query(cast, django_assert_num_queries):
    for _ in range(3):
        factories.case_opened(cast)
    ContentType.objects.get_for_model(Case)
    access.visible(cast.hanh, Case)
    with django_assert_num_queries(1):
        assert len(access.visible(cast.hanh, Case)) == 3
