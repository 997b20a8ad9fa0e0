"""Assessment, goals, approval; and the plan of the protected child track."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.actions.planning import MAX_GOALS, GoalDraft
from cases.states import GoalState
from privacy.errors import Invalid
from privacy.formfields import CleanTextField, DatePartsField
from services.models import ServiceType

SHOWN_AT_FIRST = 3


class AssessmentForm(forms.Form):
    situation = CleanTextField(
        label=gettext_lazy("Her situation, as she sees it"),
        help_text=gettext_lazy("What she told that matters for the help she wants."),
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": gettext_lazy("Describe her situation.")},
    )
    strengths = CleanTextField(
        label=gettext_lazy("Her strengths, and who stands by her"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class PlanForm(forms.Form):
    """Up to eight goals. An empty line is left out."""

    mark_optional = False

    def __init__(
        self,
        *args: Any,
        services: Sequence[ServiceType],
        suggested: Sequence[str],
        rows: int = SHOWN_AT_FIRST,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.rows = min(max(rows, 1), MAX_GOALS)
        choices = service_choices(services, suggested)
        for number in range(1, self.rows + 1):
            self.fields[f"goal_{number}"] = CleanTextField(
                label=_("Goal %(number)d, in her words") % {"number": number},
                required=False,
                max_length=600,
                widget=forms.Textarea(attrs={"rows": 2}),
            )
            self.fields[f"service_{number}"] = forms.ChoiceField(
                label=_("Service that may help with goal %(number)d") % {"number": number},
                required=False,
                choices=choices,
            )

    @staticmethod
    def rows_in(data: Mapping[str, Any]) -> int:
        """How many lines the posted page had."""
        return sum(1 for number in range(1, MAX_GOALS + 1) if f"goal_{number}" in data)

    @property
    def may_add(self) -> bool:
        return self.rows < MAX_GOALS

    @property
    def pairs(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"goal_{n}"], self[f"service_{n}"]) for n in range(1, self.rows + 1)]

    def _filled(self) -> list[int]:
        data = self.cleaned_data
        return [
            number
            for number in range(1, self.rows + 1)
            if data.get(f"goal_{number}") or data.get(f"service_{number}")
        ]

    def drafts(self) -> list[GoalDraft]:
        data = self.cleaned_data
        return [GoalDraft(data[f"goal_{n}"], data[f"service_{n}"]) for n in self._filled()]

    def refused(self, error: Invalid) -> None:
        """The action counts the goals that were filled in; the page counts its lines."""
        filled = self._filled()
        for name, message in error.errors.items():
            kind, _sep, number = name.partition("_")
            if number.isdecimal() and int(number) <= len(filled):
                self.add_error(f"{kind}_{filled[int(number) - 1]}", str(message))
            else:
                self.add_error("goal_1", str(message))


def service_choices(
    services: Sequence[ServiceType], suggested: Sequence[str]
) -> list[tuple[str, Any]]:
    """Suggested services first, then every service by its kind."""
    by_code = {item.code: item for item in services}
    first = [(code, str(by_code[code].name)) for code in suggested if code in by_code]
    groups: list[tuple[str, Any]] = [("", _("No service, she does it herself"))]
    if first:
        groups.append((_("Suggested by the screening"), first))
    for family, label in ServiceType.Family.choices:
        listed = [
            (item.code, str(item.name))
            for item in services
            if item.family == family and item.code not in suggested
        ]
        if listed:
            groups.append((str(label), listed))
    return groups


class DecisionForm(forms.Form):
    decision = forms.ChoiceField(
        label=gettext_lazy("What do you decide?"),
        choices=[
            ("approve", gettext_lazy("Approve the plan")),
            ("return", gettext_lazy("Return it with a reason")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what you decide.")},
    )
    because = CleanTextField(
        label=gettext_lazy("What should change?"),
        help_text=gettext_lazy("Only when you return the plan. The worker reads this."),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class GoalForm(forms.Form):
    state = forms.ChoiceField(
        label=gettext_lazy("How far has it come, as she sees it?"),
        choices=GoalState.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose how far the goal has come.")},
    )


# The official steps whose dates are kept (cases.actions.closing.CHILD_STEPS).
CHILD_STEPS = {
    "line_111": gettext_lazy("Line 111 was told"),
    "commune_notice": gettext_lazy("The commune People's Committee was told"),
    "provincial_health": gettext_lazy("The provincial Department of Health was told"),
    "shelter": gettext_lazy("A safe place to stay began"),
    "health_check": gettext_lazy("Health check"),
    "guardian": gettext_lazy("A guardian or representative was named"),
}


class ChildPlanForm(forms.Form):
    text = CleanTextField(
        label=gettext_lazy("Safety plan, agreed with her"),
        help_text=gettext_lazy(
            "What keeps her safe now and what comes next. Facts in her words, no testimony."
        ),
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": gettext_lazy("Write what you agreed with her.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code, label in CHILD_STEPS.items():
            self.fields[code] = DatePartsField(
                label=label, required=False, max_value=timezone.localdate
            )

    def steps(self) -> dict[str, str]:
        """Step code → ISO date, of the steps that were taken."""
        found: dict[str, str] = {}
        for code in CHILD_STEPS:
            day = self.cleaned_data.get(code)
            if isinstance(day, datetime.date):
                found[code] = day.isoformat()
        return found
