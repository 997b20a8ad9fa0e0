"""What the outreach pages show: places to choose from, and who may take a contact over."""

from cases.models import Lead
from privacy.actors import Actor
from privacy.models import Membership, Organisation
from privacy.roles import OrganisationKind, Role
from services.models import AdminUnit
from services.selectors import today


def communes_around(actor: Actor) -> tuple[list[AdminUnit], str]:
    """The communes of the own organisation's province, and its own commune's code."""
    home = (
        AdminUnit.objects.filter(
            pk__in=Organisation.objects.filter(pk=actor.organisation_id).values("area_code")
        )
        .only("pk", "parent_id")
        .first()
    )
    if home is None:
        return [], ""
    province = home.parent_id or home.pk
    communes = (
        AdminUnit.objects.in_force(today())
        .filter(parent_id=province)
        .select_related("parent")
        .order_by("name", "pk")
    )
    return list(communes), home.pk if home.parent_id else ""


def takers_of(lead: Lead) -> list[Membership]:
    """Social workers of the case office of her commune; she chooses one."""
    return list(
        Membership.objects.live()
        .filter(
            role=Role.SOCIAL_WORKER,
            organisation__kind=OrganisationKind.CASE_OFFICE,
            organisation__area_code=lead.area_code,
        )
        .select_related("user", "organisation")
        .order_by("user__display_name", "pk")
    )
