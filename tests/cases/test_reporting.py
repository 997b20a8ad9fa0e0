"""Breaches and authorities: whoever works here writes them down, the officer goes on from there."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cases import actions
from cases.models import AuthorityRequest, Breach, Case
from config.management.commands.check_flows import problems
from privacy import access
from privacy.compartments import Compartment as C
from privacy.errors import AlreadyDone, Forbidden, Invalid, NotFound, WrongState
from privacy.fields import LOCKED
from privacy.models import ChangeRecord
from privacy.sessions import system_actor
from tests import factories as make
from tests.cases import rights_story as story
from tests.cast import PEOPLE
from workflow.selectors import waiting_for

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


def steps(actor, flow):
    return list(waiting_for(actor).filter(flow=flow).values_list("step", flat=True))


# -- breaches


def test_the_72_hours_are_elapsed_hours(cast):
    breach = story.leaked(cast)
    assert breach.notify_by - breach.discovered_at == timedelta(hours=72)
    item = waiting_for(cast.yen).get(flow="breach")
    assert item.due_at == breach.notify_by and item.urgent


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"what": " "}, "what"),
        ({"discovered_at": timezone.now() + timedelta(hours=3)}, "discovered_on"),
        ({"compartments": ["everything"]}, "compartments"),
    ],
)
def test_bad_input_registers_no_breach(cast, changed, field):
    words = {"discovered_at": timezone.now(), "what": "Mất điện thoại"}
    with pytest.raises(Invalid) as refused:
        actions.register_breach(actor=cast.lan, **{**words, **changed})
    assert field in refused.value.errors and not Breach.objects.exists()


def test_what_happened_is_read_by_the_officer_alone(cast):
    breach = story.leaked(cast)
    for name in PEOPLE:
        actor = getattr(cast, name)
        with make.opened(actor, breach, C.REGISTER):
            assert (make.fresh(breach).what is LOCKED) is (name != "yen")
        if name != "yen":
            with pytest.raises((NotFound, Forbidden)):
                actions.notify_breach(actor=actor, breach=breach, needed=False, whom="x")
            with pytest.raises((NotFound, Forbidden)):
                actions.close_breach(actor=actor, breach=breach, lessons="x")


def test_a_breach_is_assessed_notified_and_learnt_from(cast):
    breach = story.leaked(cast)
    with pytest.raises(Invalid):  # the notice needs consequences and measures
        actions.notify_breach(actor=cast.yen, breach=breach, needed=True, whom="A05")
    with pytest.raises(WrongState):
        actions.close_breach(actor=cast.yen, breach=breach, lessons="x")
    actions.assess_breach(
        actor=cast.yen,
        breach=breach,
        compartments=["contact", "identity"],
        people=3,
        consequences="Có thể bị gọi",
        measures="Khóa máy từ xa",
    )
    actions.notify_breach(
        actor=cast.yen, breach=breach, needed=True, whom="Cơ quan chuyên trách", people_told=True
    )
    with pytest.raises(AlreadyDone):
        actions.notify_breach(actor=cast.yen, breach=breach, needed=True, whom="x")
    assert list(problems()) == []
    actions.close_breach(actor=cast.yen, breach=breach, lessons="Khóa màn hình")
    breach = make.fresh(breach)
    assert breach.state == "closed" and breach.authority_told_at and breach.people_told_at
    assert steps(cast.yen, "breach") == []
    with pytest.raises(AlreadyDone):
        actions.assess_breach(
            actor=cast.yen, breach=breach, compartments=[], people=0, consequences="x", measures="x"
        )


def test_without_a_notice_the_reason_is_kept(cast):
    breach = story.leaked(cast)
    with pytest.raises(Invalid):
        actions.notify_breach(actor=cast.yen, breach=breach, needed=False, whom="")
    actions.notify_breach(actor=cast.yen, breach=breach, needed=False, whom="Máy đã mã hóa")
    breach = make.fresh(breach)
    assert breach.state == "kept_inside" and breach.authority_told_at is None
    assert steps(cast.yen, "breach") == ["learn"]


# -- authorities


@pytest.mark.parametrize("who", sorted(PEOPLE))
def test_every_role_registers_and_none_but_the_officer_reads_it(cast, who):
    request = story.letter(cast, by=who)
    assert request.decision == "refuse" and steps(cast.yen, "authority") == ["propose"]
    with make.opened(getattr(cast, who), request, C.REGISTER):
        assert (make.fresh(request).words is LOCKED) is (who != "yen")


def test_the_system_registers_nothing():
    with pytest.raises(NotFound):
        actions.register_breach(actor=system_actor(), discovered_at=timezone.now(), what="x")


def test_it_holds_no_way_to_a_file():
    related = {field.related_model for field in AuthorityRequest._meta.get_fields()}
    assert Case not in related
    assert not {field.name for field in AuthorityRequest._meta.get_fields()} & {"case", "lead"}


def test_bad_input_registers_no_letter(cast):
    words = {
        "kind": "police",
        "paper": "letter",
        "received_on": timezone.localdate(),
        "words": "Hỏi danh sách",
    }
    for field, value in (("kind", "bank"), ("paper", ""), ("words", " ")):
        with pytest.raises(Invalid) as refused:
            actions.register_authority(actor=cast.lan, **{**words, field: value})
        assert field in refused.value.errors
    assert not AuthorityRequest.objects.exists()


def propose(cast, request, by="yen", **changed):
    words = {"decision": "refuse", "legal_basis": "Luật 91/2025/QH15", "fields": ""}
    actions.propose_decision(actor=getattr(cast, by), request=request, **{**words, **changed})


def test_only_the_officer_decides_first(cast):
    request = story.letter(cast)
    for name in ("lan", "bich", "loan", "an", "quy"):
        with pytest.raises(NotFound):
            propose(cast, request, by=name)
    assert make.fresh(request).state == "registered"


def test_what_was_only_said_is_never_answered(cast):
    with pytest.raises(Invalid):
        propose(cast, story.letter(cast, paper="oral"), decision="minimum", fields="Tên")


def test_an_answer_names_each_fact_and_its_law(cast):
    request = story.letter(cast)
    for wrong in (
        {"decision": "minimum"},
        {"legal_basis": " "},
        {"decision": "all"},
    ):
        with pytest.raises(Invalid):
            propose(cast, request, **wrong)


def test_two_persons_decide_and_it_is_answered_on_paper(cast):
    request = story.proposed(cast)
    assert request.second.username in ("bich", "loan") and request.second != request.decided_by
    other = getattr(cast, request.second.username)
    with pytest.raises(Forbidden):
        actions.second_decision(actor=cast.yen, request=request, agree=True, words="x")
    with pytest.raises(NotFound):
        actions.second_decision(actor=cast.an, request=request, agree=True, words="x")
    with pytest.raises(WrongState):
        actions.answer_authority(actor=cast.yen, request=request, how="x")
    actions.second_decision(actor=other, request=request, agree=True, words="Đồng ý")
    with pytest.raises(NotFound):  # her part is over: she reads it no longer
        actions.second_decision(actor=other, request=request, agree=True, words="x")
    with pytest.raises(Invalid):
        actions.answer_authority(actor=cast.yen, request=request, how="")
    actions.answer_authority(actor=cast.yen, request=request, how="Công văn số 12")
    assert make.fresh(request).state == "answered" and list(problems()) == []
    told = ChangeRecord.objects.filter(event__startswith="authority.")
    assert [row.event for row in told.order_by("pk")] == [
        "authority.registered",
        "authority.proposed",
        "authority.agreed",
        "authority.answered",
    ]


def test_without_agreement_it_goes_back(cast):
    request = story.proposed(cast, "minimum")
    second = getattr(cast, request.second.username)
    actions.second_decision(actor=second, request=request, agree=False, words="Chưa đủ căn cứ")
    assert steps(cast.yen, "authority") == ["propose"]
    assert not access.can(second, request) and list(problems()) == []
