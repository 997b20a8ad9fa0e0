"""Where a record stands, as a picture: its flow drawn in SVG, what is done and what is now marked.

viewflow lays the nodes out; the drawing is our own, because the stock template carries a style
sheet (which the CSP refuses) and writes Every Word Of A Vietnamese Title with a capital.
"""

import textwrap
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from viewflow.workflow.chart import Edge, calc_layout_data
from viewflow.workflow.models import Task
from viewflow.workflow.status import STATUS

from workflow import engine
from workflow.nodes import LIVE, Step

LINE = 16  # pixels between two lines of a title
WRAP = 19  # characters of a title on one line of a box of 150 pixels
NARROW = 11  # and below a gate
ROUND = 60  # shapes narrower than this are events and gates: their title stands beside them
GATES = {"EXCLUSIVE_GATEWAY", "SWITCH", "PARALLEL_GATEWAY", "JOIN"}


@dataclass(frozen=True)
class Line:
    text: str
    y: int


@dataclass(frozen=True)
class Box:
    kind: str  # step, machine, gate, event
    state: str  # done, now or later
    title: str
    x: int
    y: int
    width: int
    height: int
    lines: list[Line]

    @property
    def middle(self) -> int:
        return self.width // 2

    @property
    def centre(self) -> int:
        return self.height // 2

    @property
    def diamond(self) -> str:
        return (
            f"{self.middle},0 {self.width},{self.centre} "
            f"{self.middle},{self.height} 0,{self.centre}"
        )


@dataclass(frozen=True)
class Arrow:
    path: str


def draw(subject: models.Model) -> SafeString:
    """Inline SVG of the record's newest process; empty when there is none. Two queries."""
    process = engine.processes(subject).last()
    if process is None:
        return SafeString("")
    tasks = Task.objects.filter(process=process).order_by("pk").values_list("flow_task", "status")
    states = _states(tasks)
    grid = calc_layout_data(process.flow_class)
    boxes = [
        _box(cell, states.get(cell.node.name, "later"))
        for cell in grid.cells
        if cell.shape.width > 0
    ]
    return render_to_string(
        "workflow/picture.html",
        {
            "boxes": boxes,
            "arrows": [_arrow(edge) for edge in grid.edges if edge.segments],
            "width": grid.width + 60,
            "height": grid.height + 40,
            "title": _("The steps and where this stands now"),
        },
    )


def _states(tasks: Any) -> dict[str, str]:
    """Node name → done or now. A step that opened again is now, whatever it was before."""
    states: dict[str, str] = {}
    for node, status in tasks:
        if status in LIVE:
            states[node.name] = "now"
        elif status == STATUS.DONE and states.get(node.name) != "now":
            states[node.name] = "done"
    return states


def _box(cell: Any, state: str) -> Box:
    node, shape = cell.node, cell.shape
    title = str(getattr(node, "task_title", "") or "")
    if shape.width < ROUND:
        # Only a gate asks something; start, end and clocks are known by their shape.
        kind = "gate" if node.task_type in GATES else "event"
        top = shape.height + 14
    else:
        kind = "step" if isinstance(node, Step) else "machine"
        top = 0
    wrapped = textwrap.wrap(title, NARROW if kind == "gate" else WRAP)
    if kind in {"step", "machine"}:
        top = shape.height // 2 + 5 - (len(wrapped) - 1) * LINE // 2
    lines = [Line(text, top + number * LINE) for number, text in enumerate(wrapped)]
    return Box(
        kind=kind,
        state=state,
        title=title,
        x=shape.x,
        y=shape.y,
        width=shape.width,
        height=shape.height,
        lines=lines if kind != "event" else [],
    )


def _arrow(edge: Edge) -> Arrow:
    points = [f"{x} {y}" for x, y in edge.segments]
    return Arrow("M" + " L".join(points))
