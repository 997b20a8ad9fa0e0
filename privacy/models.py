"""What the ground floor keeps: people, keys, grants, the effect of consent, audit, outbox."""

from typing import Any, Self
from uuid import uuid4

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.contenttypes.models import ContentType
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from guardian.models import BaseObjectPermission

from privacy.fields import SealedQuerySet, SealedTextField, sealed_names
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


class SealedModel(models.Model):
    """A record with sealed fields: a uuid before it is saved, and an owner whose keys it uses."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    owner_uuid = models.UUIDField(db_index=True, editable=False)

    objects = SealedQuerySet.as_manager()

    class Meta:
        abstract = True

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        state.pop("_opened", None)
        return state

    def refresh_from_db(  # type: ignore[override]
        self, using: Any = None, fields: Any = None, **kwargs: Any
    ) -> None:
        """Envelopes come back as they are; opening waits until a value is read."""
        sealed = sealed_names(type(self))
        asked = (
            set(fields) if fields is not None else {f.attname for f in self._meta.concrete_fields}
        )
        plain = asked - sealed
        if plain:
            super().refresh_from_db(using=using, fields=sorted(plain), **kwargs)
        if fields is None:
            self._forget_relations()
        fresh = sorted(asked & sealed)
        if fresh:
            envelopes = type(self)._base_manager.filter(pk=self.pk).values(*fresh).get()
            for name, envelope in envelopes.items():
                setattr(self, name, envelope)

    def _forget_relations(self) -> None:
        """As Django does when everything is reloaded: what points here is asked anew."""
        self.__dict__.pop("_prefetched_objects_cache", None)
        for relation in self._meta.related_objects:
            if relation.is_cached(self):
                relation.delete_cached_value(self)


# -- keys: database "keystore"


class WrappedDataKey(models.Model):
    owner_uuid = models.UUIDField()
    compartment = models.PositiveSmallIntegerField()
    version = models.PositiveSmallIntegerField(default=1)
    kek = models.CharField(max_length=40, db_index=True)
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner_uuid", "compartment", "version"], name="data_key_once"
            )
        ]

    def __str__(self) -> str:
        return f"key {self.pk}"


class BlindIndex(models.Model):
    """64-bit keyed hash of a phone or identity number. Never of a name, health or status."""

    label = models.CharField(max_length=40)
    digest = models.BinaryField(max_length=8)
    owner_uuid = models.UUIDField(db_index=True)

    class Meta:
        indexes = [models.Index(fields=["label", "digest"], name="blind_lookup")]
        constraints = [
            models.UniqueConstraint(fields=["label", "owner_uuid"], name="blind_once_per_owner")
        ]

    def __str__(self) -> str:
        return f"index {self.pk}"


# -- grants and the effect of consent


class BasisQuerySet(models.QuerySet["Basis"]):
    def live(self) -> Self:
        now = timezone.now()
        return self.filter(
            Q(valid_until__isnull=True) | Q(valid_until__gt=now),
            ended_at__isnull=True,
            valid_from__lte=now,
        )


class Basis(models.Model):
    """What a consent permits, without its content. Every grant outside the case team names one;
    ending it ends sight at once, in one UPDATE."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    recipient = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    compartments = models.JSONField(default=list)
    valid_from = models.DateTimeField(default=timezone.now)
    valid_until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = BasisQuerySet.as_manager()

    def __str__(self) -> str:
        return f"basis {self.pk}"

    @property
    def is_live(self) -> bool:
        now = timezone.now()
        return (
            self.ended_at is None
            and self.valid_from <= now
            and (self.valid_until is None or self.valid_until > now)
        )


class GrantSource(models.TextChoices):
    ASSIGNMENT = "assignment", _("Assigned worker")
    TEAM = "team", _("Team")
    REFERRAL = "referral", _("Referral")
    BREAK_GLASS = "break_glass", _("Emergency access")
    HAND_OVER = "hand_over", _("Hand-over")
    DEPUTY = "deputy", _("Deputy")


class Grant(BaseObjectPermission):
    """Who may do what with one object, until when, and on which basis.

    Concrete grants (``cases.CaseGrant``, ``referrals.ReferralGrant``) add ``content_object`` and
    carry the key that lists sort by. A grant is revoked, never deleted. A grant to a person
    counts under the membership it was given for: rights of two jobs never add up.
    """

    user = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    membership = models.ForeignKey(
        Membership, models.PROTECT, null=True, blank=True, related_name="+"
    )
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="+")
    source = models.CharField(max_length=20, choices=GrantSource.choices)
    basis = models.ForeignKey(Basis, models.PROTECT, null=True, blank=True, related_name="+")
    purpose = models.CharField(max_length=40, blank=True)
    sort_key = models.BigIntegerField()
    starts_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    granted_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, team__isnull=True)
                | Q(user__isnull=True, team__isnull=False),
                name="%(class)s_one_holder",
            ),
            models.UniqueConstraint(
                fields=["user", "permission", "content_object", "source"],
                condition=Q(revoked_at__isnull=True, user__isnull=False),
                name="%(class)s_user_once",
            ),
            models.UniqueConstraint(
                fields=["team", "permission", "content_object", "source"],
                condition=Q(revoked_at__isnull=True, team__isnull=False),
                name="%(class)s_team_once",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "permission", "-sort_key"], name="%(class)s_user"),
            models.Index(fields=["team", "permission", "-sort_key"], name="%(class)s_team"),
        ]

    def __str__(self) -> str:
        return f"grant {self.pk}"


# -- what happened


class ChangeRecord(models.Model):
    """A change of a record, in the same transaction as the change. Codes and ids only."""

    at = models.DateTimeField(default=timezone.now)
    event = models.CharField(max_length=60)
    subject_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+")
    subject_id = models.BigIntegerField()
    actor = models.ForeignKey(User, models.PROTECT, related_name="+")
    role = models.CharField(max_length=30)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    before = models.CharField(max_length=40, blank=True)
    after = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=60, blank=True)

    class Meta:
        indexes = [models.Index(fields=["subject_type", "subject_id", "at"], name="change_subject")]

    def __str__(self) -> str:
        return f"{self.event} {self.pk}"


class AppendOnly(models.QuerySet[Any]):
    def update(self, **kwargs: Any) -> int:
        raise TypeError("the audit is only ever added to")

    def delete(self) -> Any:
        raise TypeError("the audit is only ever added to")


class AuditEvent(models.Model):
    """Who opened, listed, was refused. In the audit database: a refusal outlives a rollback."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    action = models.CharField(max_length=60)
    result = models.CharField(max_length=20)
    actor_uuid = models.UUIDField(null=True)
    membership_id = models.BigIntegerField(null=True)
    role = models.CharField(max_length=30, blank=True)
    organisation_id = models.BigIntegerField(null=True)
    session = models.CharField(max_length=32, blank=True)
    object_type = models.CharField(max_length=60, blank=True)
    object_uuid = models.UUIDField(null=True, db_index=True)
    compartments = models.CharField(max_length=160, blank=True)
    purpose = models.CharField(max_length=60, blank=True)
    basis_id = models.BigIntegerField(null=True)
    # For lists: how many, and SHA-256 over the sorted ids. One row a list, not one a line.
    count = models.PositiveIntegerField(default=1)
    ids_hash = models.CharField(max_length=64, blank=True)

    objects = AppendOnly.as_manager()

    def __str__(self) -> str:
        return f"{self.action} {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("the audit is only ever added to")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("the audit is only ever added to")


class Outbox(models.Model):
    """Work that must happen after a change, written in the same transaction as the change.

    ``lease`` names who works on the row and ``lease_until`` when it may be taken again.
    """

    kind = models.CharField(max_length=60)
    object_id = models.BigIntegerField(null=True)
    # Null = may be promised twice; an empty text would be unique.
    dedupe_key = models.CharField(max_length=120, null=True, unique=True)  # noqa: DJ001
    created_at = models.DateTimeField(default=timezone.now)
    run_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease = models.CharField(max_length=60, blank=True)
    lease_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    # Name of the error class only: messages may quote what a person typed.
    last_error = models.CharField(max_length=120, blank=True)
    gave_up_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["run_at"],
                name="outbox_due",
                condition=Q(done_at__isnull=True, gave_up_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class SentForm(models.Model):
    """A form that was carried out: its page's random token. Sent again, it changes nothing."""

    token = models.UUIDField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return str(self.token)


class KeptText(SealedModel):
    """Text typed when a session ended: sealed for the person who typed it, dropped after 24 h."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    text = SealedTextField(label="kept.text", compartment="draft")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"kept text {self.pk}"
