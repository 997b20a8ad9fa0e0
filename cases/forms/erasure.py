"""Erasure and legal holds: what is asked, what is decided."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.models.erasure import AskedBy, AskedHow, HoldSource, RefusedErasure
from privacy.formfields import CleanCharField, CleanTextField, DatePartsField


def code_field() -> CleanCharField:
    return CleanCharField(
        label=_("Case code"),
        help_text=_("For example HS-7K3M9Q. It stands on the client's papers."),
        max_length=12,
        error_messages={"required": _("Enter the case code.")},
    )


class ErasureForm(forms.Form):
    asked_by = forms.ChoiceField(
        label=_("Who asked?"),
        choices=AskedBy.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose who asked.")},
    )
    asked_how = forms.ChoiceField(
        label=_("How was it asked?"),
        choices=AskedHow.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how it was asked.")},
    )
    asked_on = DatePartsField(
        label=_("On which day?"),
        help_text=_("The law counts its 20 days from this day."),
        max_value=timezone.localdate,
    )
    reason = CleanTextField(
        label=_("What the second person should know"),
        help_text=_("Nobody has to give a reason. What you write is erased with the file."),
        required=False,
        max_length=2000,
    )

    def __init__(self, *args: Any, with_code: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if with_code:
            self.fields = {"code": code_field(), **self.fields}


class ErasureDecisionForm(forms.Form):
    decision = forms.ChoiceField(
        label=_("What do you decide?"),
        choices=[
            ("approve", _("Approve: the file is erased today")),
            *((f"refuse:{code}", label) for code, label in RefusedErasure.choices),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what you decide.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        refuse = _("Refuse. The file stays as it is.")
        self.fields["decision"].widget.choice_hints = {
            "approve": _("It cannot be taken back by anybody."),
            **{f"refuse:{code}": refuse for code in RefusedErasure.values},
        }

    def approves(self) -> bool:
        return bool(self.cleaned_data["decision"] == "approve")

    def because(self) -> str:
        return str(self.cleaned_data["decision"]).partition(":")[2]


class HoldForm(forms.Form):
    code = code_field()
    source = forms.ChoiceField(
        label=_("What does the hold rest on?"),
        choices=HoldSource.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what the hold rests on.")},
    )
    reason = CleanTextField(
        label=_("Which paper, and why"),
        help_text=_("Only you and the second person read it."),
        max_length=2000,
        error_messages={"required": _("Write what the hold rests on.")},
    )
    until = DatePartsField(
        label=_("Until when?"),
        help_text=_("Its last day. Leave it empty if it stands until it is lifted."),
        required=False,
    )
