"""The one door to the token engine: whose turn it is, asked every time."""

from dataclasses import replace
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from viewflow.workflow.models import Process, Task
from viewflow.workflow.status import PROCESS, STATUS

from cases import actions
from cases.models import Case, Lead
from privacy.compartments import Compartment
from privacy.errors import AlreadyDone, Forbidden, Refusal, WrongState
from privacy.models import AuditEvent, Membership
from privacy.roles import Role
from privacy.sessions import actor_for, system_actor
from referrals import actions as slips
from referrals.models import Referral
from tests import factories
from tests.workflow.probe_flows import BrokenFlow, ProbeFlow, calls
from workflow import engine
from workflow.models import WorkItem
from workflow.nodes import Holder

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


def task_of(subject, step):
    return Task.objects.get(work_item__in=engine.items(subject).filter(step=step))


def timers(subject):
    process = engine.processes(subject).last()
    return Task.objects.filter(process=process, flow_task_type="TIMER")


# -- start


def test_starting_lists_the_first_steps(cast, probe):
    lead = probe()
    assert engine.waiting_steps(lead) == ["work"]
    item = engine.items(lead).get()
    assert (item.lane, item.role) == (f"t{cast.hoa.team_id}:peer_worker", "peer_worker")
    assert (item.reference, item.subject_uuid, item.flow) == (lead.reference, lead.uuid, "probe")
    assert timers(lead).filter(status=STATUS.SCHEDULED).count() == 4


def test_starting_twice_is_refused(cast, probe):
    lead = probe()
    with pytest.raises(AlreadyDone):
        engine.start(subject=lead, actor=cast.hoa)
    assert engine.processes(lead).count() == 1
    engine.cancel(subject=lead, actor=cast.hoa)
    engine.start(subject=lead, actor=cast.hoa)
    assert engine.waiting_steps(lead) == ["work"]


def test_the_newest_version_of_a_flow_starts(cast, probe, monkeypatch):
    monkeypatch.setattr(engine, "_flows", {})
    engine.register(Lead, BrokenFlow)
    engine.register(Lead, ProbeFlow)
    engine.register(Lead, ProbeFlow)
    assert engine._flows == {Lead: [BrokenFlow, ProbeFlow]}
    assert engine.flow_for(Lead) is ProbeFlow


# -- complete


def test_completing_writes_who_and_when_and_goes_on(cast, probe):
    lead = probe()
    before = timezone.now()
    engine.complete(subject=lead, step="work", actor=cast.hoa)
    assert engine.waiting_steps(lead) == ["second"]
    item = engine.items(lead).get(step="work")
    assert (item.outcome, item.done_by_id) == ("done", cast.hoa.user_id)
    assert before <= item.done_at <= timezone.now()
    task = task_of(lead, "work")
    assert (task.status, task.owner_id) == (STATUS.DONE, cast.hoa.user_id)
    assert task.assigned and task.started and task.finished


def test_completing_disarms_the_clocks_of_the_step(cast, probe):
    lead = probe()
    engine.complete(subject=lead, step="work", actor=cast.hoa)
    left = timers(lead).filter(status=STATUS.SCHEDULED)
    assert [task.flow_task.name for task in left] == ["wait"]


def test_a_second_time_says_who_was_faster_and_when(cast, probe):
    lead = probe()
    engine.complete(subject=lead, step="work", actor=cast.hoa)
    with pytest.raises(AlreadyDone) as caught:
        engine.complete(subject=lead, step="work", actor=cast.hoa)
    assert caught.value.who == "Đặng Thị Hoa"
    assert caught.value.when == engine.items(lead).get(step="work").done_at


@pytest.mark.parametrize("step", ["second", "no_such_step", "wait", "remind", ""])
def test_a_step_that_does_not_wait_is_refused(cast, probe, step):
    lead = probe()
    with pytest.raises(WrongState) as caught:
        engine.complete(subject=lead, step=step, actor=cast.hoa)
    assert not isinstance(caught.value, AlreadyDone)
    assert engine.waiting_steps(lead) == ["work"]


def test_a_record_without_a_process_has_no_open_step(cast, probe):
    lead = probe()
    engine.cancel(subject=lead, actor=cast.hoa)
    for verb in (engine.complete, engine.claim):
        with pytest.raises(WrongState):
            verb(subject=lead, step="work", actor=cast.hoa)


def test_conditions_read_the_record_that_the_action_changed(cast):
    """The instance in hand, not a second one from the database."""
    referral = factories.referral_received(cast)
    slips.decline(actor=cast.lan, referral=referral, reason="no_capacity")
    assert engine.waiting_steps(referral) == ["decide"]


# -- the permission, every time


def strangers(cast):
    return {
        "another role": cast.lan,
        "another team": cast.tam,
        "another team, same role": replace(cast.hoa, team_id=cast.hanh.team_id),
        "same team, another role": replace(cast.hoa, role=Role.HEALTH_STATION),
        "nobody": cast.an,
        "an actor of a membership that is over": cast.hoa,
    }


@pytest.mark.parametrize(
    "who",
    ["another role", "another team", "another team, same role", "same team, another role"]
    + ["nobody", "an actor of a membership that is over"],
)
@pytest.mark.parametrize("verb", [engine.complete, engine.claim])
@pytest.mark.parametrize("claimed", [False, True])
def test_who_may_not_is_forbidden_and_noted(cast, probe, who, verb, claimed):
    lead = probe()
    if claimed:
        engine.claim(subject=lead, step="work", actor=cast.hoa)
    actor = strangers(cast)[who]
    if "over" in who:
        Membership.objects.filter(pk=actor.membership_id).update(ends_on="2020-01-01")
    with pytest.raises(Forbidden):
        verb(subject=lead, step="work", actor=actor)
    row = AuditEvent.objects.latest("pk")
    assert (row.action, row.result) == ("step:work", "refused:not_holder")
    assert engine.waiting_steps(lead) == ["work"]


def test_the_system_and_the_roles_that_may_step_in(cast, probe):
    for actor in (system_actor(), cast.hoa):
        lead = probe()
        engine.complete(subject=lead, step="work", actor=actor)
    lead = probe()
    supervisor = Membership.objects.create(
        user=cast.user("bich"),
        organisation=cast.organisations["peers"],
        team=cast.teams["peers"],
        role=Role.SUPERVISOR,
    )
    with pytest.raises(Forbidden):  # of another team
        engine.complete(subject=lead, step="work", actor=cast.bich)
    engine.complete(subject=lead, step="work", actor=actor_for(supervisor))


def test_a_claimed_step_is_hers_alone(cast, probe):
    other = Membership.objects.create(
        user=cast.user("tam"),
        organisation=cast.organisations["peers"],
        team=cast.teams["peers"],
        role=Role.PEER_WORKER,
    )
    lead, colleague = probe(), actor_for(other)
    engine.claim(subject=lead, step="work", actor=cast.hoa)
    item = engine.items(lead).get()
    assert (
        item.lane == f"t{cast.hoa.team_id}:peer_worker:u{cast.hoa.user_id}"
        and item.team_id == cast.hoa.team_id
    )
    assert task_of(lead, "work").owner_id == cast.hoa.user_id
    engine.claim(subject=lead, step="work", actor=cast.hoa)  # again: hers already
    with pytest.raises(AlreadyDone):
        engine.claim(subject=lead, step="work", actor=colleague)
    with pytest.raises(Forbidden):
        engine.complete(subject=lead, step="work", actor=colleague)
    engine.complete(subject=lead, step="work", actor=cast.hoa)


def test_the_supervisor_named_for_a_child_stands_in_and_no_other(cast):
    case = factories.child_case(cast)
    with pytest.raises(Forbidden):
        engine.complete(subject=case, step="child_plan", actor=cast.loan)
    with factories.opened(cast.bich, case, Compartment.CHILD):
        actions.write_child_plan(actor=cast.bich, case=case, text="Ở với dì", steps={})
    assert engine.waiting_steps(case) == ["child_support"]
    actions.conclude_child_protection(actor=cast.bich, case=case)
    assert engine.waiting_steps(case) == []
    assert engine.items(case).first().done_by_id == cast.bich.user_id


def test_her_other_job_does_not_finish_the_work_of_this_one(cast):
    case = factories.case_opened(cast)
    other = actor_for(
        Membership.objects.create(
            user=cast.user("hanh"),
            organisation=cast.organisations["other_office"],
            team=cast.teams["other_office"],
            role=Role.SOCIAL_WORKER,
        )
    )
    with pytest.raises(Forbidden):
        engine.complete(subject=case, step="engagement", actor=other)
    with pytest.raises(Refusal):
        actions.answer_file_consent(actor=other, case=case, given=True, method="verbal")


def test_a_node_never_asks_a_bare_user(cast, probe):
    task = task_of(probe(), "work")
    for ask in (task.flow_task.can_execute, task.flow_task.can_assign):
        assert ask(cast.user("hoa"), task) is False
    with pytest.raises(TypeError):
        assert task.flow_task.view


# -- reassign


def test_reassigning_moves_waiting_work(cast, probe):
    lead = probe()
    holder = Holder(Role.SOCIAL_WORKER, cast.tam.team_id, cast.tam.user_id, None)
    assert engine.reassign(subject=lead, holder=holder, actor=cast.bich) == 1
    item = engine.items(lead).get()
    assert (
        item.lane == f"t{cast.tam.team_id}:social_worker:u{cast.tam.user_id}"
        and item.role == "social_worker"
    )
    task = task_of(lead, "work")
    assert (task.status, task.owner_id) == (STATUS.ASSIGNED, cast.tam.user_id)
    with pytest.raises(Forbidden):
        engine.complete(subject=lead, step="work", actor=cast.hoa)
    back = Holder(Role.PEER_WORKER, cast.hoa.team_id, None, None)
    engine.reassign(subject=lead, holder=back, actor=cast.bich)
    assert task_of(lead, "work").status == STATUS.NEW
    engine.complete(subject=lead, step="work", actor=cast.hoa)


def test_reassigning_one_role_leaves_the_others(cast):
    case = factories.case_screened(cast, "urgent")
    holder = Holder(Role.SOCIAL_WORKER, cast.tam.team_id, cast.tam.user_id, None)
    moved = engine.reassign(subject=case, holder=holder, actor=cast.bich, role=Role.SOCIAL_WORKER)
    assert moved == 1
    assert engine.items(case).get(step="urgent_seen").role == "supervisor"


def test_reassigning_nothing_is_nothing(cast, probe):
    lead = probe()
    engine.cancel(subject=lead, actor=cast.hoa)
    holder = Holder(Role.PEER_WORKER, cast.hoa.team_id)
    assert engine.reassign(subject=lead, holder=holder, actor=cast.hoa) == 0


# -- cancel


def test_cancelling_ends_everything_once(cast, probe):
    lead = probe()
    assert engine.cancel(subject=lead, actor=cast.hoa) is True
    assert engine.cancel(subject=lead, actor=cast.hoa) is False
    assert engine.waiting_steps(lead) == []
    process = engine.processes(lead).get()
    assert process.status == PROCESS.CANCELED and process.finished
    live = Task.objects.filter(process=process).exclude(status__in=[STATUS.DONE, STATUS.CANCELED])
    assert not live.exists()
    item = engine.items(lead).get()
    assert item.outcome == "cancelled" and item.done_at
    with pytest.raises(WrongState) as caught:
        engine.complete(subject=lead, step="work", actor=cast.hoa)
    assert not isinstance(caught.value, AlreadyDone)


def test_cancelling_touches_no_other_process(cast, probe):
    one, other = probe(), probe()
    engine.cancel(subject=one, actor=cast.hoa)
    assert engine.waiting_steps(other) == ["work"]
    assert timers(other).filter(status=STATUS.SCHEDULED).count() == 4


# -- refresh, escalate, side steps


def test_a_change_of_urgency_and_clock_shows(cast):
    case = factories.case_in_support(cast)
    Case.objects.filter(pk=case.pk).update(level="urgent", review_at=timezone.now())
    case.refresh_from_db()
    engine.refresh(subject=case)
    item = engine.items(case).get(done_at=None)
    assert item.urgent and item.due_at == case.review_at
    done = engine.items(case).exclude(done_at=None)
    assert not any(item.urgent for item in done)


def test_a_step_is_escalated_once(cast, probe):
    lead = probe()
    engine.escalate(subject=lead, step="work")
    first = engine.items(lead).get().escalated_at
    engine.escalate(subject=lead, step="work")
    assert engine.items(lead).get().escalated_at == first
    engine.escalate(subject=lead, step="second")
    assert engine.items(lead).count() == 1


def test_a_side_step_is_raised_once_and_dismissed(cast, probe):
    lead = probe()
    for _ in range(2):
        engine.raise_step(subject=lead, step="second", actor=cast.hoa)
    assert engine.waiting_steps(lead) == ["work", "second"]
    assert engine.dismiss(subject=lead, steps=["second", "none"], actor=cast.hoa) == 1
    assert engine.dismiss(subject=lead, steps=["second"], actor=cast.hoa) == 0
    assert engine.waiting_steps(lead) == ["work"]
    engine.cancel(subject=lead, actor=cast.hoa)
    engine.raise_step(subject=lead, step="second", actor=cast.hoa)
    assert engine.waiting_steps(lead) == []


# -- nothing half-written


def test_a_failing_step_leaves_everything_as_it_was(cast, probe, monkeypatch):
    lead = probe()

    def fails(*_args):
        raise ZeroDivisionError

    monkeypatch.setattr(ProbeFlow.instance.second, "holder_of", fails)
    before = (Task.objects.count(), list(engine.items(lead).values()))
    with pytest.raises(ZeroDivisionError):
        engine.complete(subject=lead, step="work", actor=cast.hoa)
    assert (Task.objects.count(), list(engine.items(lead).values())) == before
    assert task_of(lead, "work").status == STATUS.NEW and calls == []


# -- every step of every flow


def every_step():
    return [(flow_class, node) for flow_class in engine.flows() for node in flow_class.steps()]


@pytest.mark.parametrize(
    ("flow_class", "node"), every_step(), ids=lambda value: getattr(value, "name", None) or ""
)
def test_every_step_says_what_who_when_and_where(flow_class, node):
    assert str(node.title).strip() and node.task_title == node.title
    assert node.roles and node.roles <= set(Role.values) and node.also <= set(Role.values)
    assert callable(node.holder_of) and callable(node.due_of)
    assert reverse(node.link, kwargs={"uuid": uuid4()}).startswith("/")
    assert engine.step_node(flow_class.flow_name, node.name) is not None


def test_these_are_the_flows_of_the_house():
    names = [flow_class.flow_name for flow_class in engine.flows()]
    assert sorted(names) == [
        "authority",
        "breach",
        "case",
        "consent",
        "emergency",
        "erasure",
        "follow_up",
        "legal_hold",
        "livelihood",
        "outreach",
        "referral",
        "rights",
        "same_person",
        "transfer",
    ]


def test_titles_name_known_steps_and_keep_unknown_ones():
    named = engine.titles([("case", "plan"), ("gone", "step")])
    assert str(named["case", "plan"]) and named["gone", "step"] == "step"
    assert engine.step_node("gone", "step") is None


# -- the record is the truth, the engine follows

EXPECTED = {
    "lead_made": ("contact_made", ["inform"]),
    "lead_informed": ("informed", ["offer"]),
    "lead_not_now": ("not_now", []),
    "lead_handed_over": ("handed_over", ["take_over"]),
    "lead_ended": ("ended", []),
    "case_opened": ("engagement", ["engagement"]),
    "case_refused": ("closed", []),
    "child_case": ("protected", ["child_plan"]),
    "case_consented": ("screening", ["screening"]),
    "case_screened": ("assessment", ["assessment"]),
    "case_in_assessment": ("assessment", ["assessment"]),
    "case_assessed": ("planning", ["plan"]),
    "case_planned": ("plan_review", ["approve_plan"]),
    "case_in_support": ("support", ["review"]),
    "case_closing": ("closing", ["approve_closure"]),
    "case_closed": ("closed", []),
    "referral_draft": ("draft", []),
    "referral_sent": ("sent", ["answer"]),
    "referral_received": ("received", ["answer"]),
    "referral_accepted": ("accepted", ["arrange"]),
    "referral_declined": ("declined", ["decide"]),
    "referral_scheduled": ("scheduled", ["visit"]),
    "referral_no_show": ("no_show", ["contact_client"]),
    "referral_in_service": ("in_service", ["deliver"]),
    "referral_completed": ("completed", ["confirm"]),
    "referral_confirmed": ("confirmed", []),
    "referral_withdrawn": ("withdrawn", []),
    "livelihood_planned": ("planned", ["begin_plan"]),
    "livelihood_active": ("active", ["visit"]),
    "transfer_requested": ("requested", ["release"]),
    "transfer_offered": ("offered", ["accept"]),
    "transfer_accepted": ("accepted", []),
}
OVER = {"lead_ended", "case_refused", "case_closed", "referral_confirmed", "referral_withdrawn"} | {
    "transfer_accepted",
}


def agree(record):
    """Live tasks of the engine = open rows of the read model = one process at most."""
    open_rows = set(engine.items(record).filter(done_at=None).values_list("task_id", flat=True))
    live = set(
        Task.objects.filter(
            process__in=engine.processes(record),
            flow_task_type="HUMAN",
            status__in=[STATUS.NEW, STATUS.ASSIGNED],
        ).values_list("pk", flat=True)
    )
    assert open_rows == live
    assert engine.processes(record).filter(status=PROCESS.NEW).count() <= 1
    assert not Task.objects.filter(status=STATUS.ERROR).exists()
    for row in engine.items(record).filter(done_at=None):
        node = engine.step_node(row.flow, row.step)
        assert node and node.due_of(record) and node.holder_of(record).role == row.role


@pytest.mark.parametrize("stage", EXPECTED)
def test_record_and_engine_agree(cast, stage):
    record = getattr(factories, stage)(cast)
    state, steps = EXPECTED[stage]
    assert (record.state, engine.waiting_steps(record)) == (state, steps)
    agree(record)
    running = engine.processes(record).filter(status=PROCESS.NEW).exists()
    assert running is (stage not in OVER and state != "draft")
    if isinstance(record, Referral):
        agree(factories.link_of(record).case)


@pytest.mark.parametrize("level", factories.SCREENINGS)
def test_each_level_has_its_way(cast, level):
    case = factories.case_screened(cast, level)
    urgent = level == "urgent"
    assert case.state == ("safety" if urgent else "assessment") and case.level == level
    assert engine.waiting_steps(case) == (
        ["safety_plan", "urgent_seen"] if urgent else ["assessment"]
    )
    agree(case)
    assert all(row.urgent is urgent for row in engine.items(case).filter(done_at=None))


def test_work_items_hold_no_word_and_no_service(cast):
    factories.referral_confirmed(cast)
    names = {field.name for field in WorkItem._meta.concrete_fields}
    assert not names & {"alias", "service", "name", "title", "text"}
    for row in WorkItem.objects.values():
        assert "H-STI" not in str(row) and factories.ALIAS not in str(row)


def test_processes_belong_to_records(cast):
    case = factories.case_closed(cast)
    actions.reopen_case(actor=cast.hanh, case=case)
    assert engine.processes(case).count() == 2
    assert engine.waiting_steps(case) == ["engagement"]
    assert Process.objects.filter(artifact_object_id=None).count() == 0
