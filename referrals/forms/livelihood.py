"""What the Women's Union officer may type about a livelihood plan."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy.formfields import CleanTextField, DatePartsField, DongField
from referrals.forms.referral import ActionForm
from referrals.models import Evidence, IncomeBand, MilestoneKind


def _amount(value: int | None) -> str:
    """Sealed as digits; a page writes it as money."""
    return "" if value is None else str(value)


class PlanForm(ActionForm):
    trade = CleanTextField(
        label=_("What does the client want to do?"),
        help_text=_("In her words: the work, the trade or the small business."),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write what the client wants to do.")},
    )
    support = CleanTextField(
        label=_("What does it take?"),
        help_text=_("For example training, tools, a place, somebody to ask."),
        required=False,
        max_length=2000,
    )
    amount = DongField(
        label=_("How much money does it take?"), required=False, max_value=999_999_999_999
    )

    def arguments(self) -> dict[str, Any]:
        return {**self.cleaned_data, "amount": _amount(self.cleaned_data["amount"])}


class StartForm(ActionForm):
    on = DatePartsField(
        label=_("On which day did she start?"),
        help_text=_("The visits are counted from this day. For example, 05 06 2026."),
        max_value=timezone.localdate,
    )


class MilestoneForm(ActionForm):
    kind = forms.ChoiceField(
        label=_("What happened?"),
        choices=MilestoneKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what happened.")},
    )
    on = DatePartsField(label=_("On which day?"), max_value=timezone.localdate)
    amount = DongField(label=_("How much money was it?"), required=False, max_value=999_999_999_999)
    evidence = forms.ChoiceField(
        label=_("How do you know?"),
        choices=Evidence.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how you know.")},
    )
    forward = forms.BooleanField(
        label=_("The client agrees that her worker is told what happened"),
        help_text=_("Ask her each time. Her worker hears what happened, never an amount."),
        required=False,
    )

    def arguments(self) -> dict[str, Any]:
        return {**self.cleaned_data, "amount": _amount(self.cleaned_data["amount"])}


class VisitForm(ActionForm):
    # Which visit the page was about: pressed twice, it must not record the next one.
    visit = forms.UUIDField(widget=forms.HiddenInput)
    income_band = forms.ChoiceField(
        label=_("What does she earn in a month now?"),
        choices=IncomeBand.choices,
        widget=forms.RadioSelect,
        help_text=_("If she does not know or does not want to say, choose “Not known”."),
        error_messages={"required": _("Choose an income band, or “not known”.")},
    )
    note = CleanTextField(
        label=_("What do you want to remember of this visit?"),
        help_text=_("Only your own team opens it. The sender never sees it."),
        required=False,
    )


class ConcludeForm(ActionForm):
    stable = forms.TypedChoiceField(
        label=_("Does her livelihood stand on its own now?"),
        choices=[
            ("yes", _("Yes, it is stable")),
            ("no", _("Not yet: we look at it again together")),
        ],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        help_text=_("Something not known is not a failure."),
        error_messages={"required": _("Choose an answer.")},
    )


class EndForm(ActionForm):
    """Nothing to type: the page explains, the button acts."""
