"""What is asked of a person met in outreach, one question a page."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.forms.pages import Step
from cases.models import Channel
from cases.states import AgeBand
from privacy.formfields import CleanCharField, CleanTextField
from privacy.models import Membership
from services import selectors as services
from services.models import AdminUnit


class Plain(forms.Form):
    """Most questions have exactly one box: nothing is marked as optional beside it."""

    mark_optional = False

    def __init__(self, *args: Any, communes: list[AdminUnit], home: str, **kwargs: Any) -> None:
        self.communes, self.home = communes, home
        super().__init__(*args, **kwargs)


class KeepForm(Plain):
    keep = forms.ChoiceField(
        label=gettext_lazy("Does she want us to keep a way to reach her?"),
        help_text=gettext_lazy(
            "If not, only a number is counted: no name, no place to meet, nothing about her."
        ),
        choices=[
            ("yes", gettext_lazy("Yes, she wants a contact to be kept")),
            ("no", gettext_lazy("No, count the conversation only")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what she wants.")},
    )


class AgeForm(Plain):
    age_band = forms.ChoiceField(
        label=gettext_lazy("Which age group is she in?"),
        help_text=gettext_lazy(
            "This comes first: people under 18 are protected in a way of their own."
        ),
        choices=AgeBand.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose an age group.")},
    )


class AliasForm(Plain):
    alias = CleanCharField(
        label=gettext_lazy("What does she want to be called?"),
        help_text=gettext_lazy("A name of her choice. It does not have to be her real name."),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("Enter the name she wants to be called by.")},
    )


class PlaceForm(Plain):
    """A commune of the own province, or another found by its name. Several may have that name."""

    area_code = forms.ChoiceField(
        label=gettext_lazy("Commune or ward"), required=False, widget=forms.Select
    )
    place = CleanCharField(
        label=gettext_lazy("Another commune, if it is not in the list"),
        help_text=gettext_lazy("Accents may be left out. The province may follow the name."),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    match = forms.ChoiceField(
        label=gettext_lazy("Which of these do you mean?"), required=False, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("Choose from the list")), *((u.pk, str(u)) for u in self.communes)]
        self.fields["area_code"].choices = choices  # type: ignore[attr-defined]
        self.fields["area_code"].initial = self.home
        self.found: list[AdminUnit] = []
        typed = str(self.data.get("place") or self.initial.get("place") or "").strip()
        if typed and "\x00" not in typed:
            self.found = services.areas(typed[:80], communes_only=True)[:25]
        if len(self.found) > 1:
            self.fields["match"].choices = [(u.pk, u.full_name) for u in self.found]  # type: ignore[attr-defined]
        else:
            del self.fields["match"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        if data.get("place"):
            codes = [unit.pk for unit in self.found]
            chosen = data.get("match") or (codes[0] if len(codes) == 1 else "")
            if not codes:
                self.add_error("place", _("No commune has this name. Check how it is written."))
            elif not chosen:
                self.add_error("match", _("Several communes have this name. Choose one."))
            data["area_code"] = chosen
        elif not data.get("area_code"):
            self.add_error("area_code", _("Choose a commune."))
        return data

    def shown(self) -> list[tuple[str, str]]:
        code = self.cleaned_data.get("area_code", "")
        units = {unit.pk: unit.full_name for unit in (*self.communes, *self.found)}
        return [(_("Commune or ward"), units.get(code, ""))]


class ChannelForm(Plain):
    channel = forms.ChoiceField(
        label=gettext_lazy("How did you meet?"),
        choices=Channel.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose how you met.")},
    )


class ContactFields(forms.Form):
    """A safe way to reach her, in her words. What is not said means: do not contact."""

    ways = forms.MultipleChoiceField(
        label=gettext_lazy("May we contact her?"),
        help_text=gettext_lazy("If nothing is ticked, nobody contacts her."),
        choices=[
            ("may_call", gettext_lazy("Call her")),
            ("may_text", gettext_lazy("Send her a text message")),
        ],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    phone = CleanCharField(
        label=gettext_lazy("Phone number"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    hours = CleanCharField(
        label=gettext_lazy("Safe hours"),
        help_text=gettext_lazy("For example 9–11 in the morning."),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    code_word = CleanCharField(
        label=gettext_lazy("Code word"),
        help_text=gettext_lazy("What we say first, so that she knows who it is and nobody else."),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        ways, phone = data.get("ways"), data.get("phone", "")
        if phone and not ways:
            self.add_error(
                "ways", _("Tick how she may be contacted, or leave the phone number empty.")
            )
        if ways and not phone and "phone" not in self.errors:
            self.add_error("phone", _("Enter the number she may be reached at."))
        if phone and not 8 <= sum(character.isdigit() for character in phone) <= 15:
            self.add_error("phone", _("Enter a phone number with 8 to 15 digits."))
        return data


def contact_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """The safe contact as the actions take it."""
    ways = data.get("ways") or []
    return {
        "may_call": "may_call" in ways,
        "may_text": "may_text" in ways,
        "phone": data.get("phone", ""),
        "hours": data.get("hours", ""),
        "code_word": data.get("code_word", ""),
    }


def contact_typed(contact: Mapping[str, Any]) -> dict[str, Any]:
    """The other way round, for a form that is filled in already."""
    return {
        "ways": [way for way in ("may_call", "may_text") if contact.get(way)],
        "phone": contact.get("phone", ""),
        "hours": contact.get("hours", ""),
        "code_word": contact.get("code_word", ""),
    }


class ContactForm(ContactFields, Plain):
    mark_optional = True


class NoteForm(Plain):
    note = CleanTextField(
        label=gettext_lazy("Is there anything the next conversation needs?"),
        help_text=gettext_lazy(
            "Only what helps her. No real name, no place of work, nobody else's name."
        ),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


KEEP = Step("keep", KeepForm, gettext_lazy("Her wish"))
AGE = Step("age", AgeForm, gettext_lazy("Age group"))
ALIAS = Step("alias", AliasForm, gettext_lazy("Name"))
PLACE = Step("place", PlaceForm, gettext_lazy("Where is it?"))
CHANNEL = Step("channel", ChannelForm, gettext_lazy("How you met"))
CONTACT = Step("contact", ContactForm, gettext_lazy("A safe way to reach her"))
NOTE = Step("note", NoteForm, gettext_lazy("Note"))
CONTACT_STEPS = [KEEP, AGE, ALIAS, PLACE, CHANNEL, CONTACT, NOTE]


def contact_route(typed: Mapping[str, Any]) -> list[Step]:
    return [KEEP, PLACE, CHANNEL] if typed.get("keep") == "no" else CONTACT_STEPS


class HandOverForm(forms.Form):
    """The social worker of her choice, and her yes."""

    to = forms.ChoiceField(
        label=gettext_lazy("Which social worker does she choose?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose a social worker.")},
    )
    agreed = forms.BooleanField(
        label=gettext_lazy("She agrees that this social worker gets her alias and safe contact."),
        error_messages={"required": gettext_lazy("Hand over only when she has agreed.")},
    )

    def __init__(self, *args: Any, takers: list[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [  # type: ignore[attr-defined]
            (str(item.uuid), f"{item.user.display_name}, {item.organisation.name}")
            for item in takers
        ]
