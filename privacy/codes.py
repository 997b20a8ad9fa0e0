"""Random references: readable, without meaning, never derived from a person."""

import secrets

# No letters or digits that are read for each other.
ALPHABET = "23456789ABCDEFGHJKMNPQRTUVWXY"


def reference(prefix: str, length: int = 6) -> str:
    """Such as ``PG-7K3M9Q``: 29^6, about 600 million; the database keeps it unique."""
    return f"{prefix}-{''.join(secrets.choice(ALPHABET) for _ in range(length))}"
