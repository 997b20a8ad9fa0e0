"""Work promised in the same transaction as the change that needs it.

Apps register a handler per kind; the relays in ``workflow`` run them, at least once, so every
handler can be run twice without harm. A row holds ids only.
"""

import socket
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from privacy.models import Outbox

Handler = Callable[[int], None]
handlers: dict[str, list[Handler]] = {}


def on(kind: str, handler: Handler) -> None:
    """Called from ``AppConfig.ready``; several rooms may listen to one kind."""
    listening = handlers.setdefault(kind, [])
    if handler not in listening:
        listening.append(handler)


def put(
    kind: str,
    object_id: int | None = None,
    *,
    run_at: datetime | None = None,
    dedupe_key: str | None = None,
) -> None:
    """Promise one run of ``kind``. A second row with the same ``dedupe_key`` changes nothing."""
    row = Outbox(
        kind=kind, object_id=object_id, run_at=run_at or timezone.now(), dedupe_key=dedupe_key
    )
    if dedupe_key is None:
        row.save()
    else:
        Outbox.objects.bulk_create([row], ignore_conflicts=True)
    transaction.on_commit(wake)


def wake() -> None:
    """Tell the embedded runner that something is due. Nobody listening is fine: it also polls."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto(b"!", str(settings.RUNNER_SOCKET))
    except OSError:
        return
