"""One world in which every address of the house leads somewhere: a record of each kind, reached
through the actions. Nobody of the other commune, and nobody of an office that was not asked, has
anything to do with it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from cases import actions
from cases.models import Case, Goal
from services.models import ServiceOffer
from tests import door
from tests import factories as f
from tests.cast import Cast
from tests.rehearsal import retold


@dataclass(frozen=True)
class World:
    """Kind of record → the uuid that addresses of this kind carry."""

    uuids: dict[str, UUID]

    def address(self, kind: str, *, missing: bool = False) -> dict[str, Any]:
        """Arguments of an address; ``missing`` = of a record that there is not."""
        if not kind:
            return {}
        kind, _, more = kind.partition("+")
        arguments: dict[str, Any] = {"uuid": uuid4() if missing else self.uuids[kind]}
        if more == "offer":
            arguments["offer"] = self.uuids["offer"]
        if more == "section":
            arguments["code"] = "needs"
        return arguments


def told(cast: Cast) -> World:
    """The whole story once a session; put back for the next test."""

    def tell() -> dict[str, UUID]:
        lead = f.lead_handed_over(cast)
        case = f.case_in_support(cast)
        slip = f.referral_sent(cast, case)
        plan = f.livelihood_planned(cast, case)
        follow_up = f.follow_up_due(cast, case)
        child = f.child_case(cast)
        moving = actions.request_transfer(
            actor=cast.hanh,
            case=Case.objects.get(pk=case.pk),
            to_team=cast.teams["other_office"],
            summary="Chị ấy chuyển về quê",
            method="verbal",
        )
        glass = emergency(cast, case)
        deputy = actions.name_deputy(
            actor=cast.bich,
            stand_in=cast.memberships["loan"],
            starts_on=timezone.localdate() + timedelta(days=3),
            ends_on=timezone.localdate() + timedelta(days=4),
        )
        goal = Goal.objects.filter(case=case).first()
        offer = ServiceOffer.objects.filter(service_type__code="L-LEG").first()
        assert goal is not None and offer is not None
        return {
            "lead": lead.uuid,
            "case": case.uuid,
            "child": child.uuid,
            "slip": slip.uuid,
            "referral": slip.uuid,
            "union_referral": plan.referral.uuid,
            "livelihood": plan.uuid,
            "consent": f.link_of(slip).consent.uuid,
            "goal": goal.uuid,
            "follow_up": follow_up.plan.uuid,
            "transfer": moving.uuid,
            "emergency": glass.uuid,
            "deputy": deputy.uuid,
            "offer": offer.uuid,
        }

    return World(retold(cast.point, ("the whole house",), tell))


def emergency(cast: Cast, case: Case, *, by: str = "tam", **more: Any) -> Any:
    """Emergency access to this file by somebody who is not its worker."""
    actor = door.proved(getattr(cast, by))
    asked: dict[str, Any] = {
        "code": case.code,
        "reason": "danger",
        "words": "Có người đe doạ, cần gọi chị ấy ngay",
        "compartments": ["identity", "contact"],
    }
    return actions.break_glass(actor=actor, **(asked | more))
