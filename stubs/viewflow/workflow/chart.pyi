from collections.abc import KeysView, ValuesView

from viewflow.workflow.base import Flow, Node

class Edge:
    src: Node
    dst: Node
    segments: list[list[int]]
    label: str | None
    label_pos: tuple[int, int] | None
    edge_class: str | None

class Shape:
    x: int
    y: int
    width: int
    height: int
    svg: str
    text: list[tuple[str, str, int, int, float]]
    def label(self) -> str: ...

class Cell:
    col: int
    row: int
    x: int
    y: int
    width: int
    height: int
    node: Node
    shape: Shape
    title: str | None
    status: str | None

class Grid:
    width: int
    height: int
    flow_class: type[Flow] | None
    edges: list[Edge]
    grid: dict[Node, Cell]
    def __getitem__(self, node: Node) -> Cell: ...
    @property
    def nodes(self) -> KeysView[Node]: ...
    @property
    def cells(self) -> ValuesView[Cell]: ...

def calc_layout_data(
    flow_class: type[Flow], edge_start_gap_size: int = ..., edge_end_gap_size: int = ...
) -> Grid: ...
def calc_cell_status(flow_class: type[Flow], grid: Grid, process_pk: int) -> None: ...
def topsort(flow_class: type[Flow]) -> tuple[list[Node], dict[Node, set[Node]]]: ...
def grid_to_svg(grid: Grid) -> str: ...
def grid_to_bpmn(grid: Grid) -> str: ...
