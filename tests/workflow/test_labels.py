"""Names in a list: opened once a page, each room its own, and nobody reads more than she may."""

import pytest
from django.db import connections

from cases import actions
from privacy import keys
from privacy.compartments import Compartment as C
from privacy.fields import LOCKED
from privacy.models import AuditEvent
from referrals import actions as slips
from tests import factories
from tests.factories import ALIAS
from workflow import labels
from workflow.models import WorkItem
from workflow.selectors import waiting_for, waiting_in_team

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


def named(actor, items=None):
    rows = list(waiting_for(actor) if items is None else items)
    with keys.fresh_ring():
        found = labels.name_all(actor, rows)
        return [found.get(item.pk) for item in rows]


def test_a_worker_reads_case_code_and_alias(cast):
    case = factories.case_opened(cast)
    [label] = named(cast.hanh)
    assert (label.reference, label.name) == (case.code, ALIAS)
    assert label.url == f"/cases/{case.uuid}/"


def test_a_recipient_reads_the_slips_own_reference_and_never_the_case_code(cast):
    referral = factories.referral_sent(cast)
    case = factories.link_of(referral).case
    [label] = named(cast.lan)
    assert (label.reference, label.name) == (referral.reference, "")  # not opened yet
    slips.receive(actor=cast.lan, referral=referral)
    [label] = named(cast.lan)
    assert label.name == ALIAS and label.url == f"/referrals/{referral.uuid}/"
    assert case.code not in str(label) and str(case.uuid) not in str(label)


def test_the_sender_sees_the_same_slip_under_her_case(cast):
    referral = factories.referral_no_show(cast)
    case = factories.link_of(referral).case
    found = {
        item.step: label
        for item, label in zip(waiting_for(cast.hanh), named(cast.hanh), strict=True)
    }
    assert found["contact_client"].reference == case.code


def test_a_peer_worker_reads_her_contact(cast):
    lead = factories.lead_made(cast)
    [label] = named(cast.hoa)
    assert (label.reference, label.name) == (lead.reference, ALIAS)


def test_without_a_grant_the_name_is_locked(cast):
    factories.case_opened(cast)
    [label] = named(cast.tam, WorkItem.objects.all())
    assert label.name is LOCKED


def test_after_a_withdrawal_the_name_is_gone_at_once(cast):
    referral = factories.referral_received(cast)
    items = list(waiting_for(cast.lan))
    consent = factories.link_of(referral).consent
    actions.withdraw(actor=cast.hanh, consent=consent, method="verbal")
    assert not waiting_for(cast.lan).exists()
    [label] = named(cast.lan, items)
    assert label.name is LOCKED


def test_one_page_is_one_audit_row(cast):
    for _ in range(3):
        factories.case_opened(cast)
    before = AuditEvent.objects.count()
    assert len(named(cast.hanh)) == 3
    [row] = AuditEvent.objects.order_by("pk")[before:]
    assert (row.action, row.purpose, row.count) == ("open_list", "worklist", 3)
    assert row.compartments == C.IDENTITY.value


def count(actor, items):
    totals = {}
    for alias in ("default", "keystore", "audit"):
        counted = []
        wrapper = connections[alias].execute_wrapper(
            lambda execute, *args, seen=counted: (seen.append(1), execute(*args))[1]
        )
        with wrapper, keys.fresh_ring():
            assert labels.name_all(actor, items)
        totals[alias] = len(counted)
    return totals


def test_ten_names_cost_what_one_costs(cast):
    for _ in range(10):
        factories.case_opened(cast)
    items = list(waiting_in_team(cast.bich))
    named(cast.bich, items)  # permissions are learnt once a process
    assert count(cast.bich, items[:1]) == count(cast.bich, items)
    assert count(cast.bich, items)["keystore"] == 1


def test_an_item_that_nobody_names_is_left_out(cast):
    factories.case_opened(cast)
    WorkItem.objects.update(flow="gone")
    assert named(cast.hanh) == [None]
    assert named(cast.hanh, []) == []


def test_a_labeller_registers_once():
    before = list(labels._labellers)
    for labeller in before:
        labels.register(type(labeller)())
    assert labels._labellers == before
