import pytest

from services import conditions
from services.conditions import InvalidCondition, parse


def holds(raw, **answers):
    return parse(raw).holds(answers)


def test_one_answer():
    assert holds({"answer": "A1", "is": "yes"}, A1="yes")
    assert not holds({"answer": "A1", "is": "yes"}, A1="no")
    assert holds({"answer": "C6", "in": ["under_16", "16_17"]}, C6="16_17")


def test_a_skipped_answer_never_counts():
    assert not holds({"answer": "A1", "is": "no"})
    assert not holds({"sum_of": ["E1"], "min": 0})


def test_some_of_a_group():
    two = {"answers": ["B2", "B3", "B4"], "is": "yes", "at_least": 2}
    assert not holds(two, B2="yes", B3="no")
    assert holds(two, B2="yes", B4="yes")


def test_a_sum_within_limits():
    offer = {"sum_of": ["SRQ"], "min": 6, "max": 7}
    assert [holds(offer, SRQ=str(n)) for n in (5, 6, 7, 8)] == [False, True, True, False]
    assert holds({"sum_of": ["E1", "E2"], "min": 3}, E2="3")
    assert not holds({"sum_of": ["E1"], "min": 3}, E1="unknown")


def test_combined():
    danger = {"all": [{"answer": "A5", "is": "no"}, {"not": {"answer": "C5", "is": "no"}}]}
    assert holds(danger, A5="no")
    assert not holds(danger, A5="no", C5="no")
    assert holds({"any": [danger, {"answer": "A1", "is": "yes"}]}, A1="yes")


def test_it_names_the_answers_behind_it():
    rule = parse(
        {"any": [{"answers": ["A1", "A2"], "is": "yes"}, {"sum_of": ["E1", "E2"], "min": 3}]}
    )
    assert rule.evidence({"A2": "yes", "E1": "1"}) == ("A2",)
    assert rule.evidence({"A2": "yes", "E1": "3"}) == ("A2", "E1")
    assert rule.mentions() == {"A1", "A2", "E1", "E2"}


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"answer": "A1"},
        {"answer": "A1", "is": "yes", "in": ["yes"]},
        {"answers": [], "is": "yes"},
        {"answers": "A1", "is": "yes"},
        {"answers": ["A1"], "is": "yes", "eval": "1"},
        {"sum_of": ["E1"], "min": "many"},
        {"sum_of": ["E1"]},
        {"all": []},
        {"any": ["yes"]},
        {"not": None},
        {"script": "True"},
    ],
)
def test_it_refuses_what_it_does_not_know(raw):
    with pytest.raises(InvalidCondition):
        parse(raw)


def test_a_score_needs_an_answer():
    assert conditions.score(("E1", "E2"), {}) is None
    assert conditions.score(("E1", "E2"), {"E2": "0"}) == 0
