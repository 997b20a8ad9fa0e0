"""What may be typed at the door and by those who keep the accounts; of every room's forms, where
what an action refused is shown."""

from django import forms

from privacy.errors import Invalid
from privacy.forms.door import CodeForm, MembershipForm, SignInForm

__all__ = ["CodeForm", "MembershipForm", "SignInForm", "put_errors"]


def put_errors(form: forms.BaseForm, error: Invalid) -> None:
    """What an action found wrong, at its field; what has no field stands above the form."""
    for name, message in error.errors.items():
        form.add_error(name if name in form.fields else None, str(message))
