"""Requests, breaches and letters at the points of their lives, brought there by the actions."""

from datetime import timedelta

from django.utils import timezone

from cases import actions
from cases.models import AuthorityRequest, Breach, RightsRequest
from tests import factories as make
from tests.rehearsal import rehearsed

WORDS = "Chị muốn xem tất cả những gì đã ghi"
PASSPHRASE = "xoai nuoc bang ghe 47"


@rehearsed
def asked(cast, kind="view", *, by="hanh") -> RightsRequest:
    case = make.case_in_support(cast)
    return actions.register_request(
        actor=getattr(cast, by),
        case=case,
        kind=kind,
        asked_by="client",
        asked_how="worker",
        identity_check="known",
        received_on=timezone.localdate(),
        words=WORDS,
    )


@rehearsed
def answered(cast, kind="view", *, by="hanh") -> RightsRequest:
    request = asked(cast, kind, by=by)
    actions.answer_request(actor=cast.yen, request=request, answer="Đã nhận, hẹn ngày")
    return make.fresh(request)


@rehearsed
def decided(cast, kind="view", *, outcome="granted", by="hanh") -> RightsRequest:
    request = answered(cast, kind, by=by)
    actions.decide_request(
        actor=cast.yen,
        request=request,
        outcome=outcome,
        findings="Đúng là chị ấy",
        refused_because="law" if outcome == "refused" else "",
    )
    return make.fresh(request)


@rehearsed
def agreed(cast, kind="copy") -> RightsRequest:
    request = decided(cast, kind)
    second = cast.bich if kind == "copy" else cast.loan
    actions.second_request(actor=second, request=request, agree=True, words="Đã xem")
    return make.fresh(request)


@rehearsed
def leaked(cast, by="lan") -> Breach:
    return actions.register_breach(
        actor=getattr(cast, by),
        discovered_at=timezone.now() - timedelta(hours=2),
        what="Điện thoại bị mất trên xe buýt",
    )


@rehearsed
def letter(cast, by="lan", paper="letter") -> AuthorityRequest:
    return actions.register_authority(
        actor=getattr(cast, by),
        kind="police",
        paper=paper,
        received_on=timezone.localdate(),
        words="Công văn hỏi danh sách",
    )


@rehearsed
def proposed(cast, decision="refuse") -> AuthorityRequest:
    request = letter(cast)
    actions.propose_decision(
        actor=cast.yen,
        request=request,
        decision=decision,
        legal_basis="Luật 91/2025/QH15",
        fields="Không nêu gì thêm" if decision == "minimum" else "",
    )
    return make.fresh(request)
