"""Who has lost a file loses its registers: requests, erasures, legal holds, over or going on."""

import pytest
from django.utils import timezone

from cases import actions
from cases.models import Case
from privacy import access
from privacy.errors import Forbidden, NotFound
from privacy.models import Membership
from privacy.roles import Role
from tests import factories as make
from workflow.selectors import waiting_for

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])
REGISTER = "open_register"


def registered(cast, case):
    """A request that is over, an erasure that waits and a hold that waits."""
    request = actions.register_request(
        actor=cast.hanh,
        case=case,
        kind="object",
        asked_by="client",
        asked_how="worker",
        identity_check="known",
        received_on=timezone.localdate(),
        words="Chị phản đối",
    )
    actions.answer_request(actor=cast.yen, request=request, answer="Đã nhận")
    actions.decide_request(
        actor=cast.yen,
        request=request,
        outcome="refused",
        findings="Đã xem",
        refused_because="law",
    )
    erasure = actions.request_erasure(
        actor=cast.hanh,
        case=case,
        asked_by="client",
        asked_how="in_person",
        asked_on=timezone.localdate(),
        reason="Bắt đầu lại",
    )
    hold = actions.propose_hold(actor=cast.yen, case=case, source="court", reason="Chờ toà")
    return request, erasure, hold


def readers(cast, record, names="hanh tam bich kien loan van yen"):
    return {name for name in names.split() if access.can(getattr(cast, name), record, REGISTER)}


def test_to_another_worker_of_the_team(cast):
    case = make.case_in_support(cast)
    request, erasure, hold = registered(cast, case)
    assert readers(cast, request) == readers(cast, erasure) == {"hanh", "bich", "yen"}
    actions.assign_case(actor=cast.bich, case=case, worker=cast.user("tam"))
    assert readers(cast, request) == readers(cast, erasure) == {"tam", "bich", "yen"}
    assert readers(cast, hold) == {"bich", "yen"}
    with pytest.raises(NotFound):
        actions.cancel_erasure(actor=cast.hanh, erasure=erasure)


def test_to_another_office_which_decides_from_now_on(cast):
    moving = make.transfer_offered(cast)
    request, erasure, hold = registered(cast, moving.case)
    actions.accept_transfer(actor=cast.loan, transfer=moving, worker=cast.user("kien"))
    assert readers(cast, request) == readers(cast, erasure) == {"kien", "loan", "yen"}
    assert readers(cast, hold) == {"loan", "yen"}
    assert "legal_hold" in {item.flow for item in waiting_for(cast.loan)}
    assert "legal_hold" not in {item.flow for item in waiting_for(cast.bich)}
    with pytest.raises((NotFound, Forbidden)):
        actions.decide_hold(actor=cast.bich, hold=hold, agrees=True)
    actions.decide_hold(actor=cast.loan, hold=hold, agrees=True)


def test_a_child_s_registers_are_for_those_who_protect_her(cast):
    case = make.case_consented(cast)
    # Two supervisors in the team: one of them will be named for the child.
    Membership.objects.filter(pk=cast.memberships["tam"].pk).update(role=Role.SUPERVISOR)
    cast.memberships["tam"].refresh_from_db()
    request, erasure, hold = registered(cast, case)
    assert "tam" in readers(cast, request) & readers(cast, erasure) & readers(cast, hold)
    with make.opened(cast.hanh, case, *make.WORKER_KEYS):
        actions.save_answers(actor=cast.hanh, case=case, answers={"C6": "16_17"})
    child = Case.objects.select_related("named_supervisor").get(pk=case.pk)
    assert child.track == "child" and child.named_supervisor is not None
    named = child.named_supervisor.username
    assert readers(cast, request) == {"van", "yen"}
    assert readers(cast, erasure) == readers(cast, hold) == {named, "yen"}
