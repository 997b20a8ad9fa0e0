"""Another worker of the team, or the team of another commune."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases import actions, policies
from cases.actions.moving import MOVABLE
from cases.actions.plot import must_be, require_adult
from cases.forms.moving import PlaceForm, TransferForm, WorkerForm
from cases.forms.pages import only_a_look
from cases.models import Case, Purpose, Transfer
from cases.selectors import moving as selectors
from cases.states import TransferState
from cases.views.answer import page_of
from privacy import access
from privacy.compartments import Compartment as C
from privacy.errors import AlreadyDone, Invalid, NotFound
from privacy.forms import put_errors
from privacy.matrix import Verb
from privacy.requests import SignedIn
from services import wordings


@require_http_methods(["GET", "POST"])
def assign(request: SignedIn, uuid: UUID) -> HttpResponse:
    """Within the team, at once; the worker of before loses sight with this click."""
    actor = request.actor
    case = access.find(actor, Case, uuid)
    request.again_url = reverse("case", args=[uuid])
    policies.require_supervisor(actor, case, Verb.ASSIGN)
    require_adult(case)
    access.open_keys(actor, [case], [C.IDENTITY], purpose="assign")
    workers = selectors.workers_of(case.team_id)
    form = WorkerForm(
        [item for item in workers if item.user_id != case.worker_id],
        request.POST if request.method == "POST" else None,
    )
    if form.is_bound and form.is_valid():
        try:
            actions.assign_case(actor=actor, case=case, worker=form.chosen())
        except Invalid as error:
            put_errors(form, error)
        else:
            messages.success(request, _("The case is with the other worker now."))
            return redirect("case", case.uuid)
    return page_of(
        request, "cases/moving/assign.html", form, case=case, worker=case.worker.display_name
    )


@require_http_methods(["GET", "POST"])
def request(request: SignedIn, uuid: UUID) -> HttpResponse:
    """First the office (a link each), then the words, then a look at what they will read."""
    actor = request.actor
    case = access.find(actor, Case, uuid)
    request.again_url = reverse("case", args=[uuid])
    policies.require_worker(actor, case)
    require_adult(case)
    if request.method == "GET":
        must_be(case, *MOVABLE)
        under_way = selectors.open_transfer(case)
        if under_way is not None:
            return redirect("transfer", under_way.uuid)
    access.open_keys(actor, [case], [C.IDENTITY], purpose="transfer")
    office = selectors.office(request.GET.get("to", ""), not_team=case.team_id)
    if office is None:
        return _choose_office(request, case)
    read_out = wordings.wording(Purpose.TRANSFER).read_out(recipient=office.name)
    step = request.POST.get("step")
    form = TransferForm(request.POST if request.method == "POST" else None)
    if step == "edit":
        page = page_of(
            request, "cases/moving/request.html", form, case=case, office=office, read_out=read_out
        )
        return only_a_look(page)
    if form.is_bound and form.is_valid():
        if step != "send":
            return only_a_look(
                page_of(request, "cases/moving/check.html", form, case=case, office=office)
            )
        try:
            transfer = actions.request_transfer(
                actor=actor, case=case, to_team=office.team, **form.cleaned_data
            )
        except Invalid as error:
            put_errors(form, error)
        else:
            return redirect("transfer", transfer.uuid)
    return page_of(
        request, "cases/moving/request.html", form, case=case, office=office, read_out=read_out
    )


def _choose_office(request: SignedIn, case: Case) -> HttpResponse:
    if request.method == "POST":
        # The office that was chosen is gone; what was typed comes back on the page for it.
        raise AlreadyDone(_("This office does not take cases any more. Choose another one."))
    form = PlaceForm(request.GET if "q" in request.GET else None)
    words = form.cleaned_data["q"] if form.is_bound and form.is_valid() else ""
    return page_of(
        request,
        "cases/moving/office.html",
        form,
        case=case,
        searched=bool(words),
        offices=selectors.offices(words, not_team=case.team_id),
    )


@require_http_methods(["GET", "POST"])
def transfer(request: SignedIn, uuid: UUID) -> HttpResponse:
    """Released by the supervisor here, accepted by the one there, who sees the summary only."""
    actor = request.actor
    moving = selectors.with_places(access.find(actor, Transfer, uuid))
    request.again_url = reverse("transfer", args=[uuid])
    if moving.case.restricted_at is None:  # the summary is out of a file that opens for nobody
        access.open_keys(actor, [moving], [C.PACKET], purpose="transfer")
    sides = selectors.sides(actor, moving)
    workers = selectors.workers_of(moving.to_team_id) if sides.may_accept else []
    form = WorkerForm(workers, request.POST if request.POST.get("step") == "accept" else None)
    if request.method == "POST":
        step = request.POST.get("step")
        if step == "release":
            actions.release_transfer(actor=actor, transfer=moving)
            messages.success(request, _("Released. The other office can read the summary now."))
            return redirect("transfer", uuid)
        if step == "refuse":
            actions.refuse_transfer(actor=actor, transfer=moving)
            messages.success(request, _("Refused. The case stays where it is."))
            # The other office loses sight of it with the refusal.
            return redirect("transfer", uuid) if sides.is_ours else redirect("worklist")
        if step != "accept":
            raise NotFound
        policies.require_receiving_supervisor(actor, moving)
        if form.is_valid():
            try:
                actions.accept_transfer(actor=actor, transfer=moving, worker=form.chosen())
            except Invalid as error:
                put_errors(form, error)
            else:
                messages.success(request, _("Accepted. The case is with your team now."))
                return redirect("transfer", uuid)
        elif moving.state != TransferState.OFFERED:
            raise AlreadyDone(_("This transfer has been decided already."))
    return page_of(request, "cases/moving/transfer.html", form, transfer=moving, sides=sides)
