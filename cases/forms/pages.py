"""Short forms one after the other. What was answered travels in hidden fields of the next page:
neither the session nor the address ever keeps a word that a client said."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpResponse, QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from privacy.errors import Invalid
from privacy.forms import put_errors

CHECK = "check"
ALL = "all"


def only_a_look(page: HttpResponse) -> HttpResponse:
    """Nothing was carried out: the browser's own "back" may send the page before once more
    (decision 0009)."""
    page.only_a_look = True  # type: ignore[attr-defined]
    return page


@dataclass(frozen=True)
class Step:
    """One page: its form, and its heading when the form has more than one field or none."""

    name: str
    form: type[forms.Form]
    heading: str | Promise = ""


Route = Callable[[Mapping[str, Any]], list[Step]]


class Walk:
    """The pages of one task. ``route`` says which steps follow from what was answered so far.

    A page posts its own fields, the hidden ones of the others, ``page`` = its name, and perhaps
    ``go`` = the page to see next without checking (back, or change from the last page).
    After ``advance`` either ``saved`` is true, or ``page`` and ``forms`` are to be shown.
    """

    def __init__(self, every: list[Step], route: Route, typed: QueryDict, **options: Any) -> None:
        self.every = every
        self.route = route
        self.typed = typed
        self.options = options
        self.page = self.steps[0].name
        self.forms: list[forms.Form] = []
        self.saved = False

    @property
    def steps(self) -> list[Step]:
        return self.route(self.typed)

    @property
    def names(self) -> list[str]:
        return [step.name for step in self.steps]

    def bound(self, step: Step) -> forms.Form:
        return step.form(self.typed, **self.options)

    def open(self, page: str) -> "Walk":
        """Show a page with what was typed before, and no complaint yet."""
        self.page = page if page in (*self.names, ALL, CHECK) else self.names[0]
        steps = {ALL: self.steps, CHECK: []}.get(self.page) or [
            step for step in self.steps if step.name == self.page
        ]
        self.forms = [step.form(initial=self._initial(step), **self.options) for step in steps]
        return self

    def _initial(self, step: Step) -> dict[str, Any]:
        found = {}
        for name, field in step.form.base_fields.items():
            if name in self.typed:
                many = isinstance(field, forms.MultipleChoiceField)
                found[name] = self.typed.getlist(name) if many else self.typed[name]
        return found

    def advance(self) -> "Walk":
        here = self.typed.get("page", "")
        if "go" in self.typed:
            return self.open(str(self.typed["go"]))
        if here == CHECK:
            return self._finish()
        if here == ALL:
            return self._all()
        step = next((step for step in self.steps if step.name == here), None)
        if step is None:
            return self.open(self.names[0])
        form = self.bound(step)
        if not form.is_valid():
            self.page, self.forms = step.name, [form]
            return self
        return self.open(self._after(here))

    def _after(self, here: str) -> str:
        if "seen" in self.typed:
            wrong = self._first_wrong()
            return wrong.name if wrong else CHECK
        later = self.names[self.names.index(here) + 1 :]
        return later[0] if later else CHECK

    def _first_wrong(self) -> Step | None:
        return next((step for step in self.steps if not self.bound(step).is_valid()), None)

    def _all(self) -> "Walk":
        filled = [self.bound(step) for step in self.steps]
        if not [form for form in filled if not form.is_valid()]:  # every page complains at once
            return self.open(CHECK)
        self.page, self.forms = ALL, filled
        return self

    def _finish(self) -> "Walk":
        wrong = self._first_wrong()
        if wrong is None:
            self.saved = True
            return self
        self.page, self.forms = wrong.name, [self.bound(wrong)]
        return self

    def refuse(self, error: Invalid) -> "Walk":
        """The action refused: back to the first page that holds a field it names."""
        for step in self.steps:
            if set(step.form.base_fields) & set(error.errors):
                form = self.bound(step)
                form.is_valid()
                put_errors(form, error)
                self.page, self.forms, self.saved = step.name, [form], False
                return self
        raise error

    # -- what the page shows

    @property
    def is_bound(self) -> bool:
        return any(form.is_bound for form in self.forms)

    @property
    def status(self) -> int:
        return 422 if self.is_bound and not self.saved else 200

    @property
    def data(self) -> dict[str, Any]:
        """The cleaned answers of every page of the route."""
        found: dict[str, Any] = {}
        for step in self.steps:
            form = self.bound(step)
            form.is_valid()
            found.update(form.cleaned_data)
        return found

    @property
    def carried(self) -> list[tuple[str, str]]:
        """Hidden fields: what stands on the other pages, also on those left aside meanwhile."""
        shown = {name for form in self.forms for name in form.fields}
        known = {name for step in self.every for name in step.form.base_fields}
        kept = [
            (name, value)
            for name in self.typed
            if name in known - shown
            for value in self.typed.getlist(name)
        ]
        if self.page == CHECK or "seen" in self.typed:
            kept.append(("seen", "1"))
        return kept

    @property
    def before(self) -> str:
        """The page to go back to; empty on the first."""
        names = [*self.names, CHECK]
        at = names.index(self.page) if self.page in names else 0
        return names[at - 1] if at else ""

    @property
    def number(self) -> int:
        return self.names.index(self.page) + 1 if self.page in self.names else len(self.names)

    @property
    def total(self) -> int:
        return len(self.names)

    @property
    def heading(self) -> str:
        """Of a page with several fields; a page with one field has its label as heading."""
        step = next((step for step in self.steps if step.name == self.page), None)
        return str(step.heading) if step else ""

    @property
    def parts(self) -> list[tuple[str, forms.Form]]:
        """All pages at once: each form under its heading."""
        return [
            (str(step.heading), form) for step, form in zip(self.steps, self.forms, strict=True)
        ]

    @property
    def answers(self) -> list[dict[str, str]]:
        """What the last page shows, each with the page where it can be changed."""
        rows = []
        for step in self.steps:
            form = self.bound(step)
            form.is_valid()
            shown = getattr(form, "shown", None)
            pairs = shown() if shown else [(field.label, _said(field)) for field in form]
            rows += [{"key": str(key), "value": value, "page": step.name} for key, value in pairs]
        return rows


def _said(field: forms.BoundField) -> str:
    value = field.form.cleaned_data.get(field.name)
    if isinstance(field.field, forms.MultipleChoiceField):
        labels: dict[Any, Any] = dict(field.field.choices)  # type: ignore[arg-type]
        return ", ".join(str(labels[item]) for item in value or [])
    if isinstance(field.field, forms.ChoiceField):
        shown: dict[Any, Any] = dict(field.field.choices)  # type: ignore[arg-type]
        return str(shown.get(value, ""))
    if isinstance(field.field, forms.BooleanField):
        return _("Yes") if value else _("No")
    return str(value or "")
