"""What a recipient may type when she answers a referral and gives the service."""

import re
from datetime import datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy.errors import Invalid
from privacy.formfields import CleanCharField, CleanTextField, DatePartsField
from referrals.selectors import OutcomeChoice
from referrals.states import DeclineReason, NotCompletedReason
from services.clocks import VIET_NAM

CHOOSE_REASON = {"required": _("Choose a reason.")}


class ActionForm(forms.Form):
    """A form whose values are the arguments of one action, and which shows what it refused."""

    # Where the action calls a value by another name than the box in which it is typed.
    boxes: dict[str, str] = {}

    def arguments(self) -> dict[str, Any]:
        return self.cleaned_data

    def refuse(self, refusal: Invalid) -> None:
        for name, message in refusal.errors.items():
            box = self.boxes.get(name, name)
            self.add_error(box if box in self.fields else None, str(message))


class TimeOfDayField(forms.CharField):
    """Hours and minutes as people here write them: 09:30, 9.30, 9h30 or 9h."""

    widget = forms.TextInput(attrs={"inputmode": "text", "autocomplete": "off"})
    default_error_messages = {
        "required": _("Enter the time."),
        "invalid": _("Enter the time with hours and minutes, for example 09:30."),
    }
    _time = re.compile(r"([01]?\d|2[0-3])\s*(?:[:.hg]\s*([0-5]\d)?)", re.ASCII | re.IGNORECASE)

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values or isinstance(value, time):
            return value or None
        match = self._time.fullmatch(str(value).strip())
        if match is None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return time(int(match[1]), int(match[2] or 0))

    def prepare_value(self, value: Any) -> Any:
        return value.strftime("%H:%M") if isinstance(value, time) else value


class AcceptForm(ActionForm):
    note = CleanTextField(
        label=_("Is there anything the sender should tell the client?"),
        help_text=_("For example what to bring. Only the sender reads it with this slip."),
        required=False,
        max_length=1000,
    )


class DeclineForm(ActionForm):
    reason = forms.ChoiceField(
        label=_("Why can you not take this referral?"),
        choices=DeclineReason.choices,
        widget=forms.RadioSelect,
        error_messages=CHOOSE_REASON,
    )
    text = CleanTextField(
        label=_("What should the sender know?"),
        help_text=_("Needed if you chose another reason."),
        required=False,
        max_length=1000,
    )


class RedirectForm(ActionForm):
    text = CleanTextField(
        label=_("Who could help better, and why?"),
        help_text=_(
            "The sender asks the client first. Nothing is passed on without her new consent."
        ),
        max_length=1000,
        error_messages={"required": _("Say who could help, in a few words.")},
    )


class AppointmentForm(ActionForm):
    boxes = {"at": "time"}

    day = DatePartsField(label=_("On which day?"), min_value=timezone.localdate)
    time = TimeOfDayField(label=_("At what time?"), help_text=_("For example, 09:30."))
    place = CleanCharField(
        label=_("Where?"),
        help_text=_("A room or a door, in words that say nothing about the service."),
        required=False,
    )

    def arguments(self) -> dict[str, Any]:
        at = datetime.combine(self.cleaned_data["day"], self.cleaned_data["time"], tzinfo=VIET_NAM)
        return {"at": at, "place": self.cleaned_data["place"]}


class HoldForm(ActionForm):
    text = CleanTextField(
        label=_("Why does the service wait?"),
        help_text=_("The sender reads this."),
        max_length=1000,
        error_messages={"required": _("Say in a few words why.")},
    )
    review_on = DatePartsField(
        label=_("When will you look at it again?"), min_value=timezone.localdate
    )


class EntryForm(ActionForm):
    KINDS = (
        ("visit", _("Visit")),
        ("call", _("Call or message")),
        ("note", _("Note")),
    )
    kind = forms.ChoiceField(
        label=_("What do you record?"),
        choices=KINDS,
        widget=forms.RadioSelect,
        initial="visit",
        error_messages={"required": _("Choose what you record.")},
    )
    text = CleanTextField(
        label=_("Your entry"),
        help_text=_("Only your own team opens it. The sender never sees it."),
        error_messages={"required": _("Write what you want to record.")},
    )


class CompleteForm(ActionForm):
    outcome = forms.ChoiceField(
        label=_("How did the service end?"),
        widget=forms.RadioSelect,
        help_text=_("The sender sees this answer."),
        error_messages={"required": _("Choose an outcome.")},
    )
    text = CleanTextField(
        label=_("A last entry for your own record"),
        help_text=_("Only your own team opens it. The sender never sees it."),
        required=False,
    )

    def __init__(self, outcomes: list[OutcomeChoice], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.codes = [item.code for item in outcomes]
        self.fields["outcome"].choices = list(outcomes)  # type: ignore[attr-defined]

    def arguments(self) -> dict[str, Any]:
        return {**self.cleaned_data, "outcomes": self.codes}


class UnfinishedForm(ActionForm):
    reason = forms.ChoiceField(
        label=_("Why does the service end now?"),
        choices=NotCompletedReason.choices,
        widget=forms.RadioSelect,
        help_text=_("The sender sees this answer. It is no fault of the client."),
        error_messages=CHOOSE_REASON,
    )
    text = CleanTextField(
        label=_("A last entry for your own record"),
        help_text=_("Only your own team opens it. The sender never sees it."),
        required=False,
    )


class ConfirmForm(ActionForm):
    """Nothing to type: the page explains, the button acts."""
