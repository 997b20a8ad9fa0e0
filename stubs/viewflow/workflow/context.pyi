from types import TracebackType
from typing import Any

class Context:
    def __init__(self, default: dict[str, Any] | None = None, **kwargs: Any) -> None: ...
    def __getattr__(self, name: str) -> Any: ...
    def __enter__(self) -> None: ...
    def __exit__(
        self,
        t: type[BaseException] | None,
        v: BaseException | None,
        tb: TracebackType | None,
    ) -> None: ...
    @staticmethod
    def create(**kwargs: Any) -> Context: ...

context: Context
