"""Form fields that every room uses: clean Vietnamese text, dates in three parts, đồng.

They only clean and check what was typed. A refused value stays in the bound form, so the
person corrects her own words instead of typing them again.
"""

import datetime
import re
import unicodedata
from collections.abc import Callable
from typing import Any, NoReturn

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# Joiners belong to some scripts and to emoji; every other invisible format character (bidi
# overrides, zero-width spaces, soft hyphens, BOM) only makes two equal names look different.
_JOINERS = "\u200c\u200d"
# Icelandic eth looks like the Vietnamese letter and comes from old keyboards and scans.
_ETH = str.maketrans({"\u00d0": "\u0110", "\u00f0": "\u0111"})
_LINE_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")

DateBound = datetime.date | Callable[[], datetime.date]


def _visible(character: str) -> bool:
    if character == "\n" or character in _JOINERS:
        return True
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs"}


def clean_text(value: str) -> str:
    """NFC text with "\\n" line ends and no control or invisible characters; lines are kept."""
    value = _LINE_BREAKS.sub("\n", value).replace("\t", " ").translate(_ETH)
    value = "".join(filter(_visible, value))
    return unicodedata.normalize("NFC", value).strip()


def clean_line(value: str) -> str:
    """As `clean_text`, on one line, with every run of spaces made one space."""
    return " ".join(clean_text(value).split())


class CleanCharField(forms.CharField):
    """One line of text. Not for passwords, where every character counts."""

    default_error_messages = {
        "nul": _("The text contains a character that cannot be kept. Type it again."),
        "too_long": _("Use %(limit)d characters or fewer. There are %(count)d now."),
        "too_short": _("Use %(limit)d characters or more. There are %(count)d now."),
    }
    default_max_length = 200

    def __init__(
        self, *, max_length: int | None = None, min_length: int | None = None, **kwargs: Any
    ) -> None:
        # The limits stay here and not in CharField: its `maxlength` attribute makes browsers
        # cut a pasted text short without a word.
        self.limit = max_length or self.default_max_length
        self.least = min_length
        super().__init__(**kwargs)

    def clean_value(self, value: str) -> str:
        return clean_line(value)

    def to_python(self, value: Any) -> str:
        if value in self.empty_values:
            return ""
        text = str(value)
        if "\x00" in text:
            raise ValidationError(self.error_messages["nul"], code="nul")
        return self.clean_value(text)

    def validate(self, value: str) -> None:
        super().validate(value)
        count = len(value)
        if count > self.limit:
            params = {"limit": self.limit, "count": count}
            raise ValidationError(self.error_messages["too_long"], code="too_long", params=params)
        if value and self.least and count < self.least:
            params = {"limit": self.least, "count": count}
            raise ValidationError(self.error_messages["too_short"], code="too_short", params=params)


class CleanTextField(CleanCharField):
    """Several lines of text."""

    widget = forms.Textarea(attrs={"rows": 5})
    default_max_length = 4000

    def clean_value(self, value: str) -> str:
        return clean_text(value)


class DatePartsWidget(forms.MultiWidget):
    """Three text boxes named <name>_day, <name>_month and <name>_year."""

    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        numeric = {"inputmode": "numeric", "autocomplete": "off"}
        super().__init__(
            {
                "day": forms.TextInput(numeric),
                "month": forms.TextInput(numeric),
                "year": forms.TextInput(numeric),
            },
            attrs,
        )

    def decompress(self, value: Any) -> list[str]:
        if isinstance(value, datetime.date):
            return [f"{value.day:02}", f"{value.month:02}", f"{value.year:04}"]
        return ["", "", ""]


class DatePartsField(forms.Field):
    """A date typed as day, month and year (dd mm yyyy); cleans to `datetime.date` or None.

    `min_value` and `max_value` are dates, or callables such as `timezone.localdate` when the
    limit moves with the calendar. An error names the wrong parts in `params["parts"]`
    (0 day, 1 month, 2 year), which lets the screen mark and link exactly these boxes.
    """

    widget = DatePartsWidget
    default_error_messages = {
        "required": _("Enter the day, the month and the year."),
        "incomplete": _("The date is not complete. Enter the day, the month and the year."),
        "no_day": _("The date needs a day."),
        "no_month": _("The date needs a month."),
        "no_year": _("The date needs a year."),
        "digits": _("Use only digits in the date, for example 05 06 2026."),
        "day": _("The day must be a number from 1 to 31."),
        "month": _("The month must be a number from 1 to 12."),
        "year": _("Enter the year with four digits, for example 2026."),
        "unreal": _("This date is not in the calendar. Check the day and the month."),
        "min": _("The date must be %(date)s or later."),
        "max": _("The date must be %(date)s or earlier."),
        "future": _("The date must be today or in the past."),
        "past": _("The date must be today or in the future."),
    }

    def __init__(
        self,
        *,
        min_value: DateBound | None = None,
        max_value: DateBound | None = None,
        **kwargs: Any,
    ) -> None:
        self.min_value = min_value
        self.max_value = max_value
        super().__init__(**kwargs)

    def _refuse(self, code: str, parts: list[int], **params: str) -> ValidationError:
        return ValidationError(
            self.error_messages[code], code=code, params={"parts": parts, **params}
        )

    def to_python(self, value: Any) -> datetime.date | None:
        if value is None or isinstance(value, datetime.date):
            return value
        parts = [str(part or "").strip() for part in value]
        missing = [index for index, part in enumerate(parts) if not part]
        if len(missing) == 3:
            return None
        if len(missing) == 1:
            raise self._refuse(("no_day", "no_month", "no_year")[missing[0]], missing)
        if missing:
            raise self._refuse("incomplete", missing)
        odd = [i for i, part in enumerate(parts) if not (part.isascii() and part.isdigit())]
        if odd:
            raise self._refuse("digits", odd)
        if len(parts[2]) != 4 or parts[2] == "0000":
            raise self._refuse("year", [2])
        # Compared as text lengths first: int() of a very long digit string is refused by Python.
        if len(parts[0]) > 2 or not 1 <= int(parts[0]) <= 31:
            raise self._refuse("day", [0])
        if len(parts[1]) > 2 or not 1 <= int(parts[1]) <= 12:
            raise self._refuse("month", [1])
        try:
            return datetime.date(int(parts[2]), int(parts[1]), int(parts[0]))
        except ValueError:
            raise self._refuse("unreal", [0, 1]) from None

    def validate(self, value: datetime.date | None) -> None:
        if value is None:
            if self.required:
                raise self._refuse("required", [0, 1, 2])
            return
        low = self.min_value() if callable(self.min_value) else self.min_value
        high = self.max_value() if callable(self.max_value) else self.max_value
        today = timezone.localdate()
        if low and value < low:
            code = "past" if low == today else "min"
            raise self._refuse(code, [0, 1, 2], date=low.strftime("%d/%m/%Y"))
        if high and value > high:
            code = "future" if high == today else "max"
            raise self._refuse(code, [0, 1, 2], date=high.strftime("%d/%m/%Y"))


class DongField(forms.IntegerField):
    """An amount in whole đồng, typed with or without separators: 20.000.000 or 20 000 000 ₫."""

    widget = forms.TextInput
    default_error_messages = {
        "invalid": _("Enter an amount in dong with digits only, for example 20.000.000."),
        "min_value": _("The amount must be %(limit)s ₫ or more."),
        "max_value": _("The amount must be %(limit)s ₫ or less."),
    }
    # Groups of three after the first separator: "20,5" is a decimal, not twenty thousand five.
    _amount = re.compile(r"\d{1,15}|\d{1,3}(?:[.,\s]\d{3}){1,4}", re.ASCII)
    _unit = re.compile(r"\s*(?:₫|đ|đồng|VND|VNĐ)\s*$", re.IGNORECASE)

    def __init__(
        self, *, max_value: int | None = None, min_value: int | None = 0, **kwargs: Any
    ) -> None:
        # Checked in `validate`, whose messages write the limit as an amount.
        self.least = min_value
        self.most = max_value
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"inputmode": "numeric", "autocomplete": "off", "data-suffix": "₫"}

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        if isinstance(value, int):
            return value
        typed = unicodedata.normalize("NFC", str(value)).replace("\u00a0", " ").strip()
        typed = self._unit.sub("", typed)
        if not self._amount.fullmatch(typed):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return int(re.sub(r"\D", "", typed))

    def validate(self, value: int | None) -> None:
        super().validate(value)
        if value is None:
            return
        if self.least is not None and value < self.least:
            self._refuse("min_value", self.least)
        if self.most is not None and value > self.most:
            self._refuse("max_value", self.most)

    def _refuse(self, code: str, limit: int) -> NoReturn:
        params = {"limit": self.prepare_value(limit)}
        raise ValidationError(self.error_messages[code], code=code, params=params)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int):
            return f"{value:,}".replace(",", ".")
        return value
