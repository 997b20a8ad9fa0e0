"""Somebody with power asks, or something leaked: written down by whoever works here."""

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
    PARTS,
    AssessForm,
    AuthorityForm,
    BreachForm,
    LessonsForm,
    NotifyForm,
    ProposeForm,
    ReplyForm,
    SecondForm,
)
from cases.models import AuthorityRequest, Breach
from cases.selectors import rights as selectors
from cases.states import AuthorityState, BreachState
from cases.views.answer import carried_out, wrong
from privacy import access
from privacy.errors import NotFound
from privacy.requests import SignedIn, again_at
from privacy.roles import Role


@require_GET
def report(request: SignedIn) -> HttpResponse:
    return render(request, "cases/rights/report.html")


# -- authorities


@require_http_methods(["GET", "POST"])
def authority_new(request: SignedIn) -> HttpResponse:
    """First the words of refusal, then what was asked. No field here finds a person."""
    form = AuthorityForm(request.POST if request.method == "POST" else None)
    made: list[AuthorityRequest] = []

    def act(data: dict[str, Any]) -> None:
        made.append(actions.register_authority(actor=request.actor, **data))

    if form.is_bound and carried_out(form, act):
        messages.success(
            request, _("Registered. The data-protection officer and a second person decide.")
        )
        return redirect("authority_request", made[0].uuid)
    return render(request, "cases/rights/authority_new.html", {"form": form}, status=wrong(form))


@require_http_methods(["GET", "POST"])
@again_at("authority_request")
def authority(request: SignedIn, uuid: UUID) -> HttpResponse:
    actor = request.actor
    asked = selectors.authority_of(actor, uuid)
    step = request.POST.get("step", "")
    kinds: dict[str, type[forms.Form]] = {
        "propose": ProposeForm,
        "second": SecondForm,
        "reply": ReplyForm,
    }
    typed = {
        name: kind(request.POST if step == name else None, auto_id=f"id_{name}_%s")
        for name, kind in kinds.items()
    }
    if request.method == "POST":
        if step not in kinds:
            raise NotFound

        def act(data: dict[str, Any]) -> None:
            if step == "propose":
                actions.propose_decision(
                    actor=actor,
                    request=asked,
                    decision=data["decision"],
                    legal_basis=data["legal_basis"],
                    fields=data["facts"],
                )
            elif step == "second":
                actions.second_decision(
                    actor=actor, request=asked, agree=data["agree"] == "yes", words=data["words"]
                )
            else:
                actions.answer_authority(actor=actor, request=asked, how=data["how"])

        if not access.can(actor, asked):
            policies.require_dpo_of(actor, asked)
        if carried_out(typed[step], act):
            messages.success(request, _("Saved. The register has it with your name and the time."))
            if step == "second":
                return redirect("worklist")
            return redirect("authority_request", uuid)
    return render(
        request,
        "cases/rights/authority.html",
        {
            "asked": asked,
            "reads": access.can(actor, asked),
            "is_dpo": actor.role == Role.DPO,
            "is_second": policies.is_second_person(actor, asked)
            and asked.state == AuthorityState.PROPOSED,
        }
        | {f"{name}_form": form for name, form in typed.items()},
        status=wrong(*typed.values()),
    )


# -- breaches


@require_http_methods(["GET", "POST"])
def breach_new(request: SignedIn) -> HttpResponse:
    form = BreachForm(request.POST if request.method == "POST" else None)
    made: list[Breach] = []

    def act(data: dict[str, Any]) -> None:
        made.append(
            actions.register_breach(
                actor=request.actor, discovered_at=form.moment(), what=data["what"]
            )
        )

    if form.is_bound and carried_out(form, act):
        messages.success(request, _("Registered. The 72 hours run from the hour it was seen."))
        return redirect("breach", made[0].uuid)
    return render(request, "cases/rights/breach_new.html", {"form": form}, status=wrong(form))


@require_http_methods(["GET", "POST"])
@again_at("breach")
def breach(request: SignedIn, uuid: UUID) -> HttpResponse:
    actor = request.actor
    found = selectors.breach_of(actor, uuid)
    reads = access.can(actor, found)
    step = request.POST.get("step", "")
    known = {
        "compartments": found.compartments,
        "people": found.people,
        "consequences": found.consequences if reads else "",
        "measures": found.measures if reads else "",
    }
    typed: dict[str, forms.Form] = {
        "assess": AssessForm(
            request.POST if step == "assess" else None, initial=known, auto_id="id_assess_%s"
        ),
        "notify": NotifyForm(request.POST if step == "notify" else None, auto_id="id_notify_%s"),
        "learn": LessonsForm(request.POST if step == "learn" else None, auto_id="id_learn_%s"),
    }
    if request.method == "POST":
        if step not in typed:
            raise NotFound
        policies.require_dpo_of(actor, found)

        def act(data: dict[str, Any]) -> None:
            if step == "assess":
                actions.assess_breach(actor=actor, breach=found, **data)
            elif step == "notify":
                actions.notify_breach(
                    actor=actor,
                    breach=found,
                    needed=data["needed"] == "yes",
                    whom=data["whom"],
                    people_told=data["people_told"],
                )
            else:
                actions.close_breach(actor=actor, breach=found, lessons=data["lessons"])

        if carried_out(typed[step], act):
            messages.success(request, _("Saved. The register has it with your name and the time."))
            return redirect("breach", uuid)
    return render(
        request,
        "cases/rights/breach.html",
        {
            "breach": found,
            "reads": reads,
            "parts": [label for code, label in PARTS if code in found.compartments],
            "is_open": found.state == BreachState.OPEN,
            "is_over": found.state == BreachState.CLOSED,
        }
        | {f"{name}_form": form for name, form in typed.items()},
        status=wrong(*typed.values()),
    )


@require_GET
def notice(request: SignedIn, uuid: UUID) -> HttpResponse:
    """The notice to the authority, to be printed, signed and sent on paper."""
    found = selectors.breach_of(request.actor, uuid)
    policies.require_dpo_of(request.actor, found)
    return render(
        request,
        "cases/rights/notice.html",
        {
            "breach": found,
            "parts": [label for code, label in PARTS if code in found.compartments],
        },
    )
