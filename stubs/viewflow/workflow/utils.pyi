from typing import Any

class Act:
    @property
    def process(self) -> Any: ...
    @property
    def task(self) -> Any: ...

act: Act
