"""How a consent is taken back."""

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.models import ConsentMethod


class WithdrawForm(forms.Form):
    method = forms.ChoiceField(
        label=_("How did the client tell you?"),
        choices=ConsentMethod.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how the client told you.")},
    )
