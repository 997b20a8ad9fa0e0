"""Which lists of the desk may leave. Registered with the ground floor; see privacy/exports.py.

team_work          a supervisor's open work: codes, steps, dates; no name of a client
programme_counts   a past quarter in numbers, through disclosure control
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.reports import counts
from cases.states import AgeBand
from privacy import snapshots
from privacy.actors import Actor
from privacy.errors import WrongState
from privacy.exports import Cells, Kind
from privacy.models import ExportPurpose
from privacy.roles import Role
from privacy.suppression import TOTAL, Released
from services import selectors as services
from workflow import engine
from workflow.models import WorkItem
from workflow.selectors import waiting_in_team

BATCH = 100


# -- a supervisor's work


def _team_rows(actor: Actor) -> Any:
    """Of her team while she is its supervisor: asked anew for every batch."""
    if actor.role != Role.SUPERVISOR or not actor.team_id:
        return WorkItem.objects.none()
    return waiting_in_team(actor)


def _team_batches(actor: Actor, params: Mapping[str, Any]) -> Iterator[Sequence[Cells]]:
    last = 0
    while True:
        items = list(
            _team_rows(actor).filter(pk__gt=last).select_related("user").order_by("pk")[:BATCH]
        )
        if not items:
            return
        titles = engine.titles((item.flow, item.step) for item in items)
        yield [
            (
                item.reference,
                str(titles[item.flow, item.step]),
                timezone.localtime(item.due_at).strftime("%d/%m/%Y"),
                _("Urgent") if item.urgent else "",
                item.user.display_name if item.user else "",
            )
            for item in items
        ]
        last = items[-1].pk


TEAM_WORK = Kind(
    code="team_work",
    label=gettext_lazy("Open work of my team, without names of clients"),
    roles=frozenset({Role.SUPERVISOR}),
    purposes=frozenset({ExportPurpose.SUPERVISION, ExportPurpose.MEETING}),
    head=lambda params: (_("Code"), _("Step"), _("Due on"), _("Urgent"), _("Who")),
    count=lambda actor, params: int(_team_rows(actor).count()),
    batches=_team_batches,
)


# -- numbers of a quarter


def _check(params: Mapping[str, Any]) -> dict[str, str]:
    wrong = {}
    try:
        _starts, ends = counts.quarter(int(params["year"]), int(params["quarter"]))
        if ends >= services.today():
            wrong["quarter"] = _("Numbers are told only of a period that is over.")
    except (KeyError, ValueError):
        wrong["quarter"] = _("Choose a quarter.")
    if params.get("audience") not in ("inside", "published"):
        wrong["audience"] = _("Choose who will read it.")
    return wrong


def _released(actor: Actor, params: Mapping[str, Any]) -> Released:
    starts_on, ends_on = counts.quarter(int(params["year"]), int(params["quarter"]))
    snapshot = snapshots.freeze(
        actor=actor,
        code=counts.OPENED,
        starts_on=starts_on,
        ends_on=ends_on,
        count=lambda: counts.cases_opened(starts_on, ends_on),
    )
    audience = params["audience"]
    return snapshots.publish(
        actor=actor, snapshot=snapshot, audience=audience, rule=services.disclosure(audience)
    )


def _count_rows(actor: Actor, params: Mapping[str, Any]) -> int:
    return len(_count_lines(_released(actor, params)))


def _count_lines(released: Released) -> list[Cells]:
    if released.withheld:
        return [(_("Too few people to tell a number."), "", "")]
    names = services.area_names([row for row, _column in released.cells if row])
    ages = {value: str(label) for value, label in AgeBand.choices}
    lines: list[Cells] = []
    for (row, column), count in sorted(
        released.cells.items(), key=lambda pair: (pair[0][0] == TOTAL, pair[0])
    ):
        place = _("All areas") if row in (TOTAL, "all") else names.get(row, row)
        group = ages.get(column, _("All age groups"))
        lines.append((place, group, _("hidden") if count is None else count))
    return lines


def _count_batches(actor: Actor, params: Mapping[str, Any]) -> Iterator[Sequence[Cells]]:
    if _check(params):
        raise WrongState(_("Numbers are told only of a period that is over."))
    yield _count_lines(_released(actor, params))


PROGRAMME_COUNTS = Kind(
    code="programme_counts",
    label=gettext_lazy("Cases opened in a quarter, in numbers"),
    roles=frozenset({Role.PROGRAMME_OFFICER}),
    purposes=frozenset({ExportPurpose.REPORT, ExportPurpose.MEETING, ExportPurpose.AUDIT}),
    head=lambda params: (_("Area"), _("Age group"), _("Cases opened")),
    count=_count_rows,
    batches=_count_batches,
    check=_check,
    # What leaves the programme is looked at by two.
    second=lambda params: params.get("audience") == "published",
)
