"""A slip on its way: Hạnh sends, the station (or the union) receives. No case is needed here."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from privacy import keys
from privacy.models import Basis
from referrals import actions
from referrals.models import LivelihoodPlan, Referral
from tests.cast import Cast
from tests.rehearsal import rehearsed

PACKET = {
    "identity.alias": "Mây",
    "contact.safe_contact": "Chỉ nhắn tin: 0912 345 678",
    "health.concern": "Cần khám tuần này",
}
RECIPIENTS = {
    "station": ("health_station", "H-STI", "health", "lan"),
    "union": ("womens_union", "F-LIV", "money", "thu"),
    "school": ("vocational", "V-VOC", "work", "minh"),
    "other_station": ("health_station", "H-STI", "health", "stranger"),
}
Send = Callable[..., Referral]


@pytest.fixture
def send(cast: Cast) -> Send:
    """``send("station", until="accepted")``: a referral, taken as far as asked by its recipient."""

    def make(to: str = "station", until: str = "sent", **more: str) -> Referral:
        return sent(cast, to, until, **more)

    return make


@rehearsed
def sent(
    cast: Cast, to: str, until: str, *, service: str = "", family: str = "", priority: str = "soon"
) -> Referral:
    role, code, of_family, person = RECIPIENTS[to]
    basis = Basis.objects.create(
        recipient=cast.organisations[to], compartments=["identity", "contact"]
    )
    with keys.fresh_ring():
        referral = actions.prepare(
            actor=cast.hanh,
            sender=cast.user("hanh"),
            sender_team=cast.teams["office"],
            recipient_team=cast.teams[to],
            recipient_role=role,
            basis=basis,
            family=family or of_family,
            service=service or code,
            priority=priority,
            packet=PACKET,
        )
        if until != "draft":
            actions.send(actor=cast.hanh, referral=referral)
            bring(referral, getattr(cast, person), until)
    return Referral.objects.get(pk=referral.pk)


def bring(referral: Referral, actor: object, until: str) -> None:
    """The recipient's way through the table, up to a state."""
    later = timezone.now() + timedelta(days=2)
    day = timezone.localdate() + timedelta(days=9)
    ways = {
        "sent": [],
        "received": ["receive"],
        "declined": ["receive", ("decline", {"reason": "no_capacity"})],
        "redirect_proposed": ["receive", ("propose_redirect", {"text": "Trạm bên"})],
        "accepted": ["receive", "accept"],
        "scheduled": ["receive", "accept", ("schedule", {"at": later})],
        "no_show": ["receive", "accept", ("schedule", {"at": later}), "record_no_show"],
        "in_service": ["receive", "accept", "begin_service"],
        "on_hold": [
            "receive",
            "accept",
            "begin_service",
            ("hold", {"text": "Chờ", "review_on": day}),
        ],
        "completed": [
            "receive",
            "accept",
            "begin_service",
            ("complete", {"outcome": "attended", "outcomes": ["attended"]}),
        ],
        "not_completed": ["receive", "accept", ("end_unfinished", {"reason": "moved"})],
    }
    for step in ways[until]:
        name, values = (step, {}) if isinstance(step, str) else step
        getattr(actions, name)(actor=actor, referral=referral, **values)


@rehearsed
def plan_made(cast: Cast) -> LivelihoodPlan:
    with keys.fresh_ring():
        return actions.make_plan(
            actor=cast.thu,
            referral=sent(cast, "union", "in_service"),
            trade="Bán xôi",
            support="Một xe đẩy",
            amount="12000000",
        )


@rehearsed
def plan_started(cast: Cast) -> LivelihoodPlan:
    plan = plan_made(cast)
    with keys.fresh_ring():
        actions.start_plan(actor=cast.thu, plan=plan, on=timezone.localdate())
    return plan


@pytest.fixture
def plan(cast: Cast) -> LivelihoodPlan:
    """A plan that is made and not yet started."""
    return plan_made(cast)


@pytest.fixture
def running(cast: Cast) -> LivelihoodPlan:
    """A plan that started today, with its visits ahead."""
    return plan_started(cast)


@pytest.fixture
def lan(sign_in: Callable[[str], Client]) -> Client:
    return sign_in("lan")


@pytest.fixture
def thu(sign_in: Callable[[str], Client]) -> Client:
    return sign_in("thu")
