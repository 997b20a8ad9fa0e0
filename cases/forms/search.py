"""A name, typed with or without accents. Sent by POST: no word of a person stands in an address."""

from django import forms
from django.utils.translation import gettext_lazy as _

from privacy.formfields import CleanCharField


class NameForm(forms.Form):
    mark_optional = False

    q = CleanCharField(
        label=_("Name she wants to be called by, or name on paper"),
        help_text=_("With or without accents, in any order, for example: hoa nguyen."),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Enter at least two letters of the name.")},
    )
    after = forms.IntegerField(required=False, widget=forms.HiddenInput)
