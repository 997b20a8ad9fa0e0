"""A paper brought, and a paper taken away."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from privacy import files
from privacy.formfields import CleanCharField
from privacy.models import DeleteReason


class PaperForm(forms.Form):
    file = forms.FileField(
        label=_("Photo or scan"),
        help_text=_(
            "PDF, JPEG or PNG, at most 10 MB. Where and when a photo was taken is removed from it."
        ),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png"}),
    )
    name = CleanCharField(
        label=_("What is it?"),
        help_text=_("For example: signed consent of 5 June."),
        max_length=80,
        error_messages={"required": _("Write in a few words what it is.")},
    )
    compartment = forms.ChoiceField(
        label=_("What kind of paper is it?"),
        help_text=_("It decides who can open it."),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what kind of paper it is.")},
    )
    consent = forms.ChoiceField(
        label=_("Which answer does it prove?"), required=False, widget=forms.Select
    )

    def __init__(
        self,
        kinds: Mapping[str, Any],
        consents: Sequence[tuple[str, str]],
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["compartment"].choices = list(kinds.items())  # type: ignore[attr-defined]
        if consents:
            self.fields["consent"].choices = [("", _("None")), *consents]  # type: ignore[attr-defined]
        else:
            del self.fields["consent"]

    def clean_file(self) -> Any:
        # A request that is too large comes without its file: the two cannot be told apart.
        file = self.cleaned_data.get("file")
        if file is None:
            raise ValidationError(files.too_large())
        return file


class DeleteForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Why is it deleted?"),
        choices=DeleteReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a reason.")},
    )
