"""What may be typed into the registers of the person's rights."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.models import (
    AskedBy,
    AskedHow,
    AuthorityKind,
    AuthorityPaper,
    Correctable,
    Decision,
    IdentityCheck,
    Outcome,
    RefusedBecause,
    RightsKind,
)
from privacy.compartments import CASE_COMPARTMENTS, LABELS, Compartment
from privacy.formfields import CleanCharField, CleanTextField, DatePartsField
from services.clocks import VIET_NAM

PARTS = [
    (item.value, capfirst(LABELS[item]))
    for item in (*CASE_COMPARTMENTS, Compartment.PACKET, Compartment.ENTRIES)
]


def _radio(label: Any, choices: Any, **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, widget=forms.RadioSelect, **more)


def _day(label: Any) -> DatePartsField:
    return DatePartsField(label=label, max_value=timezone.localdate, initial=timezone.localdate)


class RequestForm(forms.Form):
    """A client's request, for a file that is open beside it."""

    kind = _radio(gettext_lazy("What does she ask?"), RightsKind.choices)
    words = CleanTextField(
        label=gettext_lazy("In her words"),
        help_text=gettext_lazy(
            "Only the data-protection officer reads this, and you, unless it is a complaint. "
            "A complaint goes past the worker it is about."
        ),
        max_length=2000,
        error_messages={"required": gettext_lazy("Write what she asks, in her words.")},
    )
    asked_by = _radio(gettext_lazy("Who asks?"), AskedBy.choices)
    asked_how = _radio(gettext_lazy("How did she ask?"), AskedHow.choices)
    identity_check = _radio(
        gettext_lazy("How do you know that it is she?"),
        IdentityCheck.choices,
        help_text=gettext_lazy("Do not ask for a paper only for this, and copy none."),
    )
    received_on = _day(gettext_lazy("On which day did she ask?"))


class OfficeRequestForm(RequestForm):
    """At the officer's desk: the client brings her case code, or there is no file."""

    code = CleanCharField(
        label=gettext_lazy("Case code, if she has one"),
        help_text=gettext_lazy("Such as HS-7K3M9Q. It is not looked for in any other way."),
        required=False,
        max_length=12,
    )
    field_order = ("code",)


class AnswerForm(forms.Form):
    answer = CleanTextField(
        label=gettext_lazy("What did you tell her?"),
        help_text=gettext_lazy("That we have it, how it goes on, until when, where to complain."),
        max_length=2000,
    )


class ExtendForm(forms.Form):
    because = CleanTextField(label=gettext_lazy("Why does it take longer?"), max_length=1000)


class LiftForm(forms.Form):
    because = CleanTextField(label=gettext_lazy("Why does the restriction end?"), max_length=1000)


class DecideForm(forms.Form):
    outcome = _radio(gettext_lazy("Decision"), Outcome.choices)
    refused_because = _radio(
        gettext_lazy("If refused, why?"), RefusedBecause.choices, required=False
    )
    findings = CleanTextField(
        label=gettext_lazy("What did you find, and why do you decide so?"), max_length=3000
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("outcome") == Outcome.REFUSED and not cleaned.get("refused_because"):
            self.add_error("refused_because", _("Choose why it is refused."))
        return cleaned


class SecondForm(forms.Form):
    agree = _radio(
        gettext_lazy("Do you agree?"),
        [("yes", gettext_lazy("Yes, I agree")), ("no", gettext_lazy("No, it goes back"))],
    )
    words = CleanTextField(
        label=gettext_lazy("What did you look at, and why do you say so?"), max_length=2000
    )


class CorrectForm(forms.Form):
    field = _radio(gettext_lazy("What is corrected?"), Correctable.choices)
    value = CleanTextField(label=gettext_lazy("How is it right?"), max_length=1000)
    because = CleanTextField(label=gettext_lazy("What did she say about it?"), max_length=1000)
    destroy_old = forms.BooleanField(
        label=gettext_lazy("She wishes that the old value is destroyed"), required=False
    )


class PassphraseForm(forms.Form):
    """Typed by the client. Never shown again, never kept: also not when the session ends."""

    passphrase = forms.CharField(
        label=gettext_lazy("Passphrase"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    again = forms.CharField(
        label=gettext_lazy("The same once more"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, again = cleaned.get("passphrase"), cleaned.get("again")
        if first and again and first != again:
            self.add_error("again", _("The two are not the same. Type them once more."))
        return cleaned


class BreachForm(forms.Form):
    what = CleanTextField(
        label=gettext_lazy("What happened?"),
        help_text=gettext_lazy("What you saw, when and where. No names where codes will do."),
        max_length=3000,
    )
    discovered_on = _day(gettext_lazy("On which day was it seen?"))
    hour = forms.IntegerField(
        label=gettext_lazy("At about what hour (0–23)?"), min_value=0, max_value=23
    )

    def moment(self) -> datetime:
        day, hour = self.cleaned_data["discovered_on"], self.cleaned_data["hour"]
        return datetime.combine(day, time(hour), tzinfo=VIET_NAM)


class AssessForm(forms.Form):
    compartments = forms.MultipleChoiceField(
        label=gettext_lazy("Which parts of files?"),
        choices=PARTS,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    people = forms.IntegerField(
        label=gettext_lazy("About how many people?"),
        min_value=0,
        max_value=9_999_999,
        required=False,
    )
    consequences = CleanTextField(label=gettext_lazy("What may it mean for them?"), max_length=3000)
    measures = CleanTextField(label=gettext_lazy("What was done about it?"), max_length=3000)


class NotifyForm(forms.Form):
    needed = _radio(
        gettext_lazy("Was it notified?"),
        [
            ("yes", gettext_lazy("Yes, the authority was told")),
            ("no", gettext_lazy("No notice is needed")),
        ],
    )
    people_told = forms.BooleanField(
        label=gettext_lazy("The people concerned were told, by the safe way"), required=False
    )
    whom = CleanTextField(
        label=gettext_lazy("Who was told, when and how; or why is no notice needed?"),
        max_length=2000,
    )


class LessonsForm(forms.Form):
    lessons = CleanTextField(label=gettext_lazy("What changes because of it?"), max_length=3000)


class AuthorityForm(forms.Form):
    kind = _radio(gettext_lazy("Who asks?"), AuthorityKind.choices)
    paper = _radio(gettext_lazy("In which form?"), AuthorityPaper.choices)
    words = CleanTextField(
        label=gettext_lazy("What exactly was asked?"),
        help_text=gettext_lazy(
            "Name and office of who asks, number and date of the paper, what they want. Do not add "
            "anything you know."
        ),
        max_length=3000,
    )
    received_on = _day(gettext_lazy("On which day?"))


class ProposeForm(forms.Form):
    decision = _radio(gettext_lazy("Decision"), Decision.choices, initial=Decision.REFUSE)
    legal_basis = CleanTextField(
        label=gettext_lazy("On which article of which law?"), max_length=1000
    )
    facts = CleanTextField(
        label=gettext_lazy("If answered: each fact that is named, and no other"),
        help_text=gettext_lazy("It is answered on paper. Nothing leaves through this page."),
        required=False,
        max_length=1000,
    )


class ReplyForm(forms.Form):
    how = CleanTextField(
        label=gettext_lazy("How was it answered?"),
        help_text=gettext_lazy("Day, number of the letter, who signed it."),
        max_length=1000,
    )
