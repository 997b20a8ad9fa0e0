"""The first people of an office: an administrator and a data-protection officer. Once."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy import audit, policies
from privacy.actors import Actor
from privacy.errors import Forbidden, Invalid, WrongState
from privacy.models import Membership, Organisation, Team, User
from privacy.roles import OrganisationKind, Role


@dataclass(frozen=True, slots=True)
class First:
    username: str
    name: str
    password: str


def is_founded() -> bool:
    """An administrator or data-protection officer was ever here: the terminal makes no other."""
    return Membership.objects.filter(role__in=[Role.ADMINISTRATOR, Role.DPO]).exists()


@transaction.atomic
def found_office(*, actor: Actor, office: str, administrator: First, officer: First) -> None:
    """Two people with a password each; both connect a phone at their first sign-in. Everybody else
    comes by invitation, approved by the other of the two.

    :raises Invalid: one person for both, or a user name that cannot be used.
    :raises WrongState: there is an administrator already.
    """
    if not actor.is_system:
        raise Forbidden
    if is_founded():
        raise WrongState(_("This office has an administrator already."))
    if administrator.username == officer.username:
        raise Invalid(
            {"officer": _("The data-protection officer must be another person.")},
        )
    organisation = Organisation.objects.create(
        code="programme", name=office, kind=OrganisationKind.PROGRAMME_OFFICE
    )
    team = Team.objects.create(organisation=organisation, name=office[:120])
    today = timezone.localdate()
    for first, role in ((administrator, Role.ADMINISTRATOR), (officer, Role.DPO)):
        user = _user(first)
        membership = Membership.objects.create(
            user=user,
            organisation=organisation,
            team=team,
            role=role,
            starts_on=today,
            ends_on=today + policies.LASTS,
        )
        audit.record_change(
            actor=actor, event="membership.began", subject=membership, after=role, reason="install"
        )


def _user(first: First) -> User:
    user = User(username=first.username, display_name=first.name)
    user.set_password(first.password)
    try:
        user.clean_fields()
        with transaction.atomic():
            user.save()
    except ValidationError as error:
        raise Invalid({first.username: " ".join(error.messages)}) from None
    except IntegrityError:
        raise Invalid({first.username: _("This user name is taken.")}) from None
    return user
