"""Another worker, or another commune."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.models import ConsentMethod
from privacy.formfields import CleanCharField, CleanTextField
from privacy.models import Membership, User


class WorkerForm(forms.Form):
    """A social worker of one team, by the uuid of her account."""

    worker = forms.ChoiceField(
        label=_("Who takes the case?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a social worker of the team.")},
    )

    def __init__(self, workers: Sequence[Membership], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._workers = {str(item.user.uuid): item.user for item in workers}
        self.fields["worker"].choices = [  # type: ignore[attr-defined]
            (uuid, user.display_name) for uuid, user in self._workers.items()
        ]

    def chosen(self) -> User:
        return self._workers[self.cleaned_data["worker"]]


class PlaceForm(forms.Form):
    """Where does she move to?"""

    mark_optional = False

    q = CleanCharField(
        label=_("Name of the commune"),
        help_text=_("With or without accents, for example: cam thuy."),
        required=False,
        max_length=80,
    )


class TransferForm(forms.Form):
    summary = CleanTextField(
        label=_("What should the new office know first?"),
        help_text=_(
            "Write it together. Only what the client wants them to read before they take the case."
        ),
        max_length=2000,
        error_messages={"required": _("Write what the new office should know first.")},
    )
    method = forms.ChoiceField(
        label=_("How did the client agree?"),
        choices=ConsentMethod.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how the answer was given.")},
    )
