"""Who people are here. One membership gives one role; rights of two jobs never add up."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    PEER_WORKER = "peer_worker", _("Peer worker")
    SOCIAL_WORKER = "social_worker", _("Social worker")
    SUPERVISOR = "supervisor", _("Supervisor")
    HEALTH_STATION = "health_station", _("Health worker")
    WOMENS_UNION = "womens_union", _("Women's Union officer")
    VOCATIONAL = "vocational", _("Vocational centre officer")
    LEGAL_AID = "legal_aid", _("Legal aid officer")
    SERVICE_OFFICER = "service_officer", _("Service officer")
    CHILD_OFFICER = "child_officer", _("Commune child officer")
    PROGRAMME_OFFICER = "programme_officer", _("Programme officer")
    ADMINISTRATOR = "administrator", _("Administrator")
    DPO = "dpo", _("Data-protection officer")
    SYSTEM = "system", _("The system")


# The bank, police, courts and inspection teams have no role, and get none.
CASE_ROLES = frozenset({Role.PEER_WORKER, Role.SOCIAL_WORKER, Role.SUPERVISOR, Role.CHILD_OFFICER})
RECEIVING_ROLES = frozenset(
    {
        Role.HEALTH_STATION,
        Role.WOMENS_UNION,
        Role.VOCATIONAL,
        Role.LEGAL_AID,
        Role.SERVICE_OFFICER,
        Role.CHILD_OFFICER,
    }
)


class OrganisationKind(models.TextChoices):
    CASE_OFFICE = "case_office", _("Ward culture and society office")
    PEER_GROUP = "peer_group", _("Peer group")
    HEALTH_STATION = "health_station", _("Health station")
    WOMENS_UNION = "womens_union", _("Women's Union")
    VOCATIONAL_CENTRE = "vocational_centre", _("Vocational centre")
    LEGAL_AID_CENTRE = "legal_aid_centre", _("Legal aid centre")
    CHILD_OFFICE = "child_office", _("Child protection office")
    SOCIAL_PROTECTION = "social_protection", _("Social protection office")
    JOB_CENTRE = "job_centre", _("Job centre")
    YOUTH_UNION = "youth_union", _("Youth Union")
    PROGRAMME_OFFICE = "programme_office", _("Programme office")
    OTHER = "other", _("Other organisation")
