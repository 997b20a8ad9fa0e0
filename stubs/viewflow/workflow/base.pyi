from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, ClassVar, Self

from viewflow.this_object import ThisObject
from viewflow.urls import Viewset, ViewsetMeta
from viewflow.workflow.activation import Activation
from viewflow.workflow.lock import LockImpl
from viewflow.workflow.models import Process, Task
from viewflow.workflow.token import Token

class Edge:
    def __init__(self, src: Node, dst: Node, edge_class: str, label: str | None = None) -> None: ...
    @property
    def src(self) -> Node: ...
    @property
    def dst(self) -> Node: ...
    @property
    def edge_class(self) -> str: ...
    @property
    def label(self) -> str | None: ...

class Node(Viewset):
    activation_class: type[Activation]
    flow_class: type[Flow]
    task_type: str
    task_title: Any
    task_description: Any
    task_summary_template: str
    task_result_template: str
    shape: Any
    bpmn_element: Any
    _incoming_edges: list[Edge]
    _boundary_events: list[Any]
    _boundary_specs: list[tuple[str, Node]]

    def __init__(self, activation_class: type[Activation] | None = None, **kwargs: Any) -> None: ...
    @property
    def name(self) -> str: ...
    @name.setter
    def name(self, value: str) -> None: ...
    def _outgoing(self) -> Iterator[Edge]: ...
    def _incoming(self) -> Iterator[Edge]: ...
    def _resolve(self, instance: Flow) -> None: ...
    def _ready(self) -> None: ...
    def _create(
        self,
        prev_activation: Activation,
        token: Token | str,
        data: dict[str, Any] | None = None,
        seed: Any = None,
    ) -> Activation: ...
    def bpmn_content(self) -> str: ...
    def bpmn_attrs(self) -> dict[str, str]: ...
    def CompensateWith(self, node: Node | ThisObject) -> Self: ...
    def OnTimeout(
        self,
        delay: Any,
        then: Node | ThisObject,
        interrupting: bool = True,
        title: str | None = None,
    ) -> Self: ...
    def OnError(
        self,
        then: Node | ThisObject,
        code: Any = None,
        interrupting: bool = True,
        title: str | None = None,
    ) -> Self: ...
    def OnEscalation(
        self, then: Node | ThisObject, code: Any = None, title: str | None = None
    ) -> Self: ...
    def Annotation(
        self,
        title: Any = None,
        description: Any = None,
        summary_template: str | None = None,
        result_template: str | None = None,
    ) -> Self: ...
    def get_available_actions(
        self, activation: Activation, user: Any
    ) -> Iterator[tuple[str, str]]: ...

class FlowMetaClass(ViewsetMeta): ...

class Flow(Viewset, metaclass=FlowMetaClass):
    instance: ClassVar[Any]
    process_class: ClassVar[type[Process]]
    task_class: ClassVar[type[Task]]
    lock_impl: ClassVar[LockImpl]
    process_title: Any
    process_description: Any
    process_summary_template: str
    process_result_template: str

    @classmethod
    def lock(cls, process_pk: int) -> AbstractContextManager[None]: ...
    @property
    def app_label(self) -> str: ...
    @property
    def flow_label(self) -> str: ...
    def nodes(self) -> Iterator[Node]: ...
    def node(self, name: str, no_obsolete: bool = False) -> Node | None: ...
    def has_view_permission(self, user: Any, obj: Any = None) -> bool: ...
    def has_manage_permission(self, user: Any, obj: Any = None) -> bool: ...
    @classmethod
    def get_start_nodes(cls, user: Any = None) -> list[Node]: ...
    def cancel(self, process: Process) -> None: ...
