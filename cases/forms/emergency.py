"""Emergency access: which file, why, what of it; and what its reviewer found."""

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from cases.policies import GLASS_COMPARTMENTS
from cases.states import EmergencyReason, ReviewFinding
from privacy.formfields import CleanCharField, CleanTextField
from privacy.matrix import may_hold


class EmergencyForm(forms.Form):
    mark_optional = False

    code = CleanCharField(
        label=_("Case code"),
        help_text=_("As it stands on her card or in the message, for example HS-7K3M9Q."),
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
        error_messages={"required": _("Enter the case code.")},
    )
    reason = forms.ChoiceField(
        label=_("Why now?"),
        choices=EmergencyReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a reason.")},
    )
    words = CleanTextField(
        label=_("What happened?"),
        help_text=_("The data-protection officer reads this. One or two sentences."),
        max_length=1000,
        error_messages={"required": _("Write what happened, in a sentence.")},
    )
    compartments = forms.MultipleChoiceField(
        label=_("What do you need to see?"),
        help_text=_("Only what you need. Health, legal matters and child protection stay shut."),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose what you need to see, and no more.")},
    )

    def __init__(self, role: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["compartments"].choices = [  # type: ignore[attr-defined]
            (item.value, capfirst(item.label))
            for item in GLASS_COMPARTMENTS
            if may_hold(role, item.permission)
        ]


class ReviewForm(forms.Form):
    mark_optional = False

    finding = forms.ChoiceField(
        label=_("What did you find?"),
        choices=ReviewFinding.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what you found.")},
    )
    words = CleanTextField(
        label=_("How did you come to it?"),
        help_text=_("Whom you asked, and what follows. No names of clients."),
        max_length=2000,
        error_messages={"required": _("Write how you came to it.")},
    )
