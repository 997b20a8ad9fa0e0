from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from django.core.cache.backends.base import BaseCache
from viewflow.workflow.base import Flow

class LockImpl(Protocol):
    def __call__(self, flow_class: type[Flow], process_pk: int) -> AbstractContextManager[None]: ...

class NoLock:
    def __call__(self, flow_class: type[Flow], process_pk: int) -> AbstractContextManager[None]: ...

class SelectForUpdateLock:
    nowait: bool
    attempts: int
    def __init__(self, nowait: bool = True, attempts: int = 5) -> None: ...
    def __call__(self, flow_class: type[Flow], process_pk: int) -> AbstractContextManager[None]: ...

class CacheLock:
    def __init__(self, cache: BaseCache = ..., attempts: int = 5, expires: int = 120) -> None: ...
    def __call__(self, flow_class: type[Flow], process_pk: int) -> AbstractContextManager[None]: ...

no_lock: NoLock
cache_lock: CacheLock
select_for_update_lock: SelectForUpdateLock

def after_lock_released(callback: Callable[[], object]) -> None: ...
def lock_scope(
    lock_impl: LockImpl, flow_class: type[Flow], process_pk: int
) -> AbstractContextManager[None]: ...
