"""Asking for a file that leaves."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from privacy.exports import Kind
from privacy.models import ExportPurpose


class AskForm(forms.Form):
    """``kind`` is shown only where she has a choice; the quarter only where numbers are asked."""

    kind = forms.ChoiceField(
        label=_("Which list?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a list.")},
    )
    quarter = forms.ChoiceField(
        label=_("Which quarter?"),
        widget=forms.Select,
        error_messages={"required": _("Choose a quarter.")},
    )
    audience = forms.ChoiceField(
        label=_("Who will read it?"),
        choices=[
            ("inside", _("People of the programme")),
            ("published", _("Others too: a second person decides")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose who will read it.")},
    )
    purpose = forms.ChoiceField(
        label=_("What is it needed for?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what it is needed for.")},
    )

    def __init__(
        self, kinds: Sequence[Kind], quarters: Sequence[tuple[str, str]], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind.code, kind.label) for kind in kinds]  # type: ignore[attr-defined]
        self.initial.setdefault("kind", kinds[0].code)
        purposes = frozenset().union(*(kind.purposes for kind in kinds))
        self.fields["purpose"].choices = [  # type: ignore[attr-defined]
            choice for choice in ExportPurpose.choices if choice[0] in purposes
        ]
        if quarters:
            self.fields["quarter"].choices = quarters  # type: ignore[attr-defined]
        else:
            del self.fields["quarter"], self.fields["audience"]

    def params(self) -> dict[str, Any]:
        if "quarter" not in self.fields:
            return {}
        year, _dash, number = self.cleaned_data["quarter"].partition("-")
        return {
            "year": int(year),
            "quarter": int(number),
            "audience": self.cleaned_data["audience"],
        }
