"""One follow-up: reached or not, a few questions that may all be left out, how it goes on."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.questionnaire import Kind, Question
from cases.selectors.referring import Words
from privacy.formfields import CleanTextField


class FollowUpForm(forms.Form):
    follow_up = forms.UUIDField(widget=forms.HiddenInput)
    reached = forms.ChoiceField(
        label=_("Did you reach the client?"),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Say whether you reached the client.")},
    )

    def __init__(
        self,
        questions: Sequence[Question],
        decisions: Sequence[tuple[str, Words]],
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.asked = [question.code for question in questions]
        for question in questions:
            self.fields[question.code] = _question_field(question)
        self.fields["decision"] = forms.ChoiceField(
            label=_("How does it go on?"),
            help_text=_("Decide it together. It is needed only if you reached the client."),
            choices=list(decisions),
            widget=forms.RadioSelect,
            required=False,
        )
        self.fields["note_text"] = CleanTextField(
            label=_("Note"),
            help_text=_("What you agreed, in the client's words."),
            required=False,
            max_length=4000,
        )

    def is_reached(self) -> bool:
        return bool(self.cleaned_data["reached"] == "yes")

    def answers(self) -> dict[str, str]:
        return {code: str(self.cleaned_data.get(code) or "") for code in self.asked}

    def questions(self) -> list[forms.BoundField]:
        return [self[code] for code in self.asked]


def _question_field(question: Question) -> forms.Field:
    words = str(question.help) if question.help else ""
    if question.kind is Kind.SCORE:
        return forms.IntegerField(
            label=str(question.label),
            help_text=words,
            required=False,
            min_value=question.low,
            max_value=question.high,
        )
    return forms.ChoiceField(
        label=str(question.label),
        help_text=words,
        required=False,
        choices=[(option.value, str(option.label)) for option in question.options],
        widget=forms.RadioSelect,
    )
