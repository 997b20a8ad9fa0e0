"""What is kept about places, services and rules. Nothing here is about a person.

Everything that law, plan or custom may change carries the dates of its validity and its source,
so that a decision taken last year can still be explained with last year's words.
"""

import uuid
from datetime import date
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from services.bilingual import Text


class Status(models.TextChoices):
    """How sure we are of a fact that we did not make ourselves."""

    CONFIRMED = "confirmed", _("Confirmed")
    TO_BE_VERIFIED = "to be verified", _("To be verified")


class Dated(models.QuerySet[Any]):
    """For rows with `valid_from` and `valid_to`, both days included; no end means still valid."""

    def in_force(self, on: date) -> "Dated":
        not_ended = models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=on)
        return self.filter(not_ended, valid_from__lte=on)


class AdminUnit(models.Model):
    """A province or a commune (ward, commune, special zone); since 1 July 2025 two levels only."""

    class Type(models.TextChoices):
        PROVINCE = "tinh", _("Province")
        CITY = "thanh_pho", _("City")
        WARD = "phuong", _("Ward")
        COMMUNE = "xa", _("Commune")
        SPECIAL_ZONE = "dac_khu", _("Special zone")

    code = models.CharField(max_length=5, primary_key=True)  # official, zero-padded: never a number
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="communes"
    )
    type = models.CharField(max_length=10, choices=Type)
    name = models.CharField(max_length=80)
    search_key = models.CharField(max_length=200, editable=False)  # folded; see selectors.areas
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=200)

    objects = Dated.as_manager()

    class Meta:
        ordering = ["code"]
        verbose_name = _("administrative unit")
        verbose_name_plural = _("administrative units")

    def __str__(self) -> str:
        match self.type:
            case self.Type.PROVINCE:
                return _("%(name)s province") % {"name": self.name}
            case self.Type.CITY:
                return _("%(name)s city") % {"name": self.name}
            case self.Type.WARD:
                return _("%(name)s ward") % {"name": self.name}
            case self.Type.COMMUNE:
                return _("%(name)s commune") % {"name": self.name}
            case _special_zone:
                return _("%(name)s special zone") % {"name": self.name}

    @property
    def is_province(self) -> bool:
        return self.parent_id is None

    @property
    def full_name(self) -> str:
        """With the province, because 371 commune names occur more than once in the country."""
        return str(self) if self.parent is None else f"{self}, {self.parent}"


class ServiceType(models.Model):
    """A kind of help. Its code alone can tell a diagnosis, so it never stands in a URL."""

    class Family(models.TextChoices):
        HEALTH = "health", _("Health")
        SOCIAL = "social", _("Social support")
        WORK = "work", _("Training and work")
        MONEY = "money", _("Loans and livelihood")
        LAW = "law", _("Law and papers")
        CHILD = "child", _("Child protection")

    class AnswerClass(models.TextChoices):
        """Which answer-by clock a referral gets unless triage asks for a faster one."""

        URGENT = "urgent", _("Urgent")
        SOON = "soon", _("Soon")
        ROUTINE = "routine", _("Routine")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.CharField(max_length=10, unique=True)
    family = models.CharField(max_length=10, choices=Family)
    name_vi = models.CharField(max_length=160)
    name_en = models.CharField(max_length=160)
    # A way to reach help (hotline, mobile counselling, counselling point): no referral goes there.
    is_channel = models.BooleanField(default=False)
    # [{"code", "vi", "en", "counts_as_access"}]: what the recipient may report as the result.
    # For health the list says that she came, never what was found.
    outcomes = models.JSONField(default=list)
    # ["identity.alias", ...]: the most that a slip of this kind may carry, before consent cuts it.
    packet_fields = models.JSONField(default=list)
    answer_class = models.CharField(max_length=10, choices=AnswerClass, default=AnswerClass.ROUTINE)
    position = models.PositiveSmallIntegerField(default=0)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=300)

    objects = Dated.as_manager()

    class Meta:
        ordering = ["position", "code"]
        verbose_name = _("service type")
        verbose_name_plural = _("service types")

    def __str__(self) -> str:
        return str(self.name)

    @property
    def name(self) -> Text:
        return Text(vi=self.name_vi, en=self.name_en)


class ServiceOffer(models.Model):
    """One organisation gives one kind of help in some areas; how full it is, as of a day."""

    class Capacity(models.TextChoices):
        ACCEPTING = "accepting", _("Accepting")
        WAITLIST = "waitlist", _("Waiting list")
        FULL = "full", _("Full")
        UNKNOWN = "unknown", _("Not known")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(
        "privacy.Organisation", on_delete=models.PROTECT, related_name="service_offers"
    )
    service_type = models.ForeignKey(ServiceType, on_delete=models.PROTECT, related_name="offers")
    # A province here means all its communes.
    areas = models.ManyToManyField(AdminUnit, related_name="service_offers", blank=True)
    nationwide = models.BooleanField(default=False)
    capacity = models.CharField(max_length=10, choices=Capacity, default=Capacity.UNKNOWN)
    checked_on = models.DateField(null=True, blank=True)  # the day somebody asked the provider
    ended_on = models.DateField(null=True, blank=True)  # last day of the offer
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["service_type", "pk"]
        verbose_name = _("service offer")
        verbose_name_plural = _("service offers")
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "service_type"], name="services_one_offer_per_type"
            )
        ]

    def __str__(self) -> str:
        return f"{self.service_type} – {self.organisation}"


class RuleSet(models.Model):
    """One dated version of one kind of rules. In use means closed: a change is a new version."""

    class Kind(models.TextChoices):
        QUESTIONNAIRE = "questionnaire", _("Screening questions")
        TRIAGE = "triage", _("Triage rules")
        MAPPING = "mapping", _("From answer to service")
        LEGAL_AID_GROUND = "legal_aid_ground", _("Grounds for legal aid")
        LOAN = "loan", _("Loans, in the order to offer them")
        TRAINING = "training", _("Support for vocational training")
        CLOCK = "clock", _("Deadlines")
        FOLLOW_UP_TEMPLATE = "follow_up_template", _("Follow-up timeline")
        HOTLINE = "hotline", _("Hotlines")
        CONSENT_WORDING = "consent_wording", _("Words in which consent is asked")
        PACKET_FIELD = "packet_field", _("Fields of a referral slip")
        AUDIT_WATCH = "audit_watch", _("What a data-protection officer looks into")
        DISCLOSURE = "disclosure", _("Numbers that may be told")
        GUARD = "guard", _("Limits that guard personal data")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=20, choices=Kind)
    version = models.CharField(max_length=20)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    payload = models.JSONField()
    source = models.TextField()
    source_url = models.URLField(blank=True)
    status = models.CharField(max_length=20, choices=Status, default=Status.TO_BE_VERIFIED)
    # With the uuid it names one content, so a process may keep what it once read (selectors):
    # never write a payload with QuerySet.update(), which leaves this untouched.
    changed_at = models.DateTimeField(auto_now=True)

    objects = Dated.as_manager()

    class Meta:
        ordering = ["kind", "-valid_from", "-version"]
        verbose_name = _("rule set")
        verbose_name_plural = _("rule sets")
        constraints = [
            models.UniqueConstraint(fields=["kind", "version"], name="services_ruleset_version")
        ]
        indexes = [models.Index(fields=["kind", "-valid_from"], name="services_ruleset_in_force")]

    def __str__(self) -> str:
        return f"{self.kind} {self.version}"


class Holiday(models.Model):
    """A day that is not worked although it is a weekday, or is worked although it is a Saturday."""

    date = models.DateField(unique=True)
    name_vi = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    is_made_up = models.BooleanField(
        default=False, help_text=_("A Saturday worked in exchange for a day off.")
    )
    source = models.CharField(max_length=200)
    status = models.CharField(max_length=20, choices=Status, default=Status.TO_BE_VERIFIED)

    class Meta:
        ordering = ["date"]
        verbose_name = _("public holiday")
        verbose_name_plural = _("public holidays")

    def __str__(self) -> str:
        return f"{self.date:%Y-%m-%d} {self.name}"

    @property
    def name(self) -> Text:
        return Text(vi=self.name_vi, en=self.name_en)
