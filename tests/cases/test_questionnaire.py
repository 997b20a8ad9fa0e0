import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import questionnaire as q
from services import loading

PAYLOAD = next(r["payload"] for r in loading.rule_sets() if r["kind"] == "questionnaire")
FORM = q.build(PAYLOAD)
ADULT = {"C6": "18_over"}


def shown(**answers):
    return q.codes(q.visible(FORM, answers))


def possible(question):
    if question.kind is q.Kind.SCORE:
        return st.integers(question.low, question.high).map(str)
    return st.sampled_from([option.value for option in question.options])


ANSWERS = st.fixed_dictionaries({}, optional={c: possible(i) for c, i in FORM.questions.items()})


def test_it_has_every_section_in_order():
    assert [section.code for section in FORM.sections] == list("0ABCDEFGHIJK")


def test_it_asks_every_item_of_the_form():
    listed = """C1 C2 C3 C4 C5 C6 A1 A2 A3 A4 A5 B1 B2 B3 B4 B5 C1h C2h C3h C4h C5h C6h D1 D2 D3 D4
    E1 E2 E3 E4 E5 E6 SRQ F1 F2 G1 H1 H2 H3 I1 I2 I3 I4 J1 J2 K1 K2 K3"""
    assert set(listed.split()) <= set(FORM.questions)


def test_violence_trafficking_and_suicide_go_to_protection_and_nothing_else_does():
    protected = {c for c, item in FORM.questions.items() if item.compartment == "protection"}
    expected = {c for c in FORM.questions if re.fullmatch(r"[AB]\d", c)} | {"E5", "E6"}
    assert protected == expected
    assert {item.compartment for item in FORM.questions.values()} == {"needs", "protection"}


def test_yes_no_questions_leave_a_way_out():
    for question in FORM.questions.values():
        if question.kind is q.Kind.YES_NO:
            values = [option.value for option in question.options]
            assert values == ["yes", "no", "not_now", "unknown", "prefer_not_say"]


def test_the_mood_screens_have_the_standard_points():
    for code in ("E1", "E2", "E3", "E4"):
        assert [option.value for option in FORM.questions[code].options] == ["0", "1", "2", "3"]


def test_age_comes_first_and_alone():
    assert shown() == {"C6"}
    assert "A1" in shown(**ADULT)
    assert "A1" in shown(C6="prefer_not_say")


@pytest.mark.parametrize("age", ["under_16", "16_17"])
def test_under_18_nothing_else_is_asked_or_kept(age):
    assert shown(C6=age, A1="yes") == {"C6"}
    assert q.normalise(FORM, {"C6": age, "A1": "yes", "H1": "yes"}).answers == {"C6": age}


def test_safety_waits_until_the_client_is_alone():
    listened_to = shown(**ADULT, C5="no")
    assert not listened_to & {"A1", "A5", "B1", "E5", "E6"}
    assert {"C1h", "E1", "H1"} <= listened_to


def test_srq_20_follows_a_mood_screen_or_the_worker():
    assert "SRQ" not in shown(**ADULT, E1="1", E2="1")
    assert "SRQ" in shown(**ADULT, E1="1", E2="2")
    assert "SRQ" in shown(**ADULT, E3="3")
    assert "SRQ" in shown(**ADULT, E7="yes")


def test_a_question_that_follows_another_shows_after_it():
    assert "E6" in shown(**ADULT, E5="yes")
    assert "E6" not in shown(**ADULT)
    assert "C5d" in shown(**ADULT, C5h="unknown")
    assert "G1t" not in shown(**ADULT, G1="no")


def test_blank_is_a_skip_and_strangers_are_ignored():
    raw = {"C6": " 18_over ", "A1": "", "A2": None, "csrf": "x", "H1": "not_now"}
    assert q.normalise(FORM, raw) == q.Normalised({"C6": "18_over", "H1": "not_now"}, ())


def test_an_unusable_answer_is_named_not_kept():
    raw = ADULT | {"A1": "maybe", "E1": "4", "E7": "yes", "SRQ": "21", "H1": "yes"}
    result = q.normalise(FORM, raw)
    assert result.errors == ("A1", "E1", "SRQ")
    assert result.answers == ADULT | {"E7": "yes", "H1": "yes"}


@pytest.mark.parametrize("score", ["-1", "1.5", "²", "٣", "1e1"])
def test_a_score_is_a_plain_number(score):
    assert q.normalise(FORM, ADULT | {"E7": "yes", "SRQ": score}).errors == ("SRQ",)


def test_what_another_answer_hides_is_dropped_all_the_way():
    raw = ADULT | {"C5": "no", "E5": "yes", "E6": "yes", "A1": "yes"}
    assert q.normalise(FORM, raw).answers == ADULT | {"C5": "no"}
    assert q.normalise(FORM, ADULT | {"E7": "no", "SRQ": "12"}).answers == ADULT | {"E7": "no"}


@given(ANSWERS)
def test_normalising_keeps_only_what_is_shown_and_is_stable(raw):
    once = q.normalise(FORM, raw)
    assert once.errors == ()
    assert once.answers.keys() <= q.codes(q.visible(FORM, once.answers))
    assert once.answers.items() <= raw.items()
    assert q.normalise(FORM, once.answers) == once


@given(ANSWERS, st.sampled_from(sorted(FORM.questions)))
def test_any_question_but_age_may_be_skipped(raw, skipped):
    answers = q.normalise(FORM, ADULT | {c: a for c, a in raw.items() if c not in (skipped, "C6")})
    assert answers.errors == ()


def test_answers_are_parted_by_compartment():
    parted = q.by_compartment(FORM, {"A1": "yes", "E5": "no", "H1": "yes"})
    assert parted == {"protection": {"A1": "yes", "E5": "no"}, "needs": {"H1": "yes"}}
    with pytest.raises(KeyError):
        q.by_compartment(FORM, {"X9": "yes"})


def test_without_a_yes_to_a_file_nothing_is_kept():
    assert not q.keeps_file(FORM, ADULT | {"C2": "no"})
    assert q.keeps_file(FORM, ADULT)


def test_rules_that_cannot_be_trusted_are_refused():
    section = PAYLOAD["sections"][0]
    twice = PAYLOAD | {"sections": [section, section]}
    with pytest.raises(ValueError, match="twice"):
        q.build(twice)
    with pytest.raises(ValueError, match="age"):
        q.build(PAYLOAD | {"sections": PAYLOAD["sections"][1:]})
