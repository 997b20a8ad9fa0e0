"""The screen parts every app uses: template tags, filters and the form renderer.

A builtin template library, so no `{% load %}`. The markup lives in templates/components and
templates/forms; this file only gathers what a part needs.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from uuid import uuid4

from django import forms, template
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.forms.formsets import BaseFormSet
from django.forms.renderers import DjangoTemplates
from django.forms.utils import flatatt
from django.forms.widgets import Input
from django.template import loader
from django.template.context import Context
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from privacy.formfields import DatePartsWidget

register = template.Library()

NBSP = "\u00a0"
COLOURS = {"grey", "blue", "green", "teal", "orange", "red", "yellow", "purple", "magenta"}
BUTTONS = {
    "primary": "govuk-button",
    "secondary": "govuk-button govuk-button--secondary",
    "warning": "govuk-button govuk-button--warning",
    "link": "app-textbutton",
}
# A tag longer than this may wrap between words; a shorter one stays on its line.
TAG_ON_ONE_LINE = 24
# Answers short enough to stand side by side where the screen is wide.
SHORT_ANSWERS = {"yes", "no", "not_now", "unknown", "True", "False", "true", "false"}


class FormRenderer(DjangoTemplates):
    """Renders `{{ form }}` and `as_field_group` in our markup, widgets with Django's own."""

    form_template_name = "forms/form.html"
    formset_template_name = "forms/formset.html"
    field_template_name = "forms/field.html"

    def get_template(self, template_name: str) -> Any:
        if template_name.startswith("forms/"):
            return loader.get_template(template_name)
        return super().get_template(template_name)


def _part(name: str, **values: Any) -> SafeString:
    return mark_safe(loader.get_template(f"components/{name}.html").render(values))  # noqa: S308


def _given(value: object) -> bool:
    # Not truthiness: 0, False and a locked value are answers too.
    return value is not None and value != ""


# ------------------------------------------------------------------------------- filters


@register.filter
def dong(value: object) -> str:
    """20000000 → "20.000.000 ₫", joined by a no-break space; nothing for no value."""
    if not _given(value):
        return ""
    try:
        amount = Decimal(str(value)).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    except InvalidOperation:
        return ""
    return f"{int(amount):,}".replace(",", ".") + f"{NBSP}₫"


def _local(value: datetime.date) -> datetime.date:
    if isinstance(value, datetime.datetime) and timezone.is_aware(value):
        return timezone.localtime(value)
    return value


@register.filter
def vndate(value: object) -> str:
    """dd/mm/yyyy in local time; nothing for no value."""
    if not isinstance(value, datetime.date):
        return ""
    return _local(value).strftime("%d/%m/%Y")


@register.filter
def vndatetime(value: object) -> str:
    """dd/mm/yyyy HH:MM in local time; nothing for no value."""
    if not isinstance(value, datetime.datetime):
        return vndate(value)
    return _local(value).strftime(f"%d/%m/%Y{NBSP}%H:%M")


def _day(value: datetime.date) -> datetime.date:
    value = _local(value)
    return value.date() if isinstance(value, datetime.datetime) else value


@register.filter
def is_late(value: object) -> bool:
    """Is this moment past? A plain date is late only when its whole day is over."""
    if isinstance(value, datetime.datetime):
        return value < (timezone.now() if timezone.is_aware(value) else datetime.datetime.now())
    return isinstance(value, datetime.date) and value < timezone.localdate()


@register.filter
def relative_due(value: object) -> str:
    """A deadline in the words of a worklist: late, today, tomorrow, in some days, or a date."""
    if not isinstance(value, datetime.date):
        return ""
    days = (_day(value) - timezone.localdate()).days
    if days < 0:
        return ngettext("Overdue by %(days)d day", "Overdue by %(days)d days", -days) % {
            "days": -days
        }
    if days == 0:
        if not isinstance(value, datetime.datetime):
            return _("Due today")
        at = {"time": _local(value).strftime("%H:%M")}
        return (
            _("Overdue since %(time)s today") if is_late(value) else _("Due today by %(time)s")
        ) % at
    if days == 1:
        return _("Due tomorrow")
    if days <= 14:
        return ngettext("Due in %(days)d day", "Due in %(days)d days", days) % {"days": days}
    return _("Due on %(date)s") % {"date": vndate(value)}


# ------------------------------------------------------------------------ words and boxes


@register.inclusion_tag("components/tag.html")
def tag(text: object, colour: str = "grey") -> dict[str, Any]:
    return {
        "text": text,
        "colour": colour if colour in COLOURS else "grey",
        "long": len(str(text)) > TAG_ON_ONE_LINE,
    }


@register.simple_block_tag
def inset(content: str) -> SafeString:
    return _part("inset", content=content)


@register.simple_block_tag
def warning(content: str) -> SafeString:
    return _part("warning", content=content)


@register.simple_block_tag
def notification(content: str, title: str = "", kind: str = "") -> SafeString:
    """A banner; `kind` is "" (important) or "success", which is also announced at once."""
    return _part("notification", content=content, title=title, success=kind == "success")


@register.simple_block_tag
def panel(content: str, title: str) -> SafeString:
    """What was done, on a confirmation page; its title is the page's h1."""
    return _part("panel", content=content, title=title)


@register.simple_block_tag
def details(content: str, summary: str, open: bool = False) -> SafeString:  # noqa: A002
    return _part("details", content=content, summary=summary, open=open)


@register.simple_block_tag
def empty_state(content: str, title: str) -> SafeString:
    return _part("empty_state", content=content, title=title)


@register.simple_block_tag
def scroll(content: str, label: str) -> SafeString:
    """A box that scrolls sideways by itself, reachable by keyboard: wide tables, pictures."""
    return _part("scroll", content=content, label=label)


# --------------------------------------------------------------------------- lists of facts


@register.inclusion_tag("components/summary_list.html")
def summary_list(rows: Iterable[Mapping[str, Any]], title: str = "") -> dict[str, Any]:
    """Rows of key, value and optional action_url, action_text; rows without a value are left
    out unless they can be acted upon."""
    shown = []
    for row in rows:
        given = _given(row.get("value"))
        if given or row.get("action_url"):
            shown.append({**row, "given": given})
    return {"rows": shown, "title": title, "actions": any(row.get("action_url") for row in shown)}


@register.simple_block_tag
def summary_row(content: str, key: str, action_url: str = "", action_text: str = "") -> SafeString:
    """One row whose value needs markup; stands inside <dl class="govuk-summary-list">."""
    return _part(
        "summary_row",
        row={
            "key": key,
            "value": content,
            "given": content.strip() != "",
            "action_url": action_url,
            "action_text": action_text,
        },
        actions=True,
    )


@register.inclusion_tag("components/task_list.html")
def task_list(items: Iterable[Any], id: str = "tasks") -> dict[str, Any]:  # noqa: A002
    return {"items": items, "id": id}


@register.inclusion_tag("components/timeline.html")
def timeline(events: Iterable[Any], level: int = 3) -> dict[str, Any]:
    return {"events": events, "heading": f"h{level}"}


@register.inclusion_tag("components/steps.html")
def steps(items: Iterable[Any]) -> dict[str, Any]:
    return {"items": items}


@register.inclusion_tag("components/progress.html")
def progress(current: int, total: int) -> dict[str, Any]:
    return {"current": current, "total": total}


@register.inclusion_tag("components/worklist.html")
def worklist(rows: Iterable[Any]) -> dict[str, Any]:
    return {"rows": rows}


@register.inclusion_tag("components/worklist_row.html")
def worklist_row(
    url: str,
    step: str,
    reference: str = "",
    label: object = "",
    urgent: bool = False,
    due: datetime.date | None = None,
    status: str = "",
    colour: str = "grey",
    who: str = "",
) -> dict[str, Any]:
    return {
        "url": url,
        "step": step,
        "reference": reference,
        "label": str(label or ""),
        "urgent": urgent,
        "due": due,
        "late": is_late(due),
        "status": status,
        "colour": colour,
        "who": who,
    }


# ---------------------------------------------------------------------- moving and acting


@register.inclusion_tag("components/back_link.html")
def back_link(url: str, text: str = "") -> dict[str, Any]:
    return {"url": url, "text": text}


@register.inclusion_tag("components/breadcrumbs.html")
def breadcrumbs(items: Iterable[Any]) -> dict[str, Any]:
    return {"items": items}


@register.inclusion_tag("components/pagination.html")
def pagination(prev_url: str = "", next_url: str = "") -> dict[str, Any]:
    return {"prev_url": prev_url, "next_url": next_url}


@register.inclusion_tag("components/button.html")
def button(text: str, kind: str = "primary", name: str = "", value: str = "") -> dict[str, Any]:
    return {"text": text, "classes": BUTTONS[kind], "name": name, "value": value}


@register.inclusion_tag("components/link_button.html")
def link_button(url: str, text: str, kind: str = "primary") -> dict[str, Any]:
    return {"url": url, "text": text, "classes": BUTTONS[kind]}


@register.inclusion_tag("components/post_button.html", takes_context=True)
def post_button(
    context: Context,
    url: str,
    text: str,
    kind: str = "primary",
    name: str = "",
    value: str = "",
    hidden: str = "",
) -> dict[str, Any]:
    """A form of one button. `hidden` ends the label for people who only hear it."""
    return {
        "url": url,
        "text": text,
        "classes": BUTTONS[kind],
        "name": name,
        "value": value,
        "hidden": hidden,
        "once": uuid4(),
        "csrf_token": context.get("csrf_token"),
    }


@register.simple_block_tag(takes_context=True)
def postform(context: Context, content: str, action: str = "", form: Any = None) -> SafeString:
    """A form that posts, with its token. The server checks: the browser's own bubbles, in the
    browser's language, stay off."""
    return _part(
        "postform",
        content=content,
        action=action,
        multipart=bool(form and form.is_multipart()),
        once=uuid4(),
        csrf_token=context.get("csrf_token"),
    )


# ------------------------------------------------------------------------------- forms


def _errors(bound: BoundField) -> list[ValidationError]:
    return list(bound.errors.as_data())


def _message(bound: BoundField, error: ValidationError) -> str:
    """The error in words; Django's bare "required" says what to do instead."""
    field = bound.field
    default = forms.Field.default_error_messages["required"]
    if error.code == "required" and field.error_messages["required"] == default:
        kind = _kind(field.widget)
        if kind == "checkbox":
            return _("Tick this box to go on.")
        if kind in {"radios", "checkboxes", "select"}:
            return _("Choose an answer.")
        return _("This cannot be empty.")
    return " ".join(error.messages)


def _wrong_parts(errors: Iterable[ValidationError]) -> set[int]:
    wrong: set[int] = set()
    for error in errors:
        wrong.update((error.params or {}).get("parts", (0, 1, 2)))
    return wrong


def _options(bound: BoundField) -> list[dict[str, Any]]:
    """The radios or checkboxes of a field; `choice_hints` on the widget explains some."""
    hints: Mapping[str, Any] = getattr(bound.field.widget, "choice_hints", {})
    options = []
    for number, choice in enumerate(bound.subwidgets):
        data = choice.data
        value = str(data["value"])
        if value == "" and str(data["label"]).startswith("---"):
            continue  # the empty line of a drop-down says nothing beside radios
        options.append(
            {
                "id": data["attrs"].get("id") or f"{bound.auto_id}_{number}",
                "type": data["type"],
                "name": data["name"],
                "value": value,
                "label": data["label"],
                "checked": data["selected"],
                "disabled": bound.field.disabled,
                "hint": hints.get(value, ""),
            }
        )
    return options


def _first_control(bound: BoundField) -> str:
    """The id that the error summary links to."""
    widget = bound.field.widget
    if isinstance(widget, DatePartsWidget):
        return f"{bound.auto_id}_{min(_wrong_parts(_errors(bound)), default=0)}"
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        options = _options(bound)
        return str(options[0]["id"]) if options else str(bound.auto_id)
    return bound.id_for_label or str(bound.auto_id)


def _classes(base: str, *, error: bool, width: object, own: object = "") -> str:
    parts = [base, f"{base}--error" if error else "", str(own or "")]
    if width:
        parts.append(f"{base}--width-{width}")
    return " ".join(filter(None, parts))


def _input(bound: BoundField, described_by: str, width: object) -> dict[str, Any]:
    """What forms/input.html needs. Numbers are text with a numeric keyboard: a number box
    changes its value on a scroll and drops what it cannot read."""
    widget = bound.field.widget
    own: dict[str, Any] = {"id": bound.auto_id, "aria-describedby": described_by or None}
    attrs = bound.build_widget_attrs(own)
    drawn = widget.get_context(bound.html_name, bound.value(), attrs)["widget"]
    drawn_attrs = dict(drawn["attrs"])
    kind = drawn["type"]
    if kind == "number":
        kind = "text"
        for limit in ("min", "max", "step"):
            drawn_attrs.pop(limit, None)
        whole = not isinstance(bound.field, forms.DecimalField | forms.FloatField)
        drawn_attrs.setdefault("inputmode", "numeric" if whole else "decimal")
        drawn_attrs.setdefault("autocomplete", "off")
        width = width or 5
    base = "govuk-file-upload" if kind == "file" else "govuk-input"
    prefix = drawn_attrs.pop("data-prefix", "")
    suffix = drawn_attrs.pop("data-suffix", "")
    if suffix:
        width = width or 10
    drawn_attrs["class"] = _classes(
        base, error=bool(bound.errors), width=width, own=drawn_attrs.get("class")
    )
    if kind == "password":
        drawn_attrs.setdefault("autocomplete", "current-password")
        drawn_attrs.setdefault("autocapitalize", "none")
        drawn_attrs.setdefault("spellcheck", "false")
    return {
        "type": kind,
        "name": drawn["name"],
        "value": drawn["value"],
        "attrs": mark_safe(flatatt(drawn_attrs)),  # noqa: S308  flatatt escapes
        "prefix": prefix,
        "suffix": suffix,
    }


def _date_parts(bound: BoundField) -> list[dict[str, Any]]:
    drawn = bound.field.widget.get_context(
        bound.html_name, bound.value(), {"id": bound.auto_id, "disabled": bound.field.disabled}
    )["widget"]
    wrong = _wrong_parts(_errors(bound))
    parts = []
    labels = (_("Day"), _("Month"), _("Year"))
    for index, (box, label) in enumerate(zip(drawn["subwidgets"], labels, strict=True)):
        attrs = dict(box["attrs"])
        attrs["class"] = _classes("govuk-input", error=index in wrong, width=4 if index == 2 else 2)
        if index in wrong:
            attrs["aria-invalid"] = "true"
        parts.append(
            {
                "id": attrs["id"],
                "label": label,
                "name": box["name"],
                "value": box["value"],
                "attrs": mark_safe(flatatt(attrs)),  # noqa: S308  flatatt escapes
            }
        )
    return parts


def _control(bound: BoundField, css: str, described_by: str, rows: object) -> SafeString:
    attrs: dict[str, Any] = {"class": _classes(css, error=bool(bound.errors), width=None)}
    if described_by:
        attrs["aria-describedby"] = described_by
    if rows:
        attrs["rows"] = rows
    return bound.as_widget(attrs=attrs)


def _kind(widget: forms.Widget) -> str:
    kinds: Sequence[tuple[str, type[forms.Widget]]] = (
        ("date", DatePartsWidget),
        ("checkboxes", forms.CheckboxSelectMultiple),
        ("radios", forms.RadioSelect),
        ("checkbox", forms.CheckboxInput),
        ("select", forms.Select),
        ("textarea", forms.Textarea),
        ("input", Input),
    )
    for kind, cls in kinds:
        if isinstance(widget, cls):
            return kind
    return "other"


@register.inclusion_tag("forms/group.html")
def field(
    bound: BoundField,
    label: str = "",
    hint: str = "",
    size: str = "",
    heading: bool = False,
    inline: bool | None = None,
    width: int | None = None,
    rows: int | None = None,
    optional: bool | None = None,
) -> dict[str, Any]:
    """One field with label or legend, hint and errors.

    `size` is s, m or l; `heading` makes the label the page's h1 (one question per page);
    `width` is 2, 3, 4, 5, 10, 20 or 30 characters. Fields that may stay empty say "(optional)"
    unless `optional=False` or the form sets `mark_optional = False`.
    """
    widget = bound.field.widget
    kind = "hidden" if widget.is_hidden else _kind(widget)
    the_id = str(bound.auto_id)
    hint = hint or str(bound.help_text or "")
    if kind == "date" and not hint:
        hint = _("For example, 05 06 2026.")
    error_id = f"{the_id}_error" if bound.errors else ""
    hint_id = f"{the_id}_helptext" if hint else ""
    described_by = " ".join(filter(None, (hint_id, error_id)))
    if optional is None:
        optional = (
            not bound.field.required
            and kind not in {"radios", "checkboxes", "checkbox"}
            and getattr(bound.form, "mark_optional", True)
        )
    values: dict[str, Any] = {
        "bound": bound,
        "kind": kind,
        "id": the_id,
        "label": label or bound.label,
        "label_for": bound.id_for_label,
        "size": size or ("l" if heading else ""),
        "heading": heading,
        "optional": optional,
        "hint": hint,
        "hint_id": hint_id,
        "error_id": error_id,
        "errors": [_message(bound, error) for error in _errors(bound)],
        "described_by": described_by,
        "grouped": kind in {"date", "radios", "checkboxes"},
    }
    if kind == "input":
        values["input"] = _input(bound, described_by, width)
    elif kind == "date":
        values["parts"] = _date_parts(bound)
    elif kind in {"radios", "checkboxes"}:
        options = _options(bound)
        values["options"] = options
        if inline is None:
            answers = {option["value"] for option in options}
            inline = len(options) <= 3 and answers <= SHORT_ANSWERS
        values["inline"] = inline
    elif kind == "checkbox":
        values["checked"] = widget.check_test(bound.value())
        values["value"] = widget.format_value(bound.value()) or "on"
    elif kind in {"textarea", "select", "other"}:
        css = {"textarea": "govuk-textarea", "select": "govuk-select"}.get(kind, "govuk-input")
        values["control"] = _control(bound, css, described_by, rows if kind == "textarea" else None)
    return values


@register.inclusion_tag("forms/fields.html")
def form_fields(form: forms.BaseForm, only: str = "", without: str = "") -> dict[str, Any]:
    """Every field of a form; `only` and `without` are field names with spaces between."""
    kept = only.split() or list(form.fields)
    left_out = set(without.split())
    return {"fields": [form[name] for name in kept if name not in left_out]}


def _summary_line(bound: BoundField, error: ValidationError) -> str:
    # The message alone reads well beside its box, but ten of them in a list do not.
    label, message = str(bound.label), _message(bound, error)
    return f"{label} {message}" if label.endswith(("?", ":", ".")) else f"{label}: {message}"


@register.inclusion_tag("components/error_summary.html")
def error_summary(*sources: Any) -> dict[str, Any]:
    """What is wrong, each linked to its box. Takes forms and formsets; shows nothing if all
    are well. Stands first in the page's content."""
    shown: list[forms.BaseForm] = []
    items: list[dict[str, str]] = []
    for source in sources:
        if isinstance(source, BaseFormSet):
            if source.is_bound:
                items += [{"text": str(error), "href": ""} for error in source.non_form_errors()]
                shown += source.forms
        elif isinstance(source, forms.BaseForm):
            shown.append(source)
    for form in shown:
        if not form.is_bound:
            continue
        items += [{"text": str(error), "href": ""} for error in form.non_field_errors()]
        for bound in form:
            hidden = bound.is_hidden
            href = "" if hidden or not bound.errors else f"#{_first_control(bound)}"
            for error in _errors(bound):
                items.append({"text": _summary_line(bound, error), "href": href})
    return {"items": items}
