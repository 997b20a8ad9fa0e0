"""Files that leave: asking, deciding as second person, making, fetching."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cases.exports import PROGRAMME_COUNTS
from cases.forms.exports import AskForm
from privacy import exports
from privacy.actors import Actor
from privacy.errors import Invalid, NotFound
from privacy.forms import put_errors
from privacy.models import ExportStage
from privacy.requests import SignedIn, again_at
from services import selectors as services

QUARTERS_BACK = 8


def _quarters(actor: Actor) -> list[tuple[str, str]]:
    """Those that are over, newest first."""
    if PROGRAMME_COUNTS not in exports.kinds_for(actor):
        return []
    today = services.today()
    year, number = today.year, (today.month - 1) // 3 + 1
    found = []
    for _step in range(QUARTERS_BACK):
        year, number = (year, number - 1) if number > 1 else (year - 1, 4)
        found.append(
            (f"{year}-{number}", _("Quarter %(n)d of %(year)d") % {"n": number, "year": year})
        )
    return found


@require_http_methods(["GET", "POST"])
def listing(request: SignedIn) -> HttpResponse:
    actor = request.actor
    exports.require_door(actor)
    kinds = exports.kinds_for(actor)
    form = None
    if kinds:
        form = AskForm(kinds, _quarters(actor), request.POST if request.method == "POST" else None)
    elif request.method == "POST":
        raise NotFound
    if form is not None and form.is_bound and form.is_valid():
        try:
            asked = exports.ask(
                actor=actor,
                code=form.cleaned_data["kind"],
                purpose=form.cleaned_data["purpose"],
                params=form.params(),
                second_from=services.limit("export_second_approver_rows"),
            )
        except Invalid as error:
            put_errors(form, error)
        else:
            return redirect("export", asked.uuid)
    return render(
        request,
        "cases/exports/listing.html",
        {
            "form": form,
            "mine": [(row, exports.label_of(row.kind)) for row in exports.mine(actor)],
            "waiting": [(row, exports.label_of(row.kind)) for row in exports.waiting(actor)],
        },
        status=422 if form is not None and form.is_bound else 200,
    )


@require_GET
def show(request: SignedIn, uuid: UUID) -> HttpResponse:
    return _page(request, uuid)


def _page(request: SignedIn, uuid: UUID, passphrase: str = "") -> HttpResponse:
    actor = request.actor
    exports.require_door(actor)
    row = exports.find(actor, uuid)
    hers = row.membership_id == actor.membership_id
    return render(
        request,
        "cases/exports/show.html",
        {
            "row": row,
            "label": exports.label_of(row.kind),
            "passphrase": passphrase,
            "may_make": hers and row.stage == ExportStage.APPROVED,
            "may_fetch": hers and row.stage == ExportStage.READY,
            "may_decide": exports.may_approve(actor)
            and row.stage == ExportStage.ASKED
            and row.asked_by_id != actor.user_id,
        },
    )


@require_POST
@again_at("export")
def decide(request: SignedIn, uuid: UUID) -> HttpResponse:
    row = exports.find(request.actor, uuid)
    step = request.POST.get("step")
    if step not in ("approve", "refuse"):
        raise NotFound
    exports.decide(actor=request.actor, request=row, approve=step == "approve")
    messages.success(
        request,
        _("Approved. The person who asked can make the file now.")
        if step == "approve"
        else _("Refused. No file is made."),
    )
    return redirect("export", uuid)


@require_POST
@again_at("export")
def make(request: SignedIn, uuid: UUID) -> HttpResponse:
    """The answer to this POST is the only page that ever shows the passphrase."""
    _row, passphrase = exports.make(
        actor=request.actor,
        request=exports.find(request.actor, uuid),
        second_from=services.limit("export_second_approver_rows"),
        keep_days=services.limit("export_keep_days"),
    )
    return _page(request, uuid, passphrase)


@require_GET
@again_at("export")
def fetch(request: SignedIn, uuid: UUID) -> HttpResponse:
    row = exports.find(request.actor, uuid)
    answer = HttpResponse(
        exports.fetch(actor=request.actor, request=row), content_type="application/zip"
    )
    answer["Content-Disposition"] = f'attachment; filename="{row.reference}.zip"'
    answer["Cache-Control"] = "no-store, private"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
