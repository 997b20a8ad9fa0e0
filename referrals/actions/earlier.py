"""Who was faster, and when: what a person reads when her step was taken before she pressed."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.translation import gettext as _

from privacy.errors import AlreadyDone, WrongState
from privacy.models import ChangeRecord
from privacy.roles import Role


def last_change(subject: models.Model, event: str = "") -> ChangeRecord | None:
    """The last change of state, or the last ``event``."""
    rows = ChangeRecord.objects.filter(
        subject_type=ContentType.objects.get_for_model(subject), subject_id=subject.pk
    )
    rows = rows.filter(event=event) if event else rows.exclude(after="")
    return rows.select_related("actor").order_by("-pk").first()


@contextmanager
def who_was_faster(subject: models.Model, event: str = "") -> Iterator[None]:
    """A refused change of state tells who made the change that stands in its way."""
    try:
        yield
    except WrongState as error:
        change = last_change(subject, event)
        if change is None:
            raise
        who = change.actor.display_name if change.role != Role.SYSTEM else _("the system")
        raise AlreadyDone(error.message, who=who, when=change.at) from None
