"""How a consent is taken back, or renewed."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.forms.referring import end_of_day, witness_field
from cases.models import ConsentMethod, GivenBy
from privacy.formfields import DatePartsField


class WithdrawForm(forms.Form):
    method = forms.ChoiceField(
        label=_("How did the client tell you?"),
        choices=ConsentMethod.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how the client told you.")},
    )


class RenewForm(forms.Form):
    """Nothing is ticked beforehand. A no needs no more than the no."""

    mark_optional = False

    again = forms.ChoiceField(
        label=_("Does the client wish it to go on?"),
        choices=[
            ("yes", _("Yes, the same facts to the same recipient")),
            ("no", _("No, or not reached: it ends on its day")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what the client answered.")},
    )
    method = forms.ChoiceField(
        label=_("How was the answer given?"),
        choices=ConsentMethod.choices,
        widget=forms.RadioSelect,
        required=False,
    )
    given_by = forms.ChoiceField(
        label=_("Who answered?"),
        choices=GivenBy.choices,
        widget=forms.RadioSelect,
        required=False,
    )
    witness = witness_field()
    valid_until = DatePartsField(
        label=_("Until when does the answer hold? (optional)"),
        help_text=_("Leave it empty if the client sets no end. It can be taken back at any time."),
        required=False,
        min_value=timezone.localdate,
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("again") == "yes":
            for name, message in (
                ("method", _("Choose how the answer was given.")),
                ("given_by", _("Choose who answered.")),
            ):
                if not data.get(name):
                    self.add_error(name, message)
        return data

    def is_yes(self) -> bool:
        return bool(self.cleaned_data["again"] == "yes")

    def until(self) -> datetime | None:
        return end_of_day(self.cleaned_data["valid_until"])
