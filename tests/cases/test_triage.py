import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases import questionnaire, triage
from cases.triage import InvalidRules, Level
from services import loading
from services.conditions import All, AnyOf, Given, Sum

PAYLOADS = {row["kind"]: row["payload"] for row in loading.rule_sets()}
FORM = questionnaire.build(PAYLOADS["questionnaire"])
RULES = triage.parse_rules(PAYLOADS["triage"])
MAPPING = triage.parse_mapping(PAYLOADS["mapping"])
SERVICES = {row["code"] for row in loading.service_types() if not row["is_channel"]}
YES_NO = sorted(c for c, i in FORM.questions.items() if i.kind is questionnaire.Kind.YES_NO)


def possible(question):
    if question.kind is questionnaire.Kind.SCORE:
        return st.integers(question.low, question.high).map(str)
    return st.sampled_from([option.value for option in question.options])


ANSWERS = st.fixed_dictionaries({}, optional={c: possible(i) for c, i in FORM.questions.items()})


def assess(**answers):
    return triage.assess(answers, RULES, MAPPING)


def matched(result):
    return [match.rule_code for match in result.matched]


def pressing(clock):
    order = (*RULES.clocks, RULES.none_clock)
    return -order.index(clock)


# --- the five invented people (domain page, 5.2)


def screened(**answers):
    """As the desk does it: only what the form showed reaches triage."""
    normalised = questionnaire.normalise(FORM, answers)
    assert normalised.errors == ()
    return assess(**normalised.answers)


def test_may_needs_care_soon_and_a_trade():
    result = screened(C6="18_over", C1h="yes", H1="yes", C6h="yes", E1="1", E2="0", A1="no")
    assert (result.level, result.clock) == (Level.SOON, "triage_soon")
    assert result.service_codes == ("H-STI", "W-HI", "V-VOC")
    assert result.scores["phq2"] == 1


def test_song_is_seen_soon_and_no_alarm_rings():
    result = screened(
        C6="18_over", D1="yes", C2h="yes", F1="yes", E3="2", E4="2", A1="no", B1="yes"
    )
    assert (result.level, matched(result)) == (Level.SOON, ["T-GAD2", "T-NEED"])
    assert set(result.service_codes) == {"H-HIV", "H-MMT", "PEER", "P-PSY", "H-MH", "L-DOC"}
    assert result.scores["gad2"] == 4


def test_suoi_leaves_the_adult_form_at_once():
    result = screened(C6="16_17", B2="yes", B3="yes", B4="yes")
    assert (result.level, result.clock) == (Level.URGENT, "triage_same_day")
    assert result.child_track
    assert result.service_codes == ("C-CHILD",)
    assert {action.hotline for match in result.matched for action in match.actions} >= {"child"}


def test_gio_has_wishes_and_time():
    result = screened(C6="18_over", K1="yes", K3="yes", F1="yes", C4h="yes", H3="yes")
    assert (result.level, result.clock) == (Level.ROUTINE, "triage_routine")
    assert set(result.service_codes) == {"H-HIV", "L-DOC", "J-JOB", "S-INT", "PEER"}


def test_la_is_not_left_alone():
    result = screened(
        C6="18_over", A1="yes", A2="yes", A4="yes", E1="2", E2="2", E5="yes", SRQ="12", I2="yes"
    )
    assert (result.level, result.clock) == (Level.URGENT, "triage_now")
    assert matched(result)[:2] == ["T-DANGER", "T-SUICIDE"]
    assert {"T-SRQ", "T-LENDER", "T-HURT"} <= set(matched(result))
    assert {"H-MH", "S-SHEL", "G-GBV", "L-LEG", "W-SOC", "P-PSY"} <= set(result.service_codes)
    assert result.scores == {"phq2": 4, "gad2": None, "srq20": 12}


# --- the table of rules (domain page, 5.4)


@pytest.mark.parametrize(
    ("answers", "level", "clock", "first"),
    [
        ({"C6": "under_16"}, "urgent", "triage_same_day", "T-CHILD"),
        ({"A1": "yes", "A4": "yes"}, "urgent", "triage_now", "T-DANGER"),
        ({"A5": "no", "B5": "yes"}, "urgent", "triage_now", "T-DANGER"),
        ({"A5": "no", "A1": "yes"}, "urgent", "triage_now", "T-DANGER"),
        ({"E5": "yes", "E6": "yes"}, "urgent", "triage_now", "T-SUICIDE-PLAN"),
        ({"E5": "yes"}, "urgent", "triage_now", "T-SUICIDE"),
        ({"A3": "yes"}, "urgent", "triage_now", "T-72H"),
        ({"B1": "no"}, "urgent", "triage_24h", "T-TIP"),
        ({"B2": "yes", "B4": "yes"}, "urgent", "triage_24h", "T-TIP"),
        ({"D3": "yes"}, "urgent", "triage_now", "T-OVERDOSE"),
        ({"C5h": "yes", "C5d": "yes"}, "urgent", "triage_now", "T-PREGNANCY"),
        ({"C1h": "yes"}, "soon", "triage_soon", "T-STI"),
        ({"C3h": "yes"}, "soon", "triage_soon", "T-ARV"),
        ({"E1": "1", "E2": "2"}, "soon", "triage_soon", "T-PHQ2"),
        ({"E3": "3"}, "soon", "triage_soon", "T-GAD2"),
        ({"SRQ": "8"}, "soon", "triage_soon", "T-SRQ"),
        ({"I2": "yes"}, "soon", "triage_soon", "T-LENDER"),
        ({"J1": "yes"}, "soon", "triage_soon", "T-CHILDREN"),
        ({"A2": "yes"}, "soon", "triage_soon", "T-HURT"),
        ({"G1": "yes", "G1t": "yes"}, "soon", "triage_soon", "T-TONIGHT"),
        ({"A5": "no"}, "soon", "triage_soon", "T-TONIGHT"),
        ({"A1": "yes"}, "soon", "triage_soon", "T-AFRAID"),
        ({"B3": "yes"}, "soon", "triage_soon", "T-SIGN"),
        ({"SRQ": "7"}, "routine", "triage_routine", "T-SRQ-OFFER"),
        ({"H1": "yes"}, "routine", "triage_routine", "T-NEED"),
    ],
)
def test_the_first_rule_sets_the_level(answers, level, clock, first):
    result = assess(**answers)
    assert (result.level, result.clock, matched(result)[0]) == (level, clock, first)


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"C6": "18_over"},
        {"C6": "prefer_not_say"},
        {"A1": "not_now", "E5": "prefer_not_say", "B1": "unknown"},
        {"E1": "1", "E2": "1", "E3": "2", "SRQ": "5"},
        {"I4": "yes", "A5": "yes", "B1": "yes"},
    ],
)
def test_nothing_named_means_information_and_another_offer(answers):
    result = assess(**answers)
    assert (result.level, result.clock, result.matched) == (Level.NONE, "reoffer", ())
    assert result.service_codes == ("INFO",)
    assert result.services[0].because[0].kind == "nothing"


@pytest.mark.parametrize(
    ("answer", "services"),
    [
        ("A1", "G-GBV P-PSY L-LEG"),
        ("A2", "G-GBV P-PSY L-LEG"),
        ("C1h", "H-STI"),
        ("C2h", "H-HIV"),
        ("C3h", "H-HIV"),
        ("C4h", "H-HIV"),
        ("C5h", "H-SRH"),
        ("C6h", "W-HI"),
        ("D1", "H-MMT PEER"),
        ("D2", "H-MMT PEER"),
        ("F1", "L-DOC"),
        ("F2", "L-LEG"),
        ("G1", "S-SHEL W-SOC"),
        ("H1", "V-VOC"),
        ("H2", "V-VOC"),
        ("H3", "J-JOB"),
        ("I1", "W-SOC"),
        ("I2", "L-LEG W-SOC"),
        ("I3", "F-LIV F-LOAN"),
        ("J1", "C-CHILD"),
        ("K1", "S-INT PEER"),
        ("K3", "PEER"),
    ],
)
def test_an_answer_leads_to_its_services_in_order(answer, services):
    assert list(assess(**{answer: "yes"}).service_codes) == services.split()


def test_it_says_why_a_service_is_suggested():
    result = assess(C1h="yes", D1="yes", D2="yes")
    why = {suggestion.service: suggestion.because for suggestion in result.services}
    assert [(item.kind, item.code) for item in why["H-STI"]] == [
        ("rule", "T-STI"),
        ("answer", "M-STI"),
    ]
    assert why["H-MMT"][0].answers == ("D1", "D2")
    assert all(item.source for reasons in why.values() for item in reasons)


def test_time_windows_count_from_what_happened():
    (match,) = assess(A3="yes").matched
    assert {window.code: window.hours for window in match.windows} == {
        "pep": 72,
        "emergency_contraception": 120,
    }


def test_a_child_in_danger_of_life_gets_the_quicker_clock():
    result = assess(C6="16_17", E5="yes", H1="yes", C1h="yes")
    assert (result.level, result.clock) == (Level.URGENT, "triage_now")
    assert matched(result) == ["T-CHILD", "T-SUICIDE", "T-STI", "T-NEED"]
    assert result.service_codes == ("C-CHILD", "H-MH")


# --- what holds for any answers


@given(ANSWERS, st.sampled_from(YES_NO))
@settings(max_examples=300)
def test_one_more_yes_never_makes_it_less_pressing(answers, code):
    before = {c: a for c, a in answers.items() if c != code}
    result, more = assess(**before), assess(**before, **{code: "yes"})
    assert more.level.weight >= result.level.weight
    assert pressing(more.clock) >= pressing(result.clock)
    assert set(matched(result)) <= set(matched(more))


@given(ANSWERS, st.sampled_from(["E1", "E2", "E3", "E4"]))
def test_one_more_point_never_makes_it_less_pressing(answers, code):
    points = int(answers.get(code, "0"))
    more = assess(**answers | {code: str(min(points + 1, 3))})
    assert more.level.weight >= assess(**answers).level.weight


@given(ANSWERS, st.sampled_from(["under_16", "16_17"]))
def test_under_18_is_the_child_track_whatever_else(answers, age):
    result = assess(**answers | {"C6": age})
    assert result.child_track
    assert result.level is Level.URGENT
    assert matched(result)[0] == "T-CHILD"
    assert result.service_codes[0] == "C-CHILD"


@given(ANSWERS, st.sampled_from(["18_over", "prefer_not_say"]))
def test_nobody_else_is_put_on_the_child_track(answers, age):
    assert not assess(**answers | {"C6": age}).child_track


@given(ANSWERS)
def test_every_match_and_every_suggestion_has_its_reason(answers):
    result = assess(**answers)
    assert result.services
    assert len(result.service_codes) == len(set(result.service_codes))
    assert {item for match in result.matched for item in match.answers} <= answers.keys()
    assert all(match.answers for match in result.matched)
    assert all(suggestion.because for suggestion in result.services)
    assert bool(result.matched) is (result.level is not Level.NONE)


@given(ANSWERS)
def test_the_same_answers_give_the_same_advice_in_any_order(answers):
    assert assess(**answers) == assess(**dict(reversed(answers.items())))


# --- the rules as data


# What opens a question that is hidden at first.
ASKED_BEFORE = {
    "C5d": {"C5h": "yes"},
    "E6": {"E5": "yes"},
    "SRQ": {"E7": "yes"},
    "G1t": {"G1": "yes"},
}


def witness(condition):
    """Answers under which a condition holds, made from its own words."""
    match condition:
        case Given(codes=codes, values=values, at_least=count):
            return {code: min(values) for code in codes[:count]}
        case Sum(codes=(code, *_), low=low) if low <= 3 or code == "SRQ":
            return {code: str(low)}
        case All(parts=parts):
            return {code: answer for part in parts for code, answer in witness(part).items()}
        case AnyOf(parts=parts):
            return witness(parts[0])
    raise AssertionError(condition)


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.code)
def test_every_rule_can_be_reached_through_the_form(rule):
    answers = witness(rule.when)
    for code in list(answers):
        answers = ASKED_BEFORE.get(code, {}) | answers
    assert rule.code in matched(screened(**{"C6": "18_over"} | answers))


@pytest.mark.parametrize("entry", MAPPING.entries, ids=lambda entry: entry.code)
def test_every_need_that_leads_to_a_service_also_gets_a_clock(entry):
    result = assess(**witness(entry.when))
    assert result.level is not Level.NONE
    assert set(entry.services) <= set(result.service_codes)


def test_rules_and_mapping_name_only_what_exists():
    asked = set(FORM.questions)
    named = [rule.when for rule in RULES.rules] + [entry.when for entry in MAPPING.entries]
    assert all(condition.mentions() <= asked for condition in named)
    services = {s for item in (*RULES.rules, *MAPPING.entries) for s in item.services}
    assert services | set(RULES.none_services) <= SERVICES
    assert {code for items in RULES.scores.values() for code in items} <= asked


def broken(**changes):
    payload = copy.deepcopy(PAYLOADS["triage"])
    payload["rules"][-1].update(changes)
    return payload


@pytest.mark.parametrize(
    "changes",
    [
        {"level": "urgent"},
        {"level": "none"},
        {"clock": "whenever"},
        {"code": "T-CHILD"},
        {"when": {"python": "True"}},
    ],
)
def test_rules_that_cannot_be_trusted_are_refused(changes):
    with pytest.raises(ValueError):
        triage.parse_rules(broken(**changes))
    assert issubclass(InvalidRules, ValueError)


def test_a_level_is_raised_freely_and_lowered_with_a_reason():
    assert triage.may_set_level(Level.SOON, Level.URGENT, "")
    assert triage.may_set_level(Level.SOON, Level.SOON, " ")
    assert not triage.may_set_level(Level.URGENT, Level.SOON, "  ")
    assert triage.may_set_level(Level.URGENT, Level.SOON, "Seen by a doctor today.")
