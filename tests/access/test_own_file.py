"""A second job gives nobody a word about her own file: complaints, erasures, holds, requests."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cases import actions
from cases.models import RightsRequest
from cases.selectors import rights as registers
from privacy import keys
from privacy.errors import Forbidden, NotFound
from privacy.models import Membership
from privacy.sessions import actor_for
from tests import door
from tests import factories as make
from tests.cases import rights_story as story
from tests.cast import Cast

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


def also(cast: Cast, name: str, role: str, office: str):
    """The same person, signed in to another job that she has as well."""
    work = Membership.objects.create(
        user=cast.user(name),
        organisation=cast.organisations[office],
        team=cast.teams[office],
        role=role,
        starts_on=timezone.localdate() - timedelta(days=400),
    )
    return door.proved(actor_for(work, session_key=f"other-job-of-{name}"))


def read(actor, request):
    with keys.fresh_ring():
        return registers.request_of(actor, request.uuid).words


@pytest.mark.parametrize("name", ["hanh", "tam", "bich"])
def test_a_complaint_goes_past_her_in_her_other_job_too(cast, name):
    request = story.answered(cast, "complaint", by="yen")
    officer = also(cast, name, "dpo", "programme")
    with pytest.raises(NotFound):
        read(officer, request)
    assert registers.registers(officer).requests == []
    with pytest.raises(NotFound):
        actions.decide_request(
            actor=officer,
            request=request,
            outcome="refused",
            findings="x",
            refused_because="unfounded",
        )
    assert read(cast.yen, request) == story.WORDS
    assert len(registers.registers(cast.yen).requests) == 1


def test_a_complaint_without_a_file_is_everybodys_of_the_office(cast):
    actions.register_request(
        actor=cast.yen,
        case=None,
        kind="complaint",
        asked_by="client",
        asked_how="office",
        identity_check="known",
        received_on=timezone.localdate(),
        words="Không ai nghe máy",
    )
    assert len(registers.registers(also(cast, "hanh", "dpo", "programme")).requests) == 1
    assert len(registers.registers(cast.yen).requests) == 1


def test_nobody_of_her_team_is_the_second_person_in_another_job(cast):
    also(cast, "bich", "supervisor", "other_office")
    request = story.decided(cast, "complaint", outcome="refused", by="yen")
    assert request.second == cast.user("loan")


def test_she_decides_nothing_that_her_own_client_asks(cast):
    request = story.answered(cast, "object", by="bich")
    officer = also(cast, "hanh", "dpo", "programme")
    assert read(officer, request) == story.WORDS
    with pytest.raises(Forbidden):
        actions.decide_request(actor=officer, request=request, outcome="granted", findings="x")
    assert RightsRequest.objects.get(pk=request.pk).state == "answered"


def test_she_neither_erases_nor_holds_her_own_file(cast):
    case = make.case_in_support(cast)
    officer = also(cast, "hanh", "dpo", "programme")
    hold = actions.propose_hold(actor=cast.yen, case=case, source="court", reason="Chờ toà")
    with pytest.raises(Forbidden):
        actions.decide_hold(actor=officer, hold=hold, agrees=False)
    actions.decide_hold(actor=cast.bich, hold=hold, agrees=False)
    erasure = actions.request_erasure(
        actor=cast.bich,
        case=case,
        asked_by="client",
        asked_how="letter",
        asked_on=timezone.localdate(),
    )
    with pytest.raises(Forbidden):
        actions.approve_erasure(actor=officer, erasure=erasure)
    with pytest.raises(Forbidden):
        actions.refuse_erasure(actor=officer, erasure=erasure, because="law")
    actions.approve_erasure(actor=door.proved(cast.yen), erasure=erasure)
