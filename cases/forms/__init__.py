"""What may be typed on the helper's desk, and in which words it is asked."""

from django import forms

from privacy.errors import Invalid


def put_errors(form: forms.BaseForm, error: Invalid) -> None:
    """What an action found wrong, at its field; what has no field stands above the form."""
    for name, message in error.errors.items():
        form.add_error(name if name in form.fields else None, str(message))
