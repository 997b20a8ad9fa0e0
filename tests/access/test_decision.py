"""The access decision: one answer whether plain SQL or the ORM gives it, few queries, and never an
old one: a right that ends is gone with the next question, also inside long work."""

from datetime import timedelta

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases import actions
from cases.models import Case, CaseGrant
from privacy import access, keys
from privacy.compartments import CASE_COMPARTMENTS
from privacy.compartments import Compartment as C
from privacy.decision import held
from privacy.models import Basis, GrantSource, Membership
from referrals.models import Referral
from tests import factories as f
from tests.cast import PEOPLE

PERMISSIONS = ["work", *(item.permission for item in CASE_COMPARTMENTS)]


def both_answers(actor, objects, permissions):
    model = type(objects[0])
    ids = [item.pk for item in objects]
    sql = {
        (row.object_id, row.permission_id, row.basis_id, row.source)
        for row in held(actor, [access._question(actor, model, ids, permissions)])
    }
    orm = set(
        access.live(actor, model, permissions)
        .filter(content_object__in=ids)
        .values_list("content_object_id", "permission_id", "basis_id", "source")
    )
    return sql, orm


@pytest.fixture
def grants(cast):
    """A file with grants of every fate."""
    case = f.case_in_support(cast)
    now = timezone.now()
    office = cast.organisations["station"]
    live = Basis.objects.create(recipient=office)
    fates = [
        {"expires_at": now + timedelta(hours=1)},
        {"expires_at": now - timedelta(seconds=1)},
        {"starts_at": now + timedelta(hours=1)},
        {"revoked_at": now},
        {"basis": live},
        {"basis": Basis.objects.create(recipient=office, ended_at=now)},
        {"basis": Basis.objects.create(recipient=office, valid_until=now - timedelta(seconds=1))},
        {"basis": Basis.objects.create(recipient=office, valid_from=now + timedelta(hours=1))},
        {"membership": cast.memberships["hanh"]},
    ]
    names = ["work", *(item.permission for item in CASE_COMPARTMENTS)]
    for fate, name in zip(fates, names, strict=False):
        given = {"membership": cast.memberships["tam"]} | fate
        CaseGrant.objects.create(
            content_object=case,
            permission_id=access.permission_id(Case, name),
            user=cast.user("tam"),
            source=GrantSource.HAND_OVER,
            sort_key=1,
            granted_by=cast.user("bich"),
            **given,
        )
    return case


def test_sql_and_orm_agree(cast, grants):
    seen = set()
    for name in PEOPLE:
        sql, orm = both_answers(getattr(cast, name), [grants], PERMISSIONS)
        assert sql == orm, name
        seen |= sql
    assert len(both_answers(cast.tam, [grants], PERMISSIONS)[0]) == 2  # of nine fates
    assert len(seen) > 10


@pytest.mark.parametrize(
    "end",
    [
        {"ends_on": timezone.localdate() - timedelta(days=1)},
        {"starts_on": timezone.localdate() + timedelta(days=1)},
        {"role": "programme_officer"},
    ],
)
def test_they_agree_when_the_job_is_over(cast, grants, end):
    Membership.objects.filter(pk=cast.memberships["hanh"].pk).update(**end)
    assert both_answers(cast.hanh, [grants], PERMISSIONS) == (set(), set())


@pytest.mark.parametrize("part", ["user", "team", "organisation"])
def test_they_agree_when_somebody_or_somewhere_is_inactive(cast, grants, part):
    row = getattr(cast.memberships["hanh"], part)
    row.is_active = False
    row.save()
    assert both_answers(cast.hanh, [grants], PERMISSIONS) == (set(), set())


def test_a_page_of_fifty_costs_as_many_questions_as_one(cast):
    slip = f.referral_received(cast)
    first = Case.objects.get()
    cases = [first, *(f.case_opened(cast) for _ in range(3))]

    def asked(objects):
        with CaptureQueriesContext(connections["default"]) as caught, keys.fresh_ring():
            access.open_keys(cast.hanh, objects, [C.IDENTITY, C.PACKET], purpose="test")
        return len(caught.captured_queries)

    access.open_keys(cast.hanh, [first, slip], [C.IDENTITY, C.PACKET], purpose="test")
    assert asked([first]) == asked(cases) == asked([*cases, slip]) == 1


def test_both_kinds_in_one_answer(cast):
    slip = f.referral_received(cast)
    case = Case.objects.get()
    assert access.may_each(cast.hanh, [case, slip]) == {(Case, case.pk), (Referral, slip.pk)}
    assert access.may_each(cast.lan, [case, slip]) == {(Referral, slip.pk)}
    assert access.may_each(cast.kien, [case, slip]) == set()
    assert access.may_each(cast.hanh, []) == set()


# -- inside long work


@pytest.fixture
def seven(cast):
    return [f.case_opened(cast) for _ in range(7)]


def test_a_grant_revoked_in_the_middle_is_felt_in_the_middle(cast, seven):
    got = []
    for case in access.guarded(cast.hanh, seven, batch=2):
        got.append(case)
        if len(got) == 2:
            actions.assign_case(actor=cast.bich, case=seven[4], worker=cast.user("tam"))
            access.take_away(seven[2], by=cast.bich)
    assert got == [seven[0], seven[1], seven[3], seven[5], seven[6]]


def test_a_consent_taken_back_in_the_middle_is_felt_in_the_middle(cast):
    slips = [f.referral_received(cast, f.case_in_support(cast)) for _ in range(3)]
    export = access.guarded(cast.lan, slips, batch=1)
    assert next(export) == slips[0]
    consent = f.link_of(slips[1]).consent
    actions.withdraw(actor=cast.hanh, consent=consent, method="verbal")
    assert list(export) == [slips[2]]


def test_a_job_that_ends_stops_the_work(cast, seven):
    export = access.guarded(cast.hanh, seven, batch=2)
    assert [next(export), next(export)] == seven[:2]
    Membership.objects.filter(pk=cast.memberships["hanh"].pk).update(
        ends_on=timezone.localdate() - timedelta(days=1)
    )
    with pytest.raises(access.AccessEnded):
        next(export)


def test_a_session_that_ends_stops_the_work(cast, seven):
    here = [True]
    export = access.guarded(cast.hanh, seven, batch=3, still_signed_in=lambda: here[0])
    assert [next(export) for _ in range(3)] == seven[:3]
    here[0] = False
    with pytest.raises(access.AccessEnded):
        next(export)


def test_a_revoked_right_is_gone_with_the_next_request(cast, sign_in):
    case = f.case_in_support(cast)
    client = sign_in("hanh")
    assert client.get(f"/cases/{case.uuid}/").status_code == 200
    actions.assign_case(actor=cast.bich, case=case, worker=cast.user("tam"))
    assert client.get(f"/cases/{case.uuid}/").status_code == 404
