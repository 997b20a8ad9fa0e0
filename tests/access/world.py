"""One world in which every address of the house leads somewhere: a record of each kind, reached
through the actions. Nobody of the other commune, and nobody of an office that was not asked, has
anything to do with it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from cases import actions
from cases.models import Case, CaseLink, DuplicateMatch, Goal
from privacy import exports
from privacy.actions import accounts
from privacy.models import Recovery
from services.models import ServiceOffer
from tests import door
from tests import factories as f
from tests.cast import Cast
from tests.privacy.test_files import photo
from tests.rehearsal import retold
from workflow import engine

# Kinds of record that are about people who work here, and about no client.
OFFICE = {"person", "membership", "change", "recovery", "organisation", "team"}


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
        if more == "signal":
            arguments["code"] = "refusals"
        if more in ("paper", "link"):
            arguments[more] = self.uuids[more]
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
            **_registers(cast, case),
            **_office(cast),
        }

    return World(retold(cast.point, ("the whole house",), tell))


def _registers(cast: Cast, case: Case) -> dict[str, UUID]:
    """What stands beside the file: papers, requests of its client, erasure, hold, another file."""
    paper = actions.add_paper(
        actor=cast.hanh, case=case, compartment="notes", name="Giấy", data=photo()
    )
    asked: dict[str, Any] = {
        "actor": cast.hanh,
        "case": case,
        "asked_by": "client",
        "asked_how": "worker",
        "identity_check": "known",
        "received_on": timezone.localdate(),
        "words": "Chị muốn xem",
    }
    request = actions.register_request(kind="view", **asked)
    correction = actions.register_request(kind="correct", **asked)
    copy = actions.register_request(kind="copy", **asked)
    for one in (correction, copy):
        actions.answer_request(actor=cast.yen, request=one, answer="Đã nhận")
        actions.decide_request(
            actor=cast.yen, request=one, outcome="granted", findings="Đúng là chị ấy"
        )
    actions.second_request(actor=cast.bich, request=copy, agree=True, words="Đã xem")
    actions.make_copy(
        actor=door.proved(cast.hanh), request=copy, passphrase="xoai nuoc bang ghe 47"
    )
    erasure = actions.request_erasure(
        actor=cast.hanh,
        case=case,
        asked_by="client",
        asked_how="in_person",
        asked_on=timezone.localdate(),
    )
    hold = actions.propose_hold(actor=cast.yen, case=case, source="court", reason="Chờ toà")
    other = f.case_opened(cast, by="kien")
    match = DuplicateMatch.objects.create(case=case, other=other)
    engine.start(subject=match, actor=cast.kien)
    link = CaseLink.objects.create(
        first=case, second=other, method="verbal", made_by=cast.user("hanh")
    )
    breach = actions.register_breach(
        actor=cast.lan, discovered_at=timezone.now(), what="Mất điện thoại"
    )
    letter = actions.register_authority(
        actor=cast.lan,
        kind="police",
        paper="letter",
        received_on=timezone.localdate(),
        words="Đòi danh sách",
    )
    return {
        "paper": paper.uuid,
        "rights": request.uuid,
        "rights_correct": correction.uuid,
        "rights_copy": copy.uuid,
        "erasure": erasure.uuid,
        "hold": hold.uuid,
        "match": match.uuid,
        "link": link.uuid,
        "breach": breach.uuid,
        "authority": letter.uuid,
    }


def _office(cast: Cast) -> dict[str, UUID]:
    """Accounts, offices, and a file of numbers that waits for its second person."""
    tam, work = cast.user("tam"), cast.memberships["tam"]
    change = accounts.propose_work(
        actor=cast.bich, user=tam, work=accounts.Work(cast.teams["office"], "supervisor")
    )
    lost = Recovery.objects.create(user=tam, lost="password")
    export = exports.ask(
        actor=cast.bich, code="team_work", purpose="supervision", params={}, second_from=1
    )
    return {
        "person": tam.uuid,
        "membership": work.uuid,
        "change": change.uuid,
        "recovery": lost.uuid,
        "organisation": cast.organisations["office"].uuid,
        "team": cast.teams["office"].uuid,
        "export": export.uuid,
        "session": uuid4(),
    }


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
