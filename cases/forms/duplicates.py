"""Is there another file? Asked of the person, on both sides."""

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.models import ConsentMethod
from privacy.formfields import CleanCharField


class CheckForm(forms.Form):
    agreed = forms.ChoiceField(
        label=_("May we look whether she has a file already?"),
        help_text=_(
            "Say to her: we compare your phone number, and your citizen number if you like, with "
            "the files of the programme. If there is another file, the person in charge there asks "
            "you yourself. I will not hear what is found."
        ),
        choices=[("yes", _("Yes, she agrees")), ("no", _("No, or not now"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what she said.")},
    )
    method = forms.ChoiceField(
        label=_("How was the answer given?"),
        choices=ConsentMethod.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how the answer was given.")},
    )
    cccd = CleanCharField(
        label=_("Citizen identity number"),
        help_text=_("12 digits. Only compared: the number itself is not kept."),
        required=False,
        max_length=20,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "class": "govuk-input--width-20"}
        ),
    )


class MatchForm(forms.Form):
    agreed = forms.ChoiceField(
        label=_("What did the client say?"),
        choices=[
            ("yes", _("It is the same person, and she wants the two files linked")),
            ("no", _("No, it is somebody else, or she could not be asked safely")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what she said.")},
    )
    method = forms.ChoiceField(
        label=_("How was the answer given?"),
        help_text=_("Needed only for a yes."),
        choices=ConsentMethod.choices,
        widget=forms.RadioSelect,
        required=False,
    )
