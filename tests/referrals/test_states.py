"""The table of legal changes, walked at random."""

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.errors import AlreadyDone, WrongState
from referrals import actions
from referrals.states import (
    EDGES,
    FHIR,
    FINAL,
    OPEN,
    PLAN_EDGES,
    PlanState,
    Side,
    State,
    check,
    check_plan,
    reachable_from,
)

LEGAL = {(edge.before, edge.after, edge.side) for edge in EDGES}

# Which verb takes which edge: an edge without a verb would be a promise nobody keeps.
VERBS: dict[tuple[State | None, State, Side], str] = {
    (None, State.SENT, Side.SENDER): "send",
    (None, State.RECEIVED, Side.RECIPIENT): "receive",
    (None, State.ACCEPTED, Side.RECIPIENT): "accept",
    (None, State.DECLINED, Side.RECIPIENT): "decline",
    (None, State.REDIRECT_PROPOSED, Side.RECIPIENT): "propose_redirect",
    (None, State.RECEIVED, Side.SENDER): "send_back",
    (None, State.SCHEDULED, Side.RECIPIENT): "schedule",
    (None, State.NO_SHOW, Side.RECIPIENT): "record_no_show",
    (None, State.IN_SERVICE, Side.RECIPIENT): "begin_service",
    (None, State.ON_HOLD, Side.RECIPIENT): "hold",
    (None, State.COMPLETED, Side.RECIPIENT): "complete",
    (None, State.NOT_COMPLETED, Side.RECIPIENT): "end_unfinished",
    (None, State.CONFIRMED, Side.SENDER): "confirm",
    (State.DRAFT, State.CANCELLED, Side.SENDER): "discard",
    (State.DECLINED, State.CANCELLED, Side.SENDER): "settle",
    (State.REDIRECT_PROPOSED, State.CANCELLED, Side.SENDER): "settle",
    (None, State.CANCELLED, Side.SENDER): "cancel",
    (None, State.WITHDRAWN, Side.SYSTEM): "withdraw_for",
    (None, State.EXPIRED, Side.SYSTEM): "note_expired",
    (None, State.ENTERED_IN_ERROR, Side.SENDER): "approve_error",
}


@given(st.lists(st.tuples(st.sampled_from(State), st.sampled_from(Side)), max_size=25))
def test_whoever_tries_whatever_the_table_holds(tries):
    state = State.DRAFT
    for after, side in tries:
        try:
            check(state, after, side)
        except WrongState as refusal:
            assert (state, after, side) not in LEGAL
            assert isinstance(refusal, AlreadyDone) == (state == after)
        else:
            assert (state, after, side) in LEGAL
            state = after
    assert state in State


@given(st.data())
def test_what_is_offered_can_be_taken(data):
    """The buttons of a page and the check of the server come from one table."""
    state, side = data.draw(st.sampled_from(State)), data.draw(st.sampled_from(Side))
    for after in reachable_from(state, side):
        check(state, after, side)


@pytest.mark.parametrize("state", FINAL)
def test_what_is_over_stays_over_for_the_recipient(state):
    assert reachable_from(state, Side.RECIPIENT) == []
    assert set(reachable_from(state, Side.SENDER)) <= {State.ENTERED_IN_ERROR}
    assert reachable_from(state, Side.SYSTEM) == []


def test_every_state_can_be_reached_from_a_draft():
    seen, waiting = {State.DRAFT}, [State.DRAFT]
    while waiting:
        here = waiting.pop()
        fresh = {edge.after for edge in EDGES if edge.before == here} - seen
        seen |= fresh
        waiting += fresh
    assert seen == set(State)


@pytest.mark.parametrize("edge", EDGES, ids=lambda edge: f"{edge.before}-{edge.after}-{edge.side}")
def test_every_edge_has_its_verb(edge):
    name = VERBS.get((edge.before, edge.after, edge.side)) or VERBS[None, edge.after, edge.side]
    parameters = inspect.signature(getattr(actions, name)).parameters
    assert "actor" in parameters and parameters["actor"].default is inspect.Parameter.empty
    assert all(item.kind is inspect.Parameter.KEYWORD_ONLY for item in parameters.values())


def test_an_open_referral_can_always_be_withdrawn():
    for state in OPEN:
        assert State.WITHDRAWN in reachable_from(state, Side.SYSTEM)
        assert State.CANCELLED in reachable_from(state, Side.SENDER)


def test_every_state_has_a_word_of_the_standard():
    assert set(FHIR) == set(State)


@given(st.lists(st.sampled_from(PlanState), max_size=12))
def test_a_plan_never_leaves_its_table(tries):
    state = PlanState.PLANNED
    for after in tries:
        try:
            check_plan(state, after)
        except WrongState:
            assert (state, after) not in PLAN_EDGES
        else:
            assert (state, after) in PLAN_EDGES
            state = after
