"""What may be typed by those who keep the accounts."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from privacy.formfields import CleanCharField, DatePartsField
from privacy.models import Organisation, Team
from privacy.roles import OrganisationKind, Role

ROLES = [(value, label) for value, label in Role.choices if value != Role.SYSTEM]


class WorkForm(forms.Form):
    """A team and a role."""

    team = forms.ChoiceField(
        label=_("Team"),
        widget=forms.Select,
        error_messages={"required": _("Choose a team."), "invalid_choice": _("Choose a team.")},
    )
    role = forms.ChoiceField(
        label=_("Role"),
        choices=[("", "---"), *ROLES],
        widget=forms.Select,
        error_messages={"required": _("Choose a role."), "invalid_choice": _("Choose a role.")},
    )
    is_inspection_team = forms.BooleanField(
        label=_("She is a member of an inspection team (Team 178)"), required=False
    )

    def __init__(self, *args: Any, team_id: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = Team.objects.filter(is_active=True, organisation__is_active=True)
        if team_id is not None:
            teams = teams.filter(pk=team_id)
        self.teams = {
            str(team.uuid): team
            for team in teams.select_related("organisation").order_by("organisation__name", "name")
        }
        choices = [(key, _team_name(team)) for key, team in self.teams.items()]
        self.fields["team"].choices = [  # type: ignore[attr-defined]
            *([("", "---")] if team_id is None else []),
            *choices,
        ]


def _team_name(team: Team) -> str:
    office = team.organisation.name
    return office if team.name == office else f"{office} – {team.name}"


class InviteForm(WorkForm):
    username = CleanCharField(
        label=_("User name"),
        max_length=60,
        help_text=_("Small letters, digits, dot, hyphen. It cannot be changed later."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
        error_messages={"required": _("Enter a user name.")},
    )
    name = CleanCharField(
        label=_("Name"),
        max_length=120,
        error_messages={"required": _("Enter a name.")},
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=[("vi", "Tiếng Việt"), ("en", "English")],
        initial="vi",
        widget=forms.RadioSelect,
    )
    field_order = ("username", "name", "language", "team", "role", "is_inspection_team")


class EndForm(forms.Form):
    on = DatePartsField(label=_("Last day"))


class CloseForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Why is the account closed?"),
        choices=[
            ("left", _("She has left, and everything is handed over")),
            ("suspicion", _("At once, because something may be wrong")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one.")},
    )


class OrganisationForm(forms.Form):
    name = CleanCharField(
        label=_("Name"), max_length=160, error_messages={"required": _("Enter a name.")}
    )
    area_code = CleanCharField(
        label=_("Official code of its commune or province"),
        max_length=5,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    is_active = forms.BooleanField(label=_("Open"), required=False, initial=True)


class NewOrganisationForm(OrganisationForm):
    code = CleanCharField(
        label=_("Short code"),
        max_length=40,
        help_text=_("Small letters, digits and hyphens. It cannot be changed later."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
        error_messages={"required": _("Enter a code.")},
    )
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[("", "---"), *OrganisationKind.choices],
        widget=forms.Select,
        error_messages={"required": _("Choose one.")},
    )
    field_order = ("code", "name", "kind", "area_code")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["is_active"]


class TeamForm(forms.Form):
    name = CleanCharField(
        label=_("Name"), max_length=120, error_messages={"required": _("Enter a name.")}
    )
    is_active = forms.BooleanField(label=_("Open"), required=False, initial=True)


def of_organisation(organisation: Organisation) -> dict[str, Any]:
    return {
        "name": organisation.name,
        "area_code": organisation.area_code,
        "is_active": organisation.is_active,
    }
