from datetime import datetime, timedelta
from typing import NamedTuple

class schedstate(NamedTuple):
    is_due: bool
    next: float

class schedule:
    run_every: timedelta
    def __init__(self, run_every: timedelta | float | None = None) -> None: ...
    def is_due(self, last_run_at: datetime) -> schedstate: ...
    def remaining_estimate(self, last_run_at: datetime) -> timedelta: ...

class crontab(schedule):
    def __init__(
        self,
        minute: str | int = "*",
        hour: str | int = "*",
        day_of_week: str | int = "*",
        day_of_month: str | int = "*",
        month_of_year: str | int = "*",
    ) -> None: ...
