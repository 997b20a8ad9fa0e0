"""What a client asks for: registered, its way, corrected, copied; and her file shown to her."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cases import actions, policies
from cases.forms.rights import (
    AnswerForm,
    CorrectForm,
    DecideForm,
    ExtendForm,
    LiftForm,
    OfficeRequestForm,
    PassphraseForm,
    RequestForm,
    SecondForm,
)
from cases.models import Case, RightsKind, RightsRequest
from cases.selectors import openings, personal_file
from cases.selectors import rights as selectors
from cases.states import RightsState
from cases.views.answer import Carry, carried_out, wrong
from privacy import access
from privacy.compartments import Compartment as C
from privacy.errors import NotFound
from privacy.requests import SignedIn, again_at
from privacy.roles import Role
from services import selectors as services

HER_FILE = (C.IDENTITY, C.CONTACT, C.NEEDS, C.PROTECTION, C.LIVELIHOOD, C.NOTES, C.CHILD)


# -- the officer's books


@require_GET
def registers(request: SignedIn) -> HttpResponse:
    return render(
        request, "cases/rights/registers.html", {"books": selectors.registers(request.actor)}
    )


@require_http_methods(["GET", "POST"])
def office_new(request: SignedIn) -> HttpResponse:
    """At the officer's desk: with the case code the client brings, or without any file."""
    actor = request.actor
    policies.require_register_for(actor, None)
    form = OfficeRequestForm(request.POST if request.method == "POST" else None)

    def register(data: dict[str, Any]) -> None:
        code = data.pop("code")
        case = actions.case_by_code(actor, code) if code else None
        actions.register_request(actor=actor, case=case, **data)

    if form.is_bound and carried_out(form, register):
        messages.success(request, _("Registered. The clocks of the law run from that day."))
        return redirect("registers")
    return render(
        request, "cases/rights/new.html", {"form": form, "case": None}, status=wrong(form)
    )


# -- from the file


def _case(request: SignedIn, uuid: UUID, *compartments: C, page: str) -> Case:
    case: Case = access.find(request.actor, Case, uuid)
    policies.require_register_for(request.actor, case)
    access.open_keys(request.actor, [case], compartments, purpose=page)
    return case


@require_GET
def of_case(request: SignedIn, uuid: UUID) -> HttpResponse:
    """How her requests stand. Complaints are not here: they pass the worker by."""
    case = _case(request, uuid, C.IDENTITY, page="case_page")
    return render(
        request,
        "cases/rights/of_case.html",
        {"case": case, "requests": selectors.requests_of_case(request.actor, case)},
    )


@require_http_methods(["GET", "POST"])
@again_at("case_requests")
def new(request: SignedIn, uuid: UUID) -> HttpResponse:
    case = _case(request, uuid, C.IDENTITY, page="case_page")
    form = RequestForm(request.POST if request.method == "POST" else None)

    def register(data: dict[str, Any]) -> None:
        actions.register_request(actor=request.actor, case=case, **data)

    if form.is_bound and carried_out(form, register):
        messages.success(request, _("Registered. The data-protection officer has it now."))
        return redirect("case_requests", uuid)
    return render(
        request, "cases/rights/new.html", {"form": form, "case": case}, status=wrong(form)
    )


@require_GET
def her_file(request: SignedIn, uuid: UUID) -> HttpResponse:
    """Made to be looked at together: what this role opens, and that the rest is kept."""
    case = _case(request, uuid, *HER_FILE, page="her_file")
    document = personal_file.gather(case, openings=openings.of_case(case)[:100], whole=False)
    return render(request, "cases/rights/her_file.html", {"case": case, "document": document})


# -- one request


@require_http_methods(["GET", "POST"])
@again_at("rights_request")
def show(request: SignedIn, uuid: UUID) -> HttpResponse:
    """One page for everybody who has a part in it; each sees the step that is hers."""
    actor = request.actor
    asked = selectors.request_of(actor, uuid)
    step = request.POST.get("step", "")
    typed: dict[str, forms.Form] = {}
    kinds: dict[str, type[forms.Form]] = {
        "answer": AnswerForm,
        "extend": ExtendForm,
        "decide": DecideForm,
        "second": SecondForm,
        "lift": LiftForm,
    }
    for name, kind in kinds.items():
        typed[name] = kind(request.POST if step == name else None, auto_id=f"id_{name}_%s")
    if request.method == "POST":
        if step in kinds:
            if carried_out(typed[step], _act(request, asked, step)):
                return _told(request, asked, step)
        elif step == "done":
            actions.carry_out_request(actor=actor, request=asked)
            return _told(request, asked, step)
        elif step == "deleted":
            actions.finish_deletion(actor=actor, request=asked)
            return _told(request, asked, step)
        elif step == "drop":
            actions.drop_copy(actor=actor, request=asked)
            return _told(request, asked, step)
        else:
            raise NotFound
    return render(
        request,
        "cases/rights/request.html",
        _context(request, asked) | {f"{name}_form": form for name, form in typed.items()},
        status=wrong(*typed.values()),
    )


def _act(request: SignedIn, asked: RightsRequest, step: str) -> Carry:
    actor = request.actor

    def act(data: dict[str, Any]) -> None:
        match step:
            case "answer":
                actions.answer_request(actor=actor, request=asked, **data)
            case "extend":
                actions.extend_request(actor=actor, request=asked, **data)
            case "decide":
                actions.decide_request(actor=actor, request=asked, **data)
            case "lift":
                actions.lift_restriction(actor=actor, request=asked, **data)
            case _:
                actions.second_request(
                    actor=actor, request=asked, agree=data["agree"] == "yes", words=data["words"]
                )

    return act


def _told(request: SignedIn, asked: RightsRequest, step: str) -> HttpResponse:
    messages.success(request, _("Saved. The register has it with your name and the time."))
    if step == "second":
        return redirect("worklist")
    return redirect("rights_request", asked.uuid)


def _context(request: SignedIn, asked: RightsRequest) -> dict[str, Any]:
    actor = request.actor
    is_dpo = actor.role == Role.DPO
    case = asked.case
    at_desk = (
        case is not None
        and asked.kind != RightsKind.COMPLAINT
        and access.can(actor, case)
        and (policies.is_worker(actor, case) or actor.role == Role.CHILD_OFFICER)
    )
    return {
        "asked": asked,
        "is_dpo": is_dpo,
        "at_desk": at_desk,
        "may_see_case": case is not None and access.can(actor, case),
        "is_second": policies.is_second_person(actor, asked) and asked.state == RightsState.SECOND,
        "may_extend": is_dpo and asked.is_open and asked.extended_at is None,
        "restriction": selectors.restriction_by(asked),
        "copy": selectors.copy_of(asked) if at_desk else None,
        "clock_status": services.rule_set("clock").status,
    }


@require_http_methods(["GET", "POST"])
@again_at("rights_request")
def correct(request: SignedIn, uuid: UUID) -> HttpResponse:
    asked = selectors.request_of(request.actor, uuid)
    policies.require_desk(request.actor, asked)
    if asked.kind != RightsKind.CORRECT:
        raise NotFound
    form = CorrectForm(request.POST if request.method == "POST" else None)

    def act(data: dict[str, Any]) -> None:
        actions.correct(actor=request.actor, request=asked, **data)

    if form.is_bound and carried_out(form, act):
        messages.success(request, _("Corrected. The file shows the new version."))
        return redirect("rights_request", uuid)
    return render(
        request, "cases/rights/correct.html", {"form": form, "asked": asked}, status=wrong(form)
    )


@require_http_methods(["GET", "POST"])
@again_at("rights_request")
def copy(request: SignedIn, uuid: UUID) -> HttpResponse:
    """The client types her passphrase; the job makes the file; this page never opens it."""
    asked = selectors.request_of(request.actor, uuid)
    policies.require_desk(request.actor, asked)
    if asked.kind != RightsKind.COPY:
        raise NotFound
    form = PassphraseForm(request.POST if request.method == "POST" else None)

    def act(data: dict[str, Any]) -> None:
        actions.make_copy(actor=request.actor, request=asked, passphrase=data["passphrase"])

    if form.is_bound and carried_out(form, act):
        messages.success(request, _("The copy is made. It can be fetched for seven days."))
        return redirect("rights_request", uuid)
    return render(
        request, "cases/rights/copy.html", {"form": form, "asked": asked}, status=wrong(form)
    )


@require_GET
@again_at("rights_request")
def copy_file(request: SignedIn, uuid: UUID) -> HttpResponse:
    """The locked file, under the register's own reference: no name, no case code."""
    asked = selectors.request_of(request.actor, uuid)
    content = actions.fetch_copy(actor=request.actor, request=asked)
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{asked.reference}.pdf"'},
    )
