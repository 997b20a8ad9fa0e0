"""What came of looking into a signal."""

from django import forms
from django.utils.translation import gettext_lazy as _

from privacy.models import ReviewOutcome


class ReviewForm(forms.Form):
    outcome = forms.ChoiceField(
        label=_("What came of it?"),
        choices=ReviewOutcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what came of it.")},
    )
