"""Consent for one recipient, the slip, and what the sender says about it later."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.models import ConsentMethod, GivenBy, Goal
from cases.selectors.referring import ANSWERS, Grounds, Words
from privacy.formfields import CleanCharField, CleanTextField, DatePartsField
from referrals.models import Priority
from referrals.states import CancelReason


def witness_field() -> forms.CharField:
    return CleanCharField(
        label=_("Who heard it with you? (optional)"),
        help_text=_("A name or a role, if the answer was only said. It stays in the file."),
        required=False,
        max_length=120,
    )


def end_of_day(day: date | None) -> datetime | None:
    return None if day is None else timezone.make_aware(datetime.combine(day, time(23, 59, 59)))


YES_NO = [("yes", _("Yes")), ("no", _("No"))]
NO_GOAL = ""


class SharingForm(forms.Form):
    """Nothing is ticked beforehand: each fact is her own yes."""

    mark_optional = False

    given = forms.ChoiceField(
        label=_("What does the client answer?"),
        choices=[
            ("yes", _("Yes, share the facts ticked here")),
            ("no", _("No, share nothing")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what the client answered.")},
    )
    fields_shared = forms.MultipleChoiceField(
        label=_("Which facts may be shared?"),
        help_text=_("Read out each one. Tick only those to which the client says yes."),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    method = forms.ChoiceField(
        label=_("How was the answer given?"),
        choices=ConsentMethod.choices,
        widget=forms.RadioSelect,
    )
    given_by = forms.ChoiceField(
        label=_("Who answered?"),
        choices=GivenBy.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose who answered.")},
    )
    witness = witness_field()
    valid_until = DatePartsField(
        label=_("Until when does the answer hold? (optional)"),
        help_text=_("Leave it empty if the client sets no end. It can be taken back at any time."),
        required=False,
        min_value=timezone.localdate,
    )

    def __init__(
        self, fields: Mapping[str, Words], hints: Mapping[str, Words], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        shared = self.fields["fields_shared"]
        shared.choices = list(fields.items())  # type: ignore[attr-defined]
        shared.widget.choice_hints = dict(hints)

    def only_look(self) -> list[str]:
        """The facts ticked so far, for a look at the slip: nothing is missing yet."""
        known = dict(self.fields["fields_shared"].choices)  # type: ignore[attr-defined]
        ticked = [code for code in self.data.getlist("fields_shared") if code in known]  # type: ignore[attr-defined]
        self._errors = ErrorDict()
        return ticked

    def is_yes(self) -> bool:
        return bool(self.cleaned_data["given"] == "yes")

    def chosen(self) -> list[str]:
        return list(self.cleaned_data["fields_shared"]) if self.is_yes() else []

    def until(self) -> datetime | None:
        """The end of the day that was named, here."""
        return end_of_day(self.cleaned_data["valid_until"])


GROUND = "legal.ground"


class SlipForm(forms.Form):
    """One box for each fact that the worker writes; its name is the fact's code."""

    def __init__(
        self,
        to_write: Sequence[str],
        labels: Mapping[str, Words],
        goals: Sequence[Goal],
        times: Mapping[str, str],
        grounds: Grounds | None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.to_write = list(to_write)
        for code in self.to_write:
            label = str(labels.get(code, code))
            if code == GROUND and grounds is not None:
                self.fields[code] = _ground_field(label, grounds)
            else:
                self.fields[code] = CleanTextField(
                    label=label,
                    required=False,
                    max_length=1000,
                    widget=forms.Textarea(attrs={"rows": 3}),
                )
        priority = forms.ChoiceField(
            label=_("How soon is an answer needed?"),
            choices=Priority.choices,
            widget=forms.RadioSelect,
        )
        priority.widget.choice_hints = dict(times)
        self.fields["priority"] = priority
        if goals:
            self.fields["goal"] = forms.ChoiceField(
                label=_("Which of the client's goals does it serve?"),
                choices=[
                    *((str(goal.uuid), str(goal.text)) for goal in goals),
                    (NO_GOAL, _("None of them")),
                ],
                widget=forms.RadioSelect,
                required=False,
            )
        self._goals = {str(goal.uuid): goal for goal in goals}

    def written(self) -> dict[str, str]:
        return {code: self.cleaned_data.get(code, "") for code in self.to_write}

    def goal(self) -> Goal | None:
        return self._goals.get(self.cleaned_data.get("goal", ""))


def _ground_field(label: str, grounds: Grounds) -> forms.ChoiceField:
    field = forms.ChoiceField(
        label=label,
        help_text=str(grounds.note),
        choices=[*grounds.choices, ("", _("Leave it out of the slip"))],
        widget=forms.RadioSelect,
        required=False,
    )
    field.widget.choice_hints = dict(grounds.hints)
    return field


class CancelForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Why is it cancelled?"),
        choices=[item for item in CancelReason.choices if item[0] != CancelReason.CASE_CLOSED],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a reason.")},
    )


class SendBackForm(forms.Form):
    text = CleanTextField(
        label=_("Why should they look again?"),
        help_text=_("The recipient reads these words. Write nothing about the client here."),
        max_length=1000,
        error_messages={"required": _("Say why you send it back.")},
    )


class ConfirmForm(forms.Form):
    """One to three questions, each with a way not to answer."""

    helped = forms.ChoiceField(
        label=_("Did it help?"), choices=list(ANSWERS.items()), widget=forms.RadioSelect
    )
    respected = forms.ChoiceField(
        label=_("Was the client treated with respect?"),
        choices=list(ANSWERS.items()),
        widget=forms.RadioSelect,
    )
    words = CleanTextField(
        label=_("In the client's own words"),
        help_text=_("Only if the client wants it written down. It stays in the file."),
        required=False,
        max_length=2000,
    )
