"""Who could stand in, and who does."""

from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from cases import policies
from privacy import audit
from privacy.actors import Actor
from privacy.errors import NotFound
from privacy.matrix import VERBS, Verb
from privacy.models import Deputy, Membership


def could_stand_in(actor: Actor) -> list[Membership]:
    """Other supervisors of today, her own team's and her place's first, by name."""
    rows = (
        Membership.objects.live()
        .filter(role__in=list(VERBS[Verb.APPROVE]))
        .exclude(user_id=actor.user_id)
        .select_related("user", "organisation", "team")
        .order_by("organisation__name", "user__display_name", "pk")
    )
    return sorted(rows, key=lambda item: item.team_id != actor.team_id)


def of(actor: Actor) -> list[Deputy]:
    """Those that she named and those that she is: running and to come, then lately ended."""
    return list(
        Deputy.objects.filter(
            Q(principal_id=actor.membership_id) | Q(stand_in_id=actor.membership_id)
        )
        .select_related("principal__user", "principal__team", "stand_in__user")
        .order_by("-ends_at", "-pk")[:20]
    )


def running(deputy: Deputy) -> bool:
    """Begun or to come, and not ended."""
    return deputy.ended_at is None and deputy.ends_at > timezone.now()


def find(actor: Actor, uuid: UUID) -> Deputy:
    deputy = Deputy.objects.select_related("principal", "stand_in").filter(uuid=uuid).first()
    if deputy is None:
        audit.refused(actor=actor, action="deputy", subject=None, reason="absent")
        raise NotFound
    policies.require_deputy_party(actor, deputy)
    return deputy
