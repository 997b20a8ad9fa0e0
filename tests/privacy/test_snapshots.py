"""Frozen counts: one count and one telling of a period, whoever asks and however often."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from privacy import snapshots
from privacy.errors import WrongState
from privacy.models import ChangeRecord, Publication, Snapshot
from privacy.suppression import GRAND, Table
from services import selectors as services

START, END = date(2026, 1, 1), date(2026, 3, 31)


def tables(people=40):
    return [Table.line({"a": 3, "b": people, "c": 50})]


def frozen(cast, count=tables):
    return snapshots.freeze(actor=cast.quy, code="cases", starts_on=START, ends_on=END, count=count)


def told(cast, snapshot, audience="published", **change):
    rule = replace(services.disclosure(audience), **change)
    return snapshots.publish(actor=cast.quy, snapshot=snapshot, audience=audience, rule=rule)


def test_a_period_that_runs_is_not_counted(cast):
    today = timezone.localdate()
    for end in (today, today + timedelta(days=3), START - timedelta(days=1)):
        with pytest.raises(WrongState):
            snapshots.freeze(
                actor=cast.quy, code="cases", starts_on=START, ends_on=end, count=tables
            )
    assert not Snapshot.objects.exists()


def test_a_second_count_of_the_period_answers_the_first(cast):
    first = frozen(cast)
    again = frozen(cast, lambda: pytest.fail("counted twice"))
    assert again == first and Snapshot.objects.count() == 1
    assert ChangeRecord.objects.filter(event="snapshot.frozen").count() == 1
    assert first.payload == {
        "tables": [{"rows": [["a", "people", 3], ["b", "people", 40], ["c", "people", 50]]}]
    }


def test_two_publications_cannot_differ_even_when_the_rule_changes(cast):
    snapshot = frozen(cast)
    first = told(cast, snapshot)
    later = told(cast, snapshot, k=3, width=3)
    assert first == later and first.cells["a", "people"] is None and first.cells[GRAND] == 93
    assert Publication.objects.count() == 1


def test_each_audience_has_its_own(cast):
    snapshot = frozen(cast, lambda: [Table.line({"a": 7, "b": 40, "c": 50})])
    assert told(cast, snapshot).cells["a", "people"] is None
    assert told(cast, snapshot, "inside").cells["a", "people"] == 7


def test_what_was_frozen_cannot_be_changed(cast):
    snapshot = frozen(cast)
    for change in (
        snapshot.save,
        snapshot.delete,
        Snapshot.objects.all().delete,
        lambda: Snapshot.objects.update(code="other"),
    ):
        with pytest.raises(TypeError):
            change()


def test_a_row_changed_behind_our_back_is_noticed(cast):
    snapshot = frozen(cast)
    told(cast, snapshot)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE privacy_publication SET payload = '{}'")
    with pytest.raises(snapshots.Tampered):
        told(cast, snapshot)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE privacy_snapshot SET payload = '{\"tables\": []}'")
    with pytest.raises(snapshots.Tampered):
        frozen(cast)


def test_the_rules_are_dated_data_with_a_source(cast):
    assert services.disclosure("published").k == 10 and services.disclosure("inside").k == 5
    rules = services.rule_set("disclosure")
    assert rules.source and all(item["source"] for item in rules.payload["audiences"])
    with pytest.raises(KeyError):
        services.disclosure("everybody")
