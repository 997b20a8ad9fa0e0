"""What may narrow a worklist: closed lists, and a reference that is no person's word."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from workflow.selectors import Filters

REFERENCE = re.compile(r"[A-Z]{2}-?[2-9A-Z]{6}")


class FilterForm(forms.Form):
    """Never refuses: a value that is not in its list filters nothing."""

    mark_optional = False

    step = forms.ChoiceField(label=_("Step"), required=False)
    family = forms.ChoiceField(label=_("Kind of service"), required=False)
    area = forms.ChoiceField(label=_("Commune"), required=False)
    reference = forms.CharField(
        label=_("Code or reference"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )

    def __init__(
        self,
        data: Mapping[str, Any],
        *,
        steps: Mapping[str, str],
        families: Mapping[str, Any],
        areas: Mapping[str, str],
    ) -> None:
        super().__init__(data)
        for name, choices in (("step", steps), ("family", families), ("area", areas)):
            self.fields[name].choices = [("", _("All")), *choices.items()]  # type: ignore[attr-defined]
        if not areas:
            del self.fields["area"]

    def chosen(self) -> dict[str, str]:
        """What the address may carry on: known values only."""
        self.is_valid()
        found = {name: str(self.cleaned_data.get(name) or "") for name in self.fields}
        reference = found.get("reference", "").strip().upper().replace(" ", "")
        if not REFERENCE.fullmatch(reference):
            reference = ""
        elif "-" not in reference:
            reference = f"{reference[:2]}-{reference[2:]}"
        found["reference"] = reference
        return found

    def filters(self) -> Filters:
        return Filters(**{"area": "", **self.chosen()})
