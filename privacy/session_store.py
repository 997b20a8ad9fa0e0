"""Where sessions lie: in the database, under a hash of their key. Whoever reads the table, or a
copy of it, cannot sign in with what stands there."""

import hashlib
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone


def row_of(key: str | None) -> str:
    """What a session is called in the database; empty without a key. 40 of 64 hex digits."""
    return hashlib.sha256(f"session:{key}".encode()).hexdigest()[:40] if key else ""


class SessionStore(DatabaseStore):
    """As Django's own, with ``row_of`` between the cookie and the table. What a session holds is
    signed for its own row: copied to another it is no session."""

    @property
    def key_salt(self) -> str:
        return f"privacy.session:{row_of(self._session_key)}"

    def _get_session_from_db(self) -> Any:
        row = self.model.objects.filter(
            session_key=row_of(self.session_key), expire_date__gt=timezone.now()
        ).first()
        if row is None:
            self._session_key = None
        return row

    def exists(self, session_key: str) -> bool:
        return super().exists(row_of(session_key))

    def create_model_instance(self, data: Any) -> Any:
        made = super().create_model_instance(data)
        made.session_key = row_of(made.session_key)
        return made

    def delete(self, session_key: str | None = None) -> None:
        super().delete(row_of(session_key or self.session_key))
