"""The reference data holds together, names its sources and wounds nobody."""

import json
from datetime import date

import pytest

from cases import questionnaire, triage
from services import clocks, loading
from services.models import RuleSet, ServiceType, Status
from tests.architecture.test_templates_words import avoided

RULES = list(loading.rule_sets())
TYPES = {row["code"]: row for row in loading.service_types()}


def payload(kind):
    return [row for row in RULES if row["kind"] == kind][-1]["payload"]


def nodes(value, path=""):
    yield path, value
    if isinstance(value, dict):
        for key, part in value.items():
            yield from nodes(part, f"{path}/{key}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from nodes(part, f"{path}/{number}")


def texts():
    for file in sorted(loading.DATA.glob("*.json")):
        for path, value in nodes(json.loads(file.read_text(encoding="utf-8"))):
            if isinstance(value, str):
                yield f"{file.name}{path}", value


def test_every_kind_of_rule_is_there():
    assert {row["kind"] for row in RULES} == set(RuleSet.Kind.values)


def test_versions_of_a_kind_follow_each_other_without_overlap():
    for kind in RuleSet.Kind.values:
        rows = sorted((r for r in RULES if r["kind"] == kind), key=lambda r: r["valid_from"])
        for earlier, later in zip(rows, rows[1:], strict=False):
            assert earlier["valid_to"] < later["valid_from"]


def test_every_rule_names_a_source_and_how_sure_it_is():
    for row in RULES:
        assert row["source"]
        for path, value in nodes(row["payload"]):
            if isinstance(value, dict) and "status" in value:
                assert value["status"] in Status.values, path
            if isinstance(value, dict) and "source" in value:
                assert value["source"], path
    for kind, listed in {
        "triage": "rules",
        "mapping": "mappings",
        "clock": "clocks",
        "loan": "order",
        "training": "grounds",
        "legal_aid_ground": "grounds",
        "hotline": "hotlines",
    }.items():
        assert all(item["source"] for item in payload(kind)[listed]), kind


def test_words_come_in_both_languages():
    for file in loading.DATA.glob("*.json"):
        for path, value in nodes(json.loads(file.read_text(encoding="utf-8"))):
            if isinstance(value, dict) and {"vi", "en"} & value.keys():
                assert value["vi"].strip(), f"{file.name}{path}"
                assert value["en"].strip(), f"{file.name}{path}"


def test_no_word_wounds():
    assert not {place: words for place, text in texts() if (words := avoided(text))}


def test_it_has_every_service_named_by_the_plans():
    named = """H-STI H-HIV H-MMT H-SRH H-MH P-PSY G-GBV L-LEG V-VOC J-JOB F-LOAN F-LIV W-SOC PEER
    CH-ONL CH-HOT CH-MOB POINT"""
    added = "S-SHEL L-DOC W-HI C-CHILD T-TIP S-INT INFO"
    assert set(TYPES) == {*named.split(), *added.split()}
    assert {row["family"] for row in TYPES.values()} == set(ServiceType.Family.values)


def test_a_slip_carries_known_fields_and_never_why_someone_is_here():
    known = {field["code"] for field in payload("packet_field")["fields"]}
    for code, row in TYPES.items():
        assert set(row["packet_fields"]) <= known, code
        compartments = {field.split(".")[0] for field in row["packet_fields"]}
        own = {
            "health": {"health"},
            "work": {"livelihood"},
            "money": {"livelihood"},
            "law": {"legal"},
            "child": {"child"},
            "social": {"protection", "legal"},
        }[row["family"]]
        assert compartments <= {"identity", "contact", "needs"} | own, code


def test_a_health_result_looks_the_same_whatever_was_found():
    health = [row["outcomes"] for row in TYPES.values() if row["family"] == "health"]
    assert all(outcomes == health[0] for outcomes in health)
    assert {outcome["code"] for outcome in health[0]} == {"attended", "attended_next"}


def test_a_referral_has_outcomes_and_a_channel_has_none():
    for code, row in TYPES.items():
        assert bool(row["outcomes"]) is not row["is_channel"], code
        assert bool(row["packet_fields"]) is not row["is_channel"], code


def test_the_clocks_named_elsewhere_exist():
    known = clocks.parse_clocks(payload("clock"))
    rules = triage.parse_rules(payload("triage"))
    assert set(rules.clocks) | {rules.none_clock} <= set(known)
    for answer_class in ServiceType.AnswerClass.values:
        assert f"referral_{answer_class}" in known
    for code in ("plan_approval", "review", "reoffer", "hand_over_access", "referral_grace"):
        assert code in known


@pytest.mark.parametrize(
    ("code", "unit", "amount"),
    [
        ("triage_24h", "hours", 24),
        ("triage_soon", "working_days", 3),
        ("triage_routine", "working_days", 14),
        ("referral_urgent", "hours", 24),
        ("referral_soon", "working_days", 3),
        ("referral_routine", "working_days", 7),
        ("plan_approval", "working_days", 3),
        ("review", "months", 3),
        ("reoffer", "days", 90),
        ("hand_over_access", "days", 7),
    ],
)
def test_the_clocks_run_as_agreed(code, unit, amount):
    clock = clocks.parse_clocks(payload("clock"))[code]
    assert (clock.unit, clock.amount) == (unit, amount)


def test_the_hotlines_named_by_triage_can_be_called():
    lines = {line["code"]: line["number"] for line in payload("hotline")["hotlines"]}
    rules = triage.parse_rules(payload("triage"))
    named = {action.hotline for rule in rules.rules for action in rule.actions if action.hotline}
    assert all(lines[code] for code in named)


def test_loans_start_with_the_livelihood_and_end_with_what_reveals_most():
    order = [loan["code"] for loan in payload("loan")["order"]]
    assert order == ["livelihood_first", "loan_b", "loan_c", "loan_a"]
    last = payload("loan")["order"][-1]
    assert (last["active"], last["separate_consent"]) == (False, True)


def test_the_follow_up_asks_known_questions_after_1_3_6_and_12_months():
    template = payload("follow_up_template")
    assert [step["offset_days"] for step in template["steps"]] == [30, 91, 182, 365]
    asked = questionnaire.build(payload("questionnaire")).questions
    assert set(template["short_screening"]) <= set(asked)


def test_holidays_cover_four_years_and_say_which_are_guesses():
    days = {row["date"]: row for row in loading.holidays()}
    assert {day.year for day in days} == {2025, 2026, 2027, 2028}
    for first_of_the_lunar_year in (
        date(2025, 1, 29),
        date(2026, 2, 17),
        date(2027, 2, 6),
        date(2028, 1, 26),
    ):
        assert first_of_the_lunar_year in days
    for day, row in days.items():
        if day.year >= 2027 and "computed" in row["source"]:
            assert row["status"] == Status.TO_BE_VERIFIED
        assert row["is_made_up"] is False or day.weekday() == 5
