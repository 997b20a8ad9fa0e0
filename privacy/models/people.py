"""Who works here: a user, her organisation and team, and the dated membership she acts under."""

from typing import Any, Self
from uuid import uuid4

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy.roles import OrganisationKind, Role


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **extra: Any) -> "User":
        user = self.model(username=self.model.normalize_username(username), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person who works here. Deactivated when she leaves, never deleted."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    username = models.CharField(
        _("User name"),
        max_length=60,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9][a-z0-9._-]*$")],
    )
    display_name = models.CharField(_("Name"), max_length=120)
    language = models.CharField(
        max_length=2, choices=[("vi", "Tiếng Việt"), ("en", "English")], default="vi"
    )
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "username"

    def __str__(self) -> str:
        return self.username

    @property
    def owner_uuid(self) -> Any:
        return self.uuid


class Organisation(models.Model):
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=160)
    kind = models.CharField(max_length=30, choices=OrganisationKind.choices)
    # Official code of its commune or province (services.AdminUnit): a text, so that nothing
    # below the services room needs to know the list.
    area_code = models.CharField(max_length=5, blank=True)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class Team(models.Model):
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="teams")
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    def live(self) -> Self:
        today = timezone.localdate()
        return self.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gte=today),
            starts_on__lte=today,
            user__is_active=True,
            organisation__is_active=True,
            team__is_active=True,
        )


class Membership(models.Model):
    """One person in one team with one role, for a time. A session runs under exactly one."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="memberships")
    team = models.ForeignKey(Team, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=30, choices=Role.choices)
    # Members of an inspection team (Đội 178) hold no case role: the helper is not the inspector.
    is_inspection_team = models.BooleanField(default=False)
    starts_on = models.DateField(default=timezone.localdate)
    ends_on = models.DateField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "team", "role"], name="membership_once"),
            models.CheckConstraint(
                condition=~Q(
                    is_inspection_team=True,
                    role__in=["peer_worker", "social_worker", "supervisor", "child_officer"],
                ),
                name="inspectors_hold_no_case_role",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}:{self.role}"
