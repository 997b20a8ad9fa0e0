"""The screening as boxes: one field a question, made from the questionnaire's data."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.models import Level
from cases.questionnaire import Kind, Question
from cases.selectors.screening import AGE_QUESTION
from privacy.formfields import CleanTextField

PREFERS_NOT = "prefer_not_say"


class SectionForm(forms.Form):
    """Every question may be left out; the field's name is the question's code."""

    mark_optional = False

    def __init__(self, questions: Iterable[Question], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for question in questions:
            self.fields[question.code] = _field(question)

    def answers(self) -> dict[str, str | None]:
        """Without the age when it was left out: without an age nothing else would be kept."""
        said = {code: self.cleaned_data.get(code) or None for code in self.fields}
        if said.get(AGE_QUESTION) is None:
            said.pop(AGE_QUESTION, None)
        return said


def _field(question: Question) -> forms.Field:
    hints = [str(question.help)] if question.help else []
    if question.for_worker:
        hints.insert(0, _("For the worker. Not asked aloud."))
    common: dict[str, Any] = {
        "label": str(question.label),
        "help_text": " ".join(hints),
        "required": False,
    }
    if question.kind is Kind.SCORE:
        common["help_text"] = " ".join(
            [
                *hints,
                _("A number from %(low)d to %(high)d, or nothing.")
                % {"low": question.low, "high": question.high},
            ]
        )
        return forms.CharField(
            widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
            **common,
        )
    options = [(option.value, str(option.label)) for option in question.options]
    offers_silence = any(value == PREFERS_NOT for value, _label in options)
    if question.code == AGE_QUESTION:
        return forms.ChoiceField(choices=options, widget=forms.RadioSelect, **common)
    left_out = _("Not asked yet") if offers_silence else _("Not known, or prefers not to say")
    return forms.ChoiceField(
        choices=[*options, ("", left_out)], widget=forms.RadioSelect, initial="", **common
    )


class LevelForm(forms.Form):
    """The level is advice: raised freely, lowered with a reason."""

    level = forms.ChoiceField(
        label=gettext_lazy("How urgent is it?"),
        help_text=gettext_lazy(
            "You may choose a higher level freely, and a lower one if you say why."
        ),
        choices=Level.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose a level.")},
    )
    level_reason = CleanTextField(
        label=gettext_lazy("Why a lower level than advised?"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class SafetyPlanForm(forms.Form):
    text = CleanTextField(
        label=gettext_lazy("What did you agree with her?"),
        help_text=gettext_lazy(
            "In her words: where she is safe tonight, whom she can call, what she takes along, "
            "what we do next and when."
        ),
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": gettext_lazy("Write what you agreed with her.")},
    )
