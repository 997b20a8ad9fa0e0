"""How a person asks at the door and about accounts. What the settings name stands here."""

from privacy.views.door import (
    bad_request,
    csrf_failure,
    locked_out,
    page_not_found,
    safe_next,
    server_error,
)

__all__ = [
    "bad_request",
    "csrf_failure",
    "locked_out",
    "page_not_found",
    "safe_next",
    "server_error",
]
