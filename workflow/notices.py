"""Telling people that something waits, in words that tell nothing.

The content lives in the worklist only. Outside it the text is always the same neutral sentence
and needs a sign-in; the default adapter spools it to a file (e-mail and SMS adapters fit behind
``Adapter``).
"""

import json
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext

from privacy import outbox
from privacy.models import Membership, User
from workflow.models import WorkItem

KIND = "notice.work_item"


class Adapter(Protocol):
    def send(self, user: User, text: str) -> None: ...


class FileSpool:
    """One JSON file a notice, in the spool folder: user id, time and the neutral text."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, user: User, text: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"{timezone.now():%Y%m%dT%H%M%S}-{uuid4().hex}.json"
        body = {"user": user.pk, "text": text, "at": timezone.now().isoformat()}
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(json.dumps(body, ensure_ascii=False))


def neutral_text(language: str) -> str:
    with translation.override(language):
        return gettext("You have 1 new task. Sign in to see it.")


def tell_holder(item: WorkItem) -> None:
    """Promise one notice to whoever holds this item, after commit, once."""
    outbox.put(KIND, item.pk, dedupe_key=f"{KIND}:{item.pk}:{item.lane}")


def remind_holder(item: WorkItem) -> None:
    """Half of the time has passed: one more neutral notice."""
    outbox.put(KIND, item.pk, dedupe_key=f"{KIND}:{item.pk}:{item.lane}:reminder")


def send(item_id: int) -> None:
    """Outbox handler. An item that is done in the meantime is not told any more."""
    item = WorkItem.objects.filter(pk=item_id, done_at__isnull=True).first()
    if item is None:
        return
    if item.user_id:
        people = User.objects.filter(pk=item.user_id, is_active=True)
    else:
        people = User.objects.filter(
            pk__in=Membership.objects.live()
            .filter(team_id=item.team_id or 0, role=item.role)
            .values("user_id")
        )
    adapter: Adapter = FileSpool(Path(settings.NOTICE_SPOOL))
    for person in people:
        adapter.send(person, neutral_text(person.language))
