"""Random references and one-time codes: readable, without meaning, never derived from a person."""

import secrets

# No letters or digits that are read for each other.
ALPHABET = "23456789ABCDEFGHJKMNPQRTUVWXY"


def random_text(length: int) -> str:
    """29 possibilities a sign: ten signs are 48 bits, fifteen 72."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def reference(prefix: str, length: int = 6) -> str:
    """Such as ``PG-7K3M9Q``: 29^6, about 600 million; the database keeps it unique."""
    return f"{prefix}-{random_text(length)}"
