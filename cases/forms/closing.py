"""Review, closure and its approval."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.states import WORKERS_CLOSURE_REASONS
from privacy.formfields import CleanTextField


class ReviewForm(forms.Form):
    decision = forms.ChoiceField(
        label=_("What do you and the client decide?"),
        choices=[
            ("continue", _("Go on as planned")),
            ("renew", _("Make a new plan")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how it goes on.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["decision"].widget.choice_hints = {
            "continue": _("The next review is due in three months."),
            "renew": _("The goals are written anew, and a supervisor approves them again."),
        }

    def renews(self) -> bool:
        return bool(self.cleaned_data["decision"] == "renew")


class ClosureForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Why does the case end?"),
        choices=[(reason.value, reason.label) for reason in WORKERS_CLOSURE_REASONS],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a reason.")},
    )
    note_text = CleanTextField(
        label=_("What the supervisor should know"),
        help_text=_("It stays in the file; nobody outside the team reads it."),
        required=False,
        max_length=2000,
    )


class ApprovalForm(forms.Form):
    decision = forms.ChoiceField(
        label=_("What do you decide?"),
        choices=[
            ("approve", _("Approve: the case ends today")),
            ("return", _("Return it: something should happen first")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what you decide.")},
    )
    because = CleanTextField(
        label=_("What should happen first"),
        help_text=_("Needed only if you return it. The case worker reads it."),
        required=False,
        max_length=1000,
    )

    def approves(self) -> bool:
        return bool(self.cleaned_data["decision"] == "approve")
