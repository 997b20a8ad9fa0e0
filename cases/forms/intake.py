"""What is asked when a file is opened, and what is written about her identity and her consent."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.forms.outreach import AGE, ALIAS, CHANNEL, CONTACT, PLACE, ContactFields, Plain
from cases.forms.pages import Step
from cases.forms.referring import witness_field
from cases.models import ConsentMethod, GivenBy
from cases.states import AgeBand
from privacy.formfields import CleanCharField, CleanTextField


class ProtectedForm(Plain):
    """Nothing to fill in: the page explains who takes over."""


PROTECTED = Step("protected", ProtectedForm, _("She is protected in a way of her own"))
CASE_STEPS = [AGE, PROTECTED, ALIAS, PLACE, CHANNEL, CONTACT]
MINORS = (AgeBand.UNDER_16, AgeBand.FROM_16_TO_17)


def case_route(typed: Mapping[str, Any]) -> list[Step]:
    if typed.get("age_band") in MINORS:
        return CASE_STEPS
    return [step for step in CASE_STEPS if step is not PROTECTED]


class ConsentForm(forms.Form):
    """Her answer to keeping a file. Nothing is ticked beforehand."""

    given = forms.ChoiceField(
        label=_("Does she agree that we keep a case file?"),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Record her answer.")},
    )
    keep_answers = forms.ChoiceField(
        label=_("May the single answers of the screening be kept after the plan is approved?"),
        help_text=_("If not, only the level and the chosen services stay."),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        required=False,
        widget=forms.RadioSelect,
    )
    method = forms.ChoiceField(
        label=_("How did she answer?"),
        choices=ConsentMethod.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how the answer was given.")},
    )
    given_by = forms.ChoiceField(
        label=_("Who answered?"),
        choices=GivenBy.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose who answered.")},
    )
    witness = witness_field()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("given") == "yes" and not data.get("keep_answers"):
            self.add_error("keep_answers", _("Record her answer."))
        return data


class SafeContactForm(ContactFields):
    """The contact plan of a file."""


class IdentityForm(forms.Form):
    alias = CleanCharField(
        label=_("What does she want to be called?"),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Enter the name she wants to be called by.")},
    )
    legal_name = CleanCharField(
        label=_("Full name in her papers"),
        help_text=_("Only when a service that she chose needs it."),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    birth_year = CleanCharField(
        label=_("Year of birth"),
        required=False,
        max_length=4,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    address = CleanTextField(
        label=_("Address"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )
