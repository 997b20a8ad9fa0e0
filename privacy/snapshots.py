"""The only way a count of people leaves: counted once for a past period, told the same ever after.

    freeze    count a period that is over; asked again it answers what was counted then
    publish   hide what is small, for one audience; asked again it answers what was told then
    verify    whether a frozen row still is what was written

Neither live slices nor second counts: two publications of one period cannot differ.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy import audit
from privacy.actors import Actor
from privacy.errors import WrongState
from privacy.models import Publication, Snapshot
from privacy.models.snapshots import FrozenModel
from privacy.suppression import Released, Rule, Table, fewest_breakdowns


class Tampered(Exception):
    """A frozen row is not what was written."""


def digest(payload: Any) -> str:
    canonical = json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def verify(row: FrozenModel) -> None:
    """:raises Tampered: the row was changed behind our back."""
    if digest(row.payload) != row.digest:
        raise Tampered("a frozen count does not fit its hash")


def freeze(
    *,
    actor: Actor,
    code: str,
    starts_on: date,
    ends_on: date,
    count: Callable[[], Sequence[Table]],
    area_code: str = "",
) -> Snapshot:
    """``count`` answers tables of the same people, finest first; it is called at most once for a
    period. Raises WrongState while the period runs: a count that still moves can be subtracted.
    The caller's policy has said that she may."""
    if ends_on < starts_on or ends_on >= timezone.localdate():
        raise WrongState(_("Numbers are told only of a period that is over."))
    known = _find(code, starts_on, ends_on, area_code)
    if known is not None:
        verify(known)
        return known
    payload = {"tables": [_plain(table) for table in count()]}
    try:
        with transaction.atomic():
            made = Snapshot.objects.create(
                code=code,
                starts_on=starts_on,
                ends_on=ends_on,
                area_code=area_code,
                payload=payload,
                digest=digest(payload),
                made_by_id=actor.user_id,
            )
            audit.record_change(actor=actor, event="snapshot.frozen", subject=made, reason=code)
    except IntegrityError:
        # Two at once: the first one's count holds.
        first = _find(code, starts_on, ends_on, area_code)
        if first is None:
            raise
        return first
    return made


def _find(code: str, starts_on: date, ends_on: date, area_code: str) -> Snapshot | None:
    found: Snapshot | None = Snapshot.objects.filter(
        code=code, starts_on=starts_on, ends_on=ends_on, area_code=area_code
    ).first()
    return found


def publish(*, actor: Actor, snapshot: Snapshot, audience: str, rule: Rule) -> Released:
    verify(snapshot)
    known = Publication.objects.filter(snapshot=snapshot, audience=audience).first()
    if known is None:
        released = fewest_breakdowns([_table(raw) for raw in snapshot.payload["tables"]], rule)
        payload = _told(released)
        try:
            with transaction.atomic():
                known = Publication.objects.create(
                    snapshot=snapshot,
                    audience=audience,
                    rule=asdict(rule),
                    payload=payload,
                    digest=digest(payload),
                    made_by_id=actor.user_id,
                )
                audit.record_change(
                    actor=actor, event="snapshot.published", subject=snapshot, reason=audience
                )
        except IntegrityError:
            known = Publication.objects.get(snapshot=snapshot, audience=audience)
    verify(known)
    return _released(known.payload)


def _plain(table: Table) -> dict[str, Any]:
    return {"rows": [[row, column, n] for (row, column), n in sorted(table.counts.items())]}


def _table(raw: dict[str, Any]) -> Table:
    return Table.of({(row, column): n for row, column, n in raw["rows"]})


def _told(released: Released) -> dict[str, Any]:
    return {
        "rows": list(released.rows),
        "columns": list(released.columns),
        "cells": [[row, column, n] for (row, column), n in sorted(released.cells.items())],
        "withheld": released.withheld,
    }


def _released(raw: dict[str, Any]) -> Released:
    return Released(
        tuple(raw["rows"]),
        tuple(raw["columns"]),
        {(row, column): n for row, column, n in raw["cells"]},
        raw["withheld"],
    )
