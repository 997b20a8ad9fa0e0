from collections.abc import Iterator
from contextlib import ContextDecorator
from typing import Any, Self

from viewflow.fsm.base import State, Transition, TransitionDescriptor
from viewflow.workflow.models import Process, Task
from viewflow.workflow.token import Token

def parent_tasks_completed(activation: Activation) -> bool: ...
def leading_tasks_canceled(activation: Activation) -> bool: ...
def process_not_cancelled(activation: Activation) -> bool: ...
def has_manage_permission(activation: Activation, user: Any) -> bool: ...

class Activation:
    # On the class this is the maker of transitions; on an instance it reads as the task's status.
    status: State
    type: str
    task: Task
    process: Process

    def __init__(self, task: Task) -> None: ...
    @property
    def flow_task(self) -> Any: ...
    @property
    def flow_class(self) -> Any: ...
    def exception_guard(self) -> ContextDecorator: ...
    @classmethod
    def create(
        cls,
        flow_task: Any,
        prev_activation: Any,
        token: Token | str | None,
        data: Any = None,
        seed: Any = None,
    ) -> Self: ...
    activate: TransitionDescriptor[[], None]
    create_next: TransitionDescriptor[[], Iterator[Activation]]
    complete: TransitionDescriptor[[], None]
    activate_next: TransitionDescriptor[[], None]
    undo: TransitionDescriptor[[], None]
    revive: TransitionDescriptor[[], Task]
    def prepare_revived_task(self, task: Task) -> None: ...
    def _activate_next(self, activations: set[Activation]) -> None: ...
    def get_outgoing_transitions(self) -> list[Transition]: ...
    def get_available_transitions(self, user: Any) -> list[Transition]: ...
