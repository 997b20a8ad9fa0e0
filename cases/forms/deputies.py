"""Who stands in, and from when to when."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy.formfields import DatePartsField
from privacy.models import Membership


class StandInForm(forms.Form):
    """One of the supervisors named on the page, by the uuid of her membership."""

    mark_optional = False

    stand_in = forms.ChoiceField(
        label=_("Who stands in for you?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose another supervisor.")},
    )

    def __init__(self, people: Sequence[Membership], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._people = {str(item.uuid): item for item in people}
        self.fields["stand_in"].choices = [  # type: ignore[attr-defined]
            (uuid, f"{item.user.display_name}, {item.organisation.name}")
            for uuid, item in self._people.items()
        ]

    def chosen(self) -> Membership:
        return self._people[self.cleaned_data["stand_in"]]


class DeputyForm(StandInForm):
    starts_on = DatePartsField(
        label=_("First day"),
        min_value=timezone.localdate,
        error_messages={"required": _("Enter the first day.")},
    )
    ends_on = DatePartsField(
        label=_("Last day"),
        help_text=_("Until the evening of this day, 60 days at most."),
        min_value=timezone.localdate,
        error_messages={"required": _("Enter the last day.")},
    )
