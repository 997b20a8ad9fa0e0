"""Reference data from `services/data/` into the database: safe to run at every start.

Rows are matched by their official or coded key; what is equal is left alone, so a second run
writes nothing. Rows that an administrator added, and offers, are never touched; a row that left
the files stays, because older decisions may still name it.
"""

import csv
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.db import models, router, transaction

from privacy import audit
from services.models import AdminUnit, Holiday, RuleSet, ServiceType
from services.selectors import search_key

DATA = Path(__file__).parent / "data"
RULE_FILES = tuple(f"{kind}.json" for kind in RuleSet.Kind.values)
# Law 72/2025/QH15 on local government: two levels from this day on.
TWO_LEVELS_SINCE = date(2025, 7, 1)
ADMIN_UNIT_SOURCE = "vietnamadminunits 1.0.4 (MIT); General Statistics Office codes"
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Loaded:
    created: int
    changed: int
    unchanged: int


def load_reference() -> dict[str, Loaded]:
    """Everything, in one transaction; counts by kind of row."""
    with transaction.atomic(using=router.db_for_write(RuleSet)):
        loaded = {"admin_units": _upsert(AdminUnit, "code", admin_units())} | load_rules()
    for kind, counts in loaded.items():
        if counts.created or counts.changed:
            audit.configured(
                actor=None, event="rules.loaded", kind=kind, count=counts.created + counts.changed
            )
    return loaded


def load_rules() -> dict[str, Loaded]:
    """Everything but the 3,355 areas, in one transaction."""
    with transaction.atomic(using=router.db_for_write(RuleSet)):
        return {
            "service_types": _upsert(ServiceType, "code", service_types()),
            "holidays": _upsert(Holiday, "date", holidays()),
            "rule_sets": _upsert(RuleSet, "version", rule_sets(), scope="kind"),
        }


def admin_units() -> Iterable[dict[str, Any]]:
    """Provinces first, so that a commune always finds its province."""
    with (DATA / "admin_units.tsv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    names = {row["code"]: row["name"] for row in rows}
    for row in sorted(rows, key=lambda row: (row["parent"] != "", row["code"])):
        yield {
            "code": row["code"],
            "parent_id": row["parent"] or None,
            "type": row["type"],
            "name": row["name"],
            "search_key": search_key(row["name"], names.get(row["parent"], "")),
            "valid_from": TWO_LEVELS_SINCE,
            "source": ADMIN_UNIT_SOURCE,
        }


def service_types() -> Iterable[dict[str, Any]]:
    data = _read("service_types.json")
    for position, raw in enumerate(data["types"], start=1):
        yield {
            "code": raw["code"],
            "family": raw["family"],
            "name_vi": raw["vi"],
            "name_en": raw["en"],
            "is_channel": raw.get("channel", False),
            "outcomes": data["outcomes"][raw["outcomes"]],
            "packet_fields": data["packets"][raw["packet"]],
            "answer_class": raw["answer_class"],
            "position": position,
            "valid_from": date.fromisoformat(raw.get("valid_from", data["valid_from"])),
            "valid_to": _day(raw.get("valid_to")),
            "source": raw["source"],
        }


def holidays() -> Iterable[dict[str, Any]]:
    for raw in _read("holidays.json")["holidays"]:
        yield {
            "date": date.fromisoformat(raw["date"]),
            "name_vi": raw["vi"],
            "name_en": raw["en"],
            "is_made_up": raw.get("made_up", False),
            "source": raw["source"],
            "status": raw["status"],
        }


def rule_sets() -> Iterable[dict[str, Any]]:
    """One file per kind; a file holds one version or a list of versions."""
    for name in RULE_FILES:
        content = _read(name)
        for raw in content if isinstance(content, list) else [content]:
            yield {
                "kind": raw["kind"],
                "version": raw["version"],
                "valid_from": date.fromisoformat(raw["valid_from"]),
                "valid_to": _day(raw.get("valid_to")),
                "payload": raw["payload"],
                "source": raw["source"],
                "source_url": raw.get("source_url", ""),
                "status": raw["status"],
            }


def _read(name: str) -> Any:
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def _day(raw: str | None) -> date | None:
    return None if raw is None else date.fromisoformat(raw)


def _upsert(
    model: type[models.Model], key: str, rows: Iterable[Mapping[str, Any]], scope: str | None = None
) -> Loaded:
    """Create what is missing, update what differs; rows are told apart by (scope, key)."""
    manager = model._default_manager
    identify: Callable[[Any], tuple[Any, ...]] = (
        (lambda row: (getattr(row, key),))
        if scope is None
        else (lambda row: (getattr(row, scope), getattr(row, key)))
    )
    stored = {identify(row): row for row in manager.all()}
    new: list[models.Model] = []
    changed: list[models.Model] = []
    unchanged = 0
    fields: set[str] = set()
    for values in rows:
        fresh = model(**values)
        row = stored.get(identify(fresh))
        if row is None:
            new.append(fresh)
        elif any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            _stamp(row)
            changed.append(row)
            fields.update(values)
        else:
            unchanged += 1
    manager.bulk_create(new, batch_size=_BATCH)
    if changed:
        manager.bulk_update(changed, _writable(model, fields), batch_size=_BATCH)
    return Loaded(created=len(new), changed=len(changed), unchanged=unchanged)


def _stamp(row: models.Model) -> None:
    """bulk_update leaves alone the fields that fill themselves, so they are filled here."""
    for field in row._meta.concrete_fields:
        if getattr(field, "auto_now", False):
            field.pre_save(row, add=False)


def _writable(model: type[models.Model], given: set[str]) -> list[str]:
    """The names of the fields to update: never the key, always the stamp."""
    return [
        field.name
        for field in model._meta.concrete_fields
        if not field.primary_key
        and (field.attname in given or field.name in given or getattr(field, "auto_now", False))
    ]
