import datetime
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.template import Context, Template
from django.template.loader import get_template, render_to_string
from django.utils import timezone, translation

from config import ui
from privacy.formfields import DatePartsField, DongField

HCMC = datetime.timezone(datetime.timedelta(hours=7))
NOW = datetime.datetime(2026, 6, 5, 10, 0, tzinfo=HCMC)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"), timezone.override(HCMC):
        yield


@pytest.fixture
def at_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def draw(source: str, **context: Any) -> str:
    return Template(source).render(Context(context))


class Intake(forms.Form):
    alias = forms.CharField(label="Alias", help_text="No legal name.")
    safe = forms.ChoiceField(
        label="Is it safe?",
        choices=[("yes", "Yes"), ("no", "No"), ("not_now", "Not now")],
        widget=forms.RadioSelect,
    )
    needs = forms.MultipleChoiceField(
        label="Needs", choices=[("a", "A"), ("b", "B")], widget=forms.CheckboxSelectMultiple
    )
    agree = forms.BooleanField(label="I agree")
    area = forms.ChoiceField(label="Area", choices=[("", "Choose"), ("1", "One")])
    note = forms.CharField(label="Note", widget=forms.Textarea, required=False)
    met = DatePartsField(label="Met")
    loan = DongField(label="Loan", required=False)
    kids = forms.IntegerField(label="Children", min_value=0, required=False)
    token = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean(self) -> None:
        if self.cleaned_data.get("kids") == 99:
            raise forms.ValidationError("These answers do not fit together.")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (20_000_000, "20.000.000\u00a0₫"),
        (0, "0\u00a0₫"),
        (-1500, "-1.500\u00a0₫"),
        ("999", "999\u00a0₫"),
        (None, ""),
        ("", ""),
        ("much", ""),
    ],
)
def test_dong(value: object, shown: str) -> None:
    assert ui.dong(value) == shown


def test_dates_are_shown_in_local_time() -> None:
    late_evening_utc = datetime.datetime(2026, 6, 4, 18, 30, tzinfo=datetime.UTC)
    assert ui.vndate(late_evening_utc) == "05/06/2026"
    assert ui.vndatetime(late_evening_utc) == "05/06/2026\u00a001:30"
    assert ui.vndate(datetime.date(2026, 6, 5)) == "05/06/2026"
    assert ui.vndatetime(None) == ""


@pytest.mark.usefixtures("at_ten")
@pytest.mark.parametrize(
    ("due", "shown", "late"),
    [
        (NOW - datetime.timedelta(days=2), "Overdue by 2 days", True),
        (datetime.date(2026, 6, 4), "Overdue by 1 day", True),
        (NOW - datetime.timedelta(hours=1), "Overdue since 09:00 today", True),
        (NOW + datetime.timedelta(hours=4), "Due today by 14:00", False),
        (datetime.date(2026, 6, 5), "Due today", False),
        (datetime.date(2026, 6, 6), "Due tomorrow", False),
        (datetime.date(2026, 6, 8), "Due in 3 days", False),
        (datetime.date(2026, 6, 30), "Due on 30/06/2026", False),
        (None, "", False),
    ],
)
def test_relative_due(due: datetime.date | None, shown: str, late: bool) -> None:
    assert ui.relative_due(due) == shown
    assert ui.is_late(due) is late


def test_every_part_escapes_what_people_typed() -> None:
    typed = "<b>x</b>"
    rows = [{"key": typed, "value": typed, "url": "/x", "step": typed, "reference": typed}]
    rows[0] |= {"label": typed, "status": typed, "title": typed, "text": typed, "who": typed}
    html = draw(
        "{% tag typed %}{% summary_list rows %}{% worklist rows %}{% task_list rows %}"
        "{% timeline rows %}{% steps rows %}{% inset %}{{ typed }}{% endinset %}"
        "{% details typed %}{{ typed }}{% enddetails %}{% panel typed %}{{ typed }}{% endpanel %}"
        "{% notification typed %}{{ typed }}{% endnotification %}{% button typed %}"
        "{% empty_state typed %}{{ typed }}{% endempty_state %}{% back_link '/x' typed %}"
        "{% warning %}{{ typed }}{% endwarning %}{% link_button '/x' typed %}",
        typed=typed,
        rows=rows,
    )
    assert "<b>" not in html
    assert html.count("&lt;b&gt;") >= 20


def test_summary_list_leaves_out_rows_without_value_and_without_action() -> None:
    rows = [
        {"key": "Kept", "value": 0},
        {"key": "Gone", "value": None},
        {"key": "Asked", "value": "", "action_url": "/change"},
    ]
    html = draw("{% summary_list rows %}", rows=rows)
    assert "Kept" in html and "Gone" not in html
    assert "Not answered" in html and 'href="/change"' in html


def test_a_worklist_row_shows_only_what_it_has() -> None:
    html = draw("{% worklist_row url='/t' step='Call back' %}")
    assert "Call back" in html
    assert "govuk-tag" not in html and "Due" not in html


def test_post_forms_carry_the_token_and_leave_checking_to_the_server() -> None:
    html = draw("{% postform action='/save' %}inside{% endpostform %}", csrf_token="t" * 64)
    assert 'name="csrfmiddlewaretoken"' in html and "novalidate" in html and "inside" in html
    html = draw("{% post_button '/out' 'Sign out' kind='link' %}", csrf_token="t" * 64)
    assert 'action="/out"' in html and 'name="csrfmiddlewaretoken"' in html


def test_a_field_ties_label_hint_and_error_to_its_box() -> None:
    html = draw("{% field form.alias %}", form=Intake({}))
    assert 'for="id_alias"' in html
    assert 'aria-describedby="id_alias_helptext id_alias_error"' in html
    assert 'id="id_alias_helptext"' in html and 'id="id_alias_error"' in html
    assert '<span class="govuk-visually-hidden">Error:</span> This cannot be empty.' in html
    assert "govuk-input--error" in html


def test_choices_and_dates_stand_in_a_fieldset() -> None:
    form = Intake()
    for name in ("safe", "needs", "met"):
        html = draw("{% field f %}", f=form[name])
        assert html.count("<fieldset") == html.count("<legend") == 1


def test_yes_no_not_now_stand_side_by_side() -> None:
    assert "govuk-radios--inline" in draw("{% field form.safe %}", form=Intake())
    assert "--inline" not in draw("{% field form.safe inline=False %}", form=Intake())


def test_the_question_can_be_the_heading() -> None:
    html = draw("{% field form.safe heading=True %}", form=Intake())
    assert re.search(r"<legend[^>]*--l[^>]*><h1[^>]*>Is it safe\?</h1>", html)


def test_numbers_are_typed_as_text() -> None:
    html = draw("{% field form.kids %}", form=Intake())
    assert 'type="text"' in html and 'inputmode="numeric"' in html
    assert "(optional)" in html and "min=" not in html


def test_only_the_wrong_parts_of_a_date_are_marked() -> None:
    form = Intake({"met_day": "5", "met_month": "13", "met_year": "2026"})
    html = draw("{% field form.met %}", form=form)
    assert html.count("govuk-input--error") == 1
    assert 'href="#id_met_1"' in draw("{% error_summary form %}", form=form)


def test_the_error_summary_links_every_error_to_a_box_that_exists() -> None:
    form = Intake({"kids": "99"})
    page = draw("{% error_summary form %}{% form_fields form %}", form=form)
    targets = re.findall(r'<a href="#([^"]+)"', page)
    assert targets == ["id_alias", "id_safe_0", "id_needs_0", "id_agree", "id_area", "id_met_0"]
    for target in targets:
        assert f'id="{target}"' in page
    assert "These answers do not fit together." in page
    assert "Is it safe? Choose an answer." in page


def test_no_summary_without_errors() -> None:
    assert draw("{% error_summary form missing %}", form=Intake()).strip() == ""


def test_form_fields_can_be_chosen() -> None:
    html = draw("{% form_fields form only='alias kids' without='kids' %}", form=Intake())
    assert 'name="alias"' in html and 'name="kids"' not in html and 'name="note"' not in html


def test_the_renderer_draws_a_whole_form() -> None:
    class Drawn(Intake):
        default_renderer = ui.FormRenderer

    html = str(Drawn({}))
    assert "govuk-error-summary" in html and html.count("govuk-form-group") > 8
    assert "govuk-label" in str(Drawn()["alias"].as_field_group())


def test_what_was_typed_comes_back_escaped() -> None:
    form = Intake({"alias": '"><script>', "note": "</textarea><script>"})
    assert "<script>" not in draw("{% form_fields form %}", form=form)


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "405", "500", "session_ended"])
def test_error_pages_need_no_context(name: str) -> None:
    html = get_template(f"errors/{name}.html").render()
    assert html.count("<h1") == 1


def test_the_500_page_speaks_every_language() -> None:
    html = get_template("errors/500.html").render()
    assert '<section lang="vi">' in html and '<section lang="en">' in html


def test_the_conflict_page_tells_who_and_gives_the_words_back() -> None:
    html = render_to_string(
        "errors/409.html",
        {"who": "Health station", "when": NOW, "kept": [{"label": "Note", "value": "my <words>"}]},
    )
    assert "Done by Health station, 05/06/2026\u00a010:00." in html
    assert "readonly" in html and "my &lt;words&gt;" in html


def test_nothing_is_inline() -> None:
    pages = [get_template(f"errors/{n}.html").render() for n in ("404", "500")]
    pages.append(draw("{% form_fields form %}", form=Intake({})))
    for html in pages:
        assert "style=" not in html and "<style" not in html and " on" + "click" not in html
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html))
