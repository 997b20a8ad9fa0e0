"""What may be typed at the door and by those who keep the accounts."""

from privacy.forms.door import CodeForm, MembershipForm, SignInForm

__all__ = ["CodeForm", "MembershipForm", "SignInForm"]
