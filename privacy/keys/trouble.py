"""What can be wrong with keys, told apart, in words that name a file and never a person."""

from enum import StrEnum


class Trouble(StrEnum):
    """Why the provider does not serve. Shown by ``manage.py keys status`` and logged as a code;
    people at their desks read the same plain page for all of them."""

    NO_KEYRING = "no_keyring"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    DAMAGED = "damaged"
    FOREIGN = "foreign"
    DISK_FULL = "disk_full"
    NO_ANSWER = "no_answer"


class KeyringUnavailable(Exception):
    """The key provider does not serve. Never a reason to make a fresh key."""

    def __init__(self, message: str = "", *, code: Trouble = Trouble.NO_ANSWER) -> None:
        super().__init__(message)
        self.code = code


class KeyMissing(Exception):
    """There is no key for this owner and compartment."""
