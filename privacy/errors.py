"""What can go wrong in an action, in words that the person can use.

    Refusal
    ├── NotFound       absent and forbidden look alike: 404
    ├── Forbidden      she holds the object but not the verb: 403, with what is missing
    ├── WrongState     the step is not open (any more): 409
    │   └── AlreadyDone    someone was faster: 409, with who and when
    └── Invalid        what was typed does not fit: the form again, each field with its message

No message here ever carries a word that a client said.
"""

from collections.abc import Mapping
from datetime import datetime

from django.utils.functional import Promise

type_text = str | Promise


class Refusal(Exception):
    """Base: an action refused, for a reason that is told. Nothing was written."""

    code = "refused"

    def __init__(self, message: type_text = "") -> None:
        super().__init__(message)
        self.message = message


class NotFound(Refusal):
    code = "not_found"


class Forbidden(Refusal):
    """``next_step`` = who can give what is missing (privacy.denials makes these words)."""

    code = "forbidden"

    def __init__(self, message: type_text = "", *, next_step: type_text = "") -> None:
        super().__init__(message)
        self.next_step = next_step


class WrongState(Refusal):
    code = "wrong_state"


class AlreadyDone(WrongState):
    code = "already_done"

    def __init__(
        self, message: type_text = "", *, who: type_text = "", when: datetime | None = None
    ) -> None:
        super().__init__(message)
        self.who = who
        self.when = when


class Invalid(Refusal):
    code = "invalid"

    def __init__(self, errors: Mapping[str, type_text]) -> None:
        super().__init__("")
        self.errors = dict(errors)
