"""The nodes of viewflow 2.4.0 core that this house declares or builds on.

At run time each lives in a module of its own and `viewflow.workflow.flow` holds subclasses that
add screens; the screens are not used here, so one set of classes serves both names.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Self, TypeAlias

from viewflow.fsm.base import TransitionDescriptor
from viewflow.this_object import ThisMethod, ThisObject
from viewflow.workflow.activation import Activation
from viewflow.workflow.base import Flow, Node
from viewflow.workflow.models import Task

_Target: TypeAlias = Node | ThisObject
_Callback: TypeAlias = Callable[..., Any] | ThisObject | ThisMethod

class NextNodeActivationMixin: ...

class NextNodeMixin:
    _next: Any
    def Next(
        self,
        node: _Target,
        task_data: _Callback | None = None,
        task_seed: _Callback | None = None,
    ) -> Self: ...

class NodePermissionMixin:
    _owner: Any
    _owner_permission: Any
    _owner_permission_obj: Any
    def Permission(
        self,
        permission: str | Callable[[Activation], str] | None = None,
        auto_create: bool = False,
        obj: Callable[..., Any] | None = None,
        help_text: str | None = None,
    ) -> Self: ...

class StartActivation(NextNodeActivationMixin, Activation):
    execute: TransitionDescriptor[[], None]

class StartHandleActivation(StartActivation): ...

class StartViewActivation(StartActivation):
    start: TransitionDescriptor[..., None]

class Start(NextNodeMixin, NodePermissionMixin, Node):
    def __init__(self, view: Any, undo_func: _Callback | None = None, **kwargs: Any) -> None: ...
    def Available(self, owner: Any = None, **owner_kwargs: Any) -> Self: ...
    def can_execute(self, user: Any, task: Task | None = None) -> bool: ...

class StartHandle(NextNodeMixin, Node):
    def __init__(
        self, func: _Callback | None = None, undo_func: _Callback | None = None
    ) -> None: ...
    # Returns what `func` returns, or the new process when there is no `func`.
    def run(self, **kwargs: Any) -> Any: ...

class StartTimer(StartHandle):
    def __init__(self, interval: timedelta, **kwargs: Any) -> None: ...
    def last_run(self) -> datetime | None: ...
    def is_due(self, at: datetime) -> bool: ...

class EndActivation(Activation):
    cancel: TransitionDescriptor[[], None]

class End(Node): ...
class TerminateEnd(End): ...

class ErrorEnd(End):
    def __init__(self, code: Any = None, **kwargs: Any) -> None: ...

class ViewActivation(NextNodeActivationMixin, Activation):
    assign: TransitionDescriptor[..., None]
    unassign: TransitionDescriptor[[], None]
    reassign: TransitionDescriptor[..., None]
    start: TransitionDescriptor[..., None]
    execute: TransitionDescriptor[[], None]
    cancel: TransitionDescriptor[[], None]

class View(NextNodeMixin, NodePermissionMixin, Node):
    _on_create: Any
    def __init__(self, view: Any, undo_func: _Callback | None = None, **kwargs: Any) -> None: ...
    def Assign(self, owner: Any = None, **owner_kwargs: Any) -> Self: ...
    def onCreate(self, ref: _Callback) -> Self: ...
    def calc_owner(self, activation: Activation) -> Any: ...
    def calc_owner_permission(self, activation: Activation) -> str | None: ...
    def calc_owner_permission_obj(self, activation: Activation) -> Any: ...
    def can_execute(self, user: Any, task: Task) -> bool: ...
    def can_assign(self, user: Any, task: Task) -> bool: ...
    def can_unassign(self, user: Any, task: Task) -> bool: ...

class ManualTask(View):
    def __init__(self, view: Any = None, **kwargs: Any) -> None: ...

class FunctionActivation(NextNodeActivationMixin, Activation):
    cancel: TransitionDescriptor[[], None]

class Function(NextNodeMixin, NodePermissionMixin, Node):
    _func: Any
    def __init__(self, func: _Callback, **kwargs: Any) -> None: ...

class SendHandle(Function): ...
class BusinessRule(Function): ...

class HandleActivation(NextNodeActivationMixin, Activation):
    run: TransitionDescriptor[..., Any]
    execute: TransitionDescriptor[[], None]
    cancel: TransitionDescriptor[[], None]

class Handle(NextNodeMixin, Node):
    def __init__(
        self,
        func: _Callback | None = None,
        undo_func: _Callback | None = None,
        **kwargs: Any,
    ) -> None: ...
    def run(self, task: Task, **kwargs: Any) -> Any: ...

class IfActivation(Activation):
    cancel: TransitionDescriptor[[], None]

class If(Node):
    def __init__(self, cond: _Callback, **kwargs: Any) -> None: ...
    def Then(
        self,
        node: _Target,
        task_data: _Callback | None = None,
        task_seed: _Callback | None = None,
    ) -> Self: ...
    def Else(
        self,
        node: _Target,
        task_data: _Callback | None = None,
        task_seed: _Callback | None = None,
    ) -> Self: ...

class SwitchActivation(Activation):
    cancel: TransitionDescriptor[[], None]

class Switch(Node):
    def __init__(self, **kwargs: Any) -> None: ...
    def Case(self, node: _Target, cond: _Callback | None = None) -> Self: ...
    def Default(self, node: _Target) -> Self: ...

class SplitActivation(Activation): ...

class Split(Node):
    def __init__(self, **kwargs: Any) -> None: ...
    def Next(self, node: _Target, case: _Callback | None = None) -> Self: ...
    def Always(self, node: _Target) -> Self: ...

class SplitFirst(Split): ...

class JoinActivation(NextNodeActivationMixin, Activation):
    cancel: TransitionDescriptor[[], None]
    def is_done(self) -> bool: ...

class Join(NextNodeMixin, Node):
    def __init__(
        self,
        continue_on_condition: _Callback | None = None,
        cancel_active: bool = True,
        **kwargs: Any,
    ) -> None: ...

class TimerActivation(NextNodeActivationMixin, Activation):
    start: TransitionDescriptor[[], None]
    execute: TransitionDescriptor[[], None]
    cancel: TransitionDescriptor[[], None]

class Timer(NextNodeMixin, Node):
    _delay: Any
    def __init__(self, delay: timedelta | datetime | _Callback, **kwargs: Any) -> None: ...

class TimerBoundaryActivation(TimerActivation):
    def cancel_host_tasks(self) -> None: ...

class TimerBoundary(Timer):
    _attached_to: Any
    _interrupting: bool
    def __init__(
        self,
        attached_to: _Target | None,
        delay: timedelta | datetime | _Callback,
        interrupting: bool = True,
        **kwargs: Any,
    ) -> None: ...
    def _arm(self, host_activation: Activation) -> None: ...
    def _on_host_finished(self, **signal_kwargs: Any) -> None: ...

class ObsoleteActivation(Activation):
    cancel: TransitionDescriptor[[], None]

class Obsolete(Node):
    def __init__(
        self,
        cancel_func: _Callback | None = None,
        undo_func: _Callback | None = None,
        **kwargs: Any,
    ) -> None: ...
    def create_node(self, name: str, flow_class: type[Flow]) -> Obsolete: ...
