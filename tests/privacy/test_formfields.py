import datetime
import unicodedata

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone, translation

from privacy.formfields import (
    CleanCharField,
    CleanTextField,
    DatePartsField,
    DongField,
    clean_line,
    clean_text,
)


def refusal(field: forms.Field, value: object) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        field.clean(value)
    return caught.value


def test_it_stores_nfc_whatever_was_typed() -> None:
    name = "Nguyễn Thị Hồng Ngọc"
    assert clean_line(unicodedata.normalize("NFD", name)) == name


def test_it_repairs_the_icelandic_letter() -> None:
    assert clean_line("\u00d0ặng \u00f0ình") == "Đặng đình"


@pytest.mark.parametrize("name", ["Rơ Châm H'Lan", "Siu H\u2019Bia"])
def test_it_keeps_apostrophes_as_typed(name: str) -> None:
    assert clean_line(name) == name


def test_it_drops_what_cannot_be_seen() -> None:
    assert clean_line("Hoa\u200b Sen\u202e\x07\ufeff") == "Hoa Sen"


def test_it_makes_one_line_of_one_line() -> None:
    assert clean_line("  Hoa\t\n Sen\u00a0 Trắng ") == "Hoa Sen Trắng"


def test_it_keeps_the_lines_of_a_note() -> None:
    assert clean_text("một\r\nhai\rba\u2028bốn") == "một\nhai\nba\nbốn"


@pytest.mark.parametrize("field", [CleanCharField(), CleanTextField()])
def test_it_refuses_nul(field: forms.Field) -> None:
    assert refusal(field, "a\x00b").code == "nul"


def test_it_counts_characters_not_code_points() -> None:
    typed = unicodedata.normalize("NFD", "ễễễễễ")
    assert len(typed) == 15
    assert CleanCharField(max_length=5).clean(typed) == "ễễễễễ"


def test_it_refuses_long_text_and_says_by_how_much() -> None:
    with translation.override("en"):
        error = refusal(CleanTextField(max_length=5), "sixsix")
        assert error.messages == ["Use 5 characters or fewer. There are 6 now."]


def test_a_refused_text_stays_in_the_form_and_no_browser_cuts_it() -> None:
    class Note(forms.Form):
        note = CleanTextField(max_length=5)

    form = Note({"note": "quá dài rồi"})
    assert not form.is_valid()
    assert "quá dài rồi" in str(form["note"])
    assert "maxlength" not in str(form["note"])


def test_empty_text_is_empty_or_refused() -> None:
    assert CleanCharField(required=False).clean(None) == ""
    assert refusal(CleanCharField(), " \u200b ").code == "required"


def test_a_date_in_three_parts() -> None:
    assert DatePartsField().clean(["5", "06", "2026"]) == datetime.date(2026, 6, 5)


def test_an_empty_date_may_be_left_out() -> None:
    assert DatePartsField(required=False).clean(["", " ", None]) is None


@pytest.mark.parametrize(
    ("typed", "code", "parts"),
    [
        (["", "", ""], "required", [0, 1, 2]),
        (["", "6", "2026"], "no_day", [0]),
        (["5", "", "2026"], "no_month", [1]),
        (["5", "6", ""], "no_year", [2]),
        (["5", "", ""], "incomplete", [1, 2]),
        (["x", "6", "2026"], "digits", [0]),
        (["\u0665", "6", "2026"], "digits", [0]),
        (["5", "6", "26"], "year", [2]),
        (["5", "6", "0000"], "year", [2]),
        (["32", "6", "2026"], "day", [0]),
        (["9" * 5000, "6", "2026"], "day", [0]),
        (["5", "13", "2026"], "month", [1]),
        (["31", "2", "2026"], "unreal", [0, 1]),
        (["29", "2", "2025"], "unreal", [0, 1]),
    ],
)
def test_a_wrong_date_names_its_parts(typed: list[str], code: str, parts: list[int]) -> None:
    error = refusal(DatePartsField(), typed)
    assert (error.code, error.params and error.params["parts"]) == (code, parts)


def test_a_date_stays_between_its_limits() -> None:
    field = DatePartsField(
        min_value=datetime.date(2020, 1, 31), max_value=datetime.date(2021, 1, 31)
    )
    with translation.override("en"):
        early, late = refusal(field, ["1", "1", "2020"]), refusal(field, ["1", "2", "2021"])
        assert early.messages == ["The date must be 31/01/2020 or later."]
        assert late.messages == ["The date must be 31/01/2021 or earlier."]


def test_today_as_limit_says_past_or_future() -> None:
    today = timezone.localdate()
    tomorrow, yesterday = today + datetime.timedelta(1), today - datetime.timedelta(1)
    parts = [str(tomorrow.day), str(tomorrow.month), str(tomorrow.year)]
    assert refusal(DatePartsField(max_value=timezone.localdate), parts).code == "future"
    parts = [str(yesterday.day), str(yesterday.month), str(yesterday.year)]
    assert refusal(DatePartsField(min_value=timezone.localdate), parts).code == "past"


def test_a_form_with_a_date_reads_shows_and_compares_it() -> None:
    class Visit(forms.Form):
        met = DatePartsField()

    data = {"met_day": "05", "met_month": "06", "met_year": "2026"}
    form = Visit(data, initial={"met": datetime.date(2026, 6, 5)})
    assert form.is_valid()
    assert form.cleaned_data["met"] == datetime.date(2026, 6, 5)
    assert not form.has_changed()
    assert 'value="05"' in str(Visit(initial={"met": datetime.date(2026, 6, 5)})["met"])


@pytest.mark.parametrize(
    "typed",
    ["20000000", "20.000.000", "20 000 000", "20\u00a0000\u00a0000", "20,000,000 ₫", "20.000.000đ"],
)
def test_an_amount_is_read_as_people_write_it(typed: str) -> None:
    assert DongField().clean(typed) == 20_000_000


@pytest.mark.parametrize("typed", ["20,5", "20.00", "hai mươi", "-5", "1e6", "9" * 40])
def test_an_amount_that_is_no_amount_is_refused(typed: str) -> None:
    assert refusal(DongField(), typed).code == "invalid"


def test_an_amount_stays_below_its_limit() -> None:
    with translation.override("en"):
        error = refusal(DongField(max_value=100_000_000), "200000000")
        assert error.messages == ["The amount must be 100.000.000 ₫ or less."]


def test_an_amount_comes_back_with_its_dots() -> None:
    class Loan(forms.Form):
        amount = DongField()

    assert 'value="20.000.000"' in str(Loan(initial={"amount": 20_000_000})["amount"])
    assert 'value="20,5"' in str(Loan({"amount": "20,5"})["amount"])
