"""Sealed fields: the database holds envelopes, a value opens only for whoever has the key."""

import copy
import json
import pickle
from uuid import uuid4

import pytest
from django.core import checks, serializers
from django.core.cache.backends.locmem import LocMemCache
from django.core.serializers.json import DjangoJSONEncoder
from django.db import OperationalError, connection, connections
from django.db.models import F, Max
from django.db.models.functions import Length, Lower
from django.forms.models import model_to_dict
from django.template import Context, Template
from django.test.utils import isolate_apps
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kombu.serialization import dumps as celery_dumps

from cases import actions
from cases.models import Case, Goal, Lead
from privacy import audit, fields, keys
from privacy import checks as our_checks
from privacy.compartments import Compartment as C
from privacy.fields import LOCKED, Envelope, SealedJSONField, SealedTextField, Typed
from privacy.models import AuditEvent, SealedModel
from tests import factories
from tests.factories import ALIAS, opened

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


@pytest.fixture
def lead(cast):
    return factories.fresh(factories.lead_made(cast))


@pytest.fixture
def shut():
    """A request that holds no key."""
    with keys.fresh_ring():
        yield


def raw(record, column):
    with connections["default"].cursor() as cursor:
        cursor.execute(
            f"SELECT {column} FROM {record._meta.db_table} WHERE id = %s",  # noqa: S608
            [record.pk],
        )
        return bytes(cursor.fetchone()[0])


def plant(record, column, value):
    with connections["default"].cursor() as cursor:
        cursor.execute(
            f"UPDATE {record._meta.db_table} SET {column} = %s WHERE id = %s",  # noqa: S608
            [value, record.pk],
        )


def locked_rows():
    return AuditEvent.objects.filter(action="locked")


# -- round trip


@given(st.text(max_size=400))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_text_comes_back_as_it_was(cast, lead, text):
    with opened(cast.hoa, lead, C.IDENTITY):
        try:
            text.encode()
        except UnicodeEncodeError:
            return
        lead.alias = text
        lead.save()
        assert factories.fresh(lead).alias == text


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text("ắa ,\"'", max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text("xyz", max_size=3), inner, max_size=3)
        ),
        max_leaves=8,
    ).filter(lambda value: isinstance(value, dict | list))
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_document_comes_back_as_it_was(cast, lead, value):
    with opened(cast.hoa, lead, C.CONTACT):
        lead.contact = value
        lead.save()
        assert factories.fresh(lead).contact == value


def test_the_database_holds_no_word(lead):
    for column in ("alias", "contact", "note"):
        assert not any(
            word.encode() in raw(lead, column) for word in (ALIAS, "0912", "giao", "may_text")
        )


@pytest.mark.parametrize("wrong", [None, 5, b"x", ["x"]])
def test_a_text_field_takes_text_only(wrong):
    with pytest.raises(TypeError):
        Lead(alias=wrong)
    with pytest.raises(TypeError):
        Lead(contact="text")


# -- locked


def test_without_a_key_it_is_locked_and_recorded_once_a_request(lead, shut):
    before = locked_rows().count()
    again = factories.fresh(lead)
    assert lead.alias is LOCKED and again.alias is LOCKED
    assert lead.contact is LOCKED
    rows = locked_rows().order_by("pk")[before:]
    assert [(row.compartments, row.result) for row in rows] == [
        ("identity", "no_key"),
        ("contact", "no_key"),
    ]
    assert {row.object_uuid for row in rows} == {lead.owner_uuid}


def test_a_locked_value_says_so_in_the_persons_language(lead, shut):
    with translation.override("en"):
        assert str(lead.alias) == "Locked"
        shown = Template(
            "{{ lead.alias }}|{{ lead.contact.phone }}|{% if lead.alias %}!{% endif %}"
        )
        assert shown.render(Context({"lead": lead})) == "Locked||"
    assert repr(LOCKED) == "<locked>" and not LOCKED


def pickled(value):
    return pickle.loads(pickle.dumps(value))  # noqa: S301


@pytest.mark.parametrize("carry", [copy.copy, copy.deepcopy, pickled])
def test_there_is_one_locked(carry):
    assert carry(LOCKED) is LOCKED


def test_a_locked_value_is_never_written(lead, shut):
    with pytest.raises(TypeError):
        lead.alias = lead.alias


def test_the_page_survives_an_audit_that_cannot_be_written(lead, shut, monkeypatch):
    def fails(*_args):
        raise OperationalError("disk full")

    monkeypatch.setattr(audit, "note_locked", fails)
    assert lead.alias is LOCKED


# -- swapped, planted, changed


def planted(kind, cast, lead):
    """What an attacker with the data database could put in the place of ``lead.alias``."""
    envelope = raw(lead, "alias")
    if kind == "other column":
        return raw(lead, "note")
    if kind == "other row, same owner's worker":
        return raw(factories.lead_made(cast), "alias")
    if kind == "bit":
        return envelope[:-1] + bytes([envelope[-1] ^ 1])
    if kind == "cut":
        return envelope[:20]
    return {"empty": b"", "text": "Mây", "number": 7, "plain": b"M\xc3\xa2y", "zeros": bytes(65)}[
        kind
    ]


@pytest.mark.parametrize(
    "kind",
    ["other column", "other row, same owner's worker", "bit", "cut", "empty", "text"]
    # A column of bytes takes no number on PostgreSQL.
    + [pytest.param("number", marks=pytest.mark.sqlite), "plain", "zeros"],
)
def test_planted_bytes_stay_shut_with_one_audit_row(cast, lead, kind):
    plant(lead, "alias", planted(kind, cast, lead))
    before = locked_rows().count()
    with opened(cast.hoa, lead, C.IDENTITY, C.NOTES):
        found = factories.fresh(lead)
        assert found.alias is LOCKED
        assert found.alias is LOCKED
    assert [row.result for row in locked_rows().order_by("pk")[before:]] == ["tampered"]


def test_values_swapped_between_two_records_of_one_owner_stay_shut(cast):
    case = factories.case_planned(cast)
    one, two = Goal.objects.filter(case=case).order_by("position")
    first, second = raw(one, "text"), raw(two, "text")
    plant(one, "text", second)
    plant(two, "text", first)
    with opened(cast.hanh, case, C.NEEDS):
        assert [goal.text for goal in Goal.objects.filter(case=case)] == [LOCKED, LOCKED]
        assert factories.fresh(one).service == "H-STI"


def test_a_row_given_to_another_owner_stays_shut(cast):
    mine, other = factories.case_opened(cast), factories.case_opened(cast)
    Case.objects.filter(pk=mine.pk).update(owner_uuid=other.owner_uuid)
    with opened(cast.hanh, other, C.IDENTITY):
        assert factories.fresh(mine).alias is LOCKED


# -- lazy


def test_nothing_is_opened_until_it_is_read(cast, lead, monkeypatch):
    opened_fields = []
    real = fields.SealedField.open
    monkeypatch.setattr(
        fields.SealedField,
        "open",
        lambda self, instance, held: opened_fields.append(self.name) or real(self, instance, held),
    )
    with opened(cast.hoa, lead, C.IDENTITY, C.CONTACT):
        found = list(Lead.objects.all())[0]
        assert opened_fields == []
        assert (found.alias, found.alias) == (ALIAS, ALIAS)
        assert opened_fields == ["alias"]


def test_values_and_annotations_are_opaque(cast, lead):
    with opened(cast.hoa, lead, C.IDENTITY):
        held = [
            Lead.objects.values("alias").get()["alias"],
            Lead.objects.values_list("alias", flat=True).get(),
            Lead.objects.annotate(copy=F("alias")).values("copy").get()["copy"],
        ]
        if connection.vendor == "sqlite":  # PostgreSQL knows no greatest of bytes
            held.append(Lead.objects.aggregate(top=Max("alias"))["top"])
    for value in held:
        assert isinstance(value, Envelope) and repr(value) == "<sealed>"
        for show in (str, "{}".format, json.dumps, lambda v: json.dumps(v, cls=DjangoJSONEncoder)):
            with pytest.raises(TypeError):
                show(value)
    assert Lead.objects.annotate(n=Length("alias")).get().n == 65


@pytest.mark.parametrize(
    "query",
    [
        lambda: Lead.objects.filter(alias=ALIAS),
        lambda: Lead.objects.filter(alias__icontains="m"),
        lambda: Lead.objects.filter(alias__in=["x"]),
        lambda: Lead.objects.filter(alias__isnull=True),
        lambda: Lead.objects.exclude(alias=""),
        lambda: Goal.objects.filter(case__alias=ALIAS),
        lambda: Lead.objects.update(alias="x"),
        lambda: Lead.objects.update(alias=F("note")),
        lambda: Lead.objects.order_by("alias"),
        lambda: Lead.objects.order_by("-alias"),
        lambda: Lead.objects.order_by(F("alias").desc()),
        lambda: Lead.objects.order_by(Lower("alias")),
        lambda: Goal.objects.order_by("case__alias"),
        lambda: Lead.objects.get_or_create(alias="x"),
        lambda: Lead.objects.bulk_update(list(Lead.objects.all()), ["alias"]),
    ],
)
def test_queries_on_a_sealed_field_raise(cast, lead, query):
    with opened(cast.hoa, lead, C.IDENTITY), pytest.raises(TypeError):
        list(query())


# -- saving


def test_saving_without_the_key_keeps_the_envelope(lead, shut):
    before = raw(lead, "alias")
    lead.area_code = "00001"
    lead.save()
    assert raw(lead, "alias") == before


def test_sealing_needs_no_grant_but_a_key(cast, lead, shut):
    lead.alias = "Sóng"
    lead.save()
    keys.destroy(lead.owner_uuid)
    lead.alias = "Suối"
    with pytest.raises(keys.KeyMissing):
        lead.save()


def test_every_save_makes_a_new_envelope(cast, lead):
    before = raw(lead, "alias")
    lead.alias = ALIAS
    lead.save(update_fields=["alias"])
    assert raw(lead, "alias") != before


def test_a_deferred_field_is_saved_as_it_was(cast, lead):
    before = raw(lead, "alias")
    Lead.objects.defer("alias").get(pk=lead.pk).save(update_fields=["alias", "area_code"])
    assert raw(lead, "alias") == before


def test_only_and_defer_load_later(cast, lead, django_assert_num_queries):
    with opened(cast.hoa, lead, C.IDENTITY):
        with django_assert_num_queries(1):
            slim = list(Lead.objects.only("reference"))[0]
        assert slim.alias == ALIAS
        assert Lead.objects.defer("alias").get(pk=lead.pk).alias == ALIAS


def test_refresh_forgets_what_was_typed_and_opened(cast, lead):
    with opened(cast.hoa, lead, C.IDENTITY):
        lead.alias = "Gió"
        lead.refresh_from_db()
        assert lead.alias == ALIAS
        lead.alias = "Gió"
        lead.refresh_from_db(fields=["alias"])
        assert lead.alias == ALIAS
    with keys.fresh_ring():
        lead.refresh_from_db()
        assert lead.alias is LOCKED


def test_refresh_asks_relations_anew(cast):
    consent = factories.consent_given(cast)
    assert not hasattr(consent, "end")
    actions.withdraw(actor=cast.hanh, consent=consent, method="verbal")
    consent.refresh_from_db()
    assert consent.end.method == "verbal"


def test_bulk_create_and_get_or_create_seal(cast):
    case = factories.case_planned(cast)
    plan = Goal.objects.filter(case=case).first().plan
    made = Goal.objects.bulk_create(
        [Goal(case=case, plan=plan, position=n, text=f"Việc {n}") for n in (7, 8)]
    )
    one, new = Goal.objects.get_or_create(
        case=case, plan=plan, position=9, defaults={"text": "Việc 9"}
    )
    assert new
    with opened(cast.hanh, case, C.NEEDS):
        texts = [goal.text for goal in Goal.objects.filter(position__gte=7).iterator()]
    assert texts == ["Việc 7", "Việc 8", "Việc 9"]
    assert all(b"Vi" not in raw(goal, "text") for goal in (*made, one))


# -- nothing carries a value away


CARRIERS = {
    "pickle": pickle.dumps,
    "queryset": lambda lead: pickle.dumps(Lead.objects.filter(pk=lead.pk)),
    "cache": lambda lead: cached(lead),
    "copy": lambda lead: pickle.dumps(copy.copy(lead)),
    "form": lambda lead: repr(model_to_dict(lead)).encode(),
    "repr": lambda lead: f"{lead!r}{lead}".encode(),
}


def cached(lead):
    cache = LocMemCache("test_fields", {})
    cache.set("lead", lead)
    return b"".join(cache._cache.values())


@pytest.mark.parametrize("name", CARRIERS)
def test_an_opened_value_does_not_travel(cast, lead, name):
    with opened(cast.hoa, lead, C.IDENTITY, C.CONTACT):
        assert lead.alias == ALIAS and lead.contact["phone"]
        carried = CARRIERS[name](lead)
    assert ALIAS.encode() not in carried and b"0912" not in carried
    assert ALIAS.encode("utf-16") not in carried


def test_a_copy_without_the_key_is_locked(cast, lead):
    with opened(cast.hoa, lead, C.IDENTITY):
        assert lead.alias == ALIAS
        carried = pickle.dumps(lead)
    with keys.fresh_ring():
        assert pickle.loads(carried).alias is LOCKED  # noqa: S301


def test_a_typed_value_does_not_travel(lead):
    lead.alias = "Lá"
    for carry in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            carry(lead)
    assert repr(Typed("Lá")) == "<typed, not yet sealed>"


@pytest.mark.parametrize("kind", ["json", "xml", "python", "jsonl"])
def test_djangos_serialisers_refuse(lead, kind):
    with pytest.raises(TypeError):
        serializers.serialize(kind, [lead])


def test_no_celery_message_can_hold_one(lead):
    for value in (Lead.objects.values("alias").get(), lead, Typed("Lá"), LOCKED):
        with pytest.raises(Exception, match="not JSON serializable|has no text"):
            celery_dumps(value, serializer="json")


# -- declarations


def test_deconstruct_is_stable():
    field = SealedTextField(label="x.y", compartment="notes")
    field.set_attributes_from_name("y")
    _name, path, args, kwargs = field.deconstruct()
    assert path == "privacy.fields.SealedTextField" and args == []
    assert kwargs == {"label": "x.y", "compartment": "notes"}
    again = SealedTextField(**kwargs)
    again.set_attributes_from_name("y")
    assert again.deconstruct() == field.deconstruct()
    assert field.clone().label == "x.y" and not field.clone().editable


def found_in(model):
    return {issue.id for issue in model.check() if (issue.id or "").startswith("privacy.")}


@isolate_apps("privacy")
def test_system_checks_name_a_bad_declaration():
    class Nameless(SealedModel):
        text = SealedTextField()

        class Meta:
            app_label = "privacy"

    class Indexed(SealedModel):
        one = SealedTextField(label="i.one", compartment="notes", null=True)
        two = SealedJSONField(label="i.two", compartment="notes", db_index=True)
        three = SealedTextField(label="i.three", compartment="notes", unique=True)

        class Meta:
            app_label = "privacy"

    class Sorted(SealedModel):
        text = SealedTextField(label="s.text", compartment="notes")

        class Meta:
            app_label = "privacy"
            ordering = [F("text").desc()]

    class Good(SealedModel):
        text = SealedTextField(label="g.text", compartment="notes")

        class Meta:
            app_label = "privacy"

    assert found_in(Nameless) == {"privacy.E001"}
    assert found_in(Indexed) == {"privacy.E002"}
    assert len([i for i in Indexed.check() if i.id == "privacy.E002"]) == 3
    assert found_in(Sorted) == {"privacy.E003"}
    assert found_in(Good) == set()


def test_labels_are_used_once_in_the_house(monkeypatch):
    assert our_checks.labels_name_one_field() == []
    monkeypatch.setattr(Lead._meta.get_field("note"), "label", "case.alias")
    assert [issue.id for issue in our_checks.labels_name_one_field()] == ["privacy.E004"]


def test_the_house_has_no_bad_declaration():
    assert [issue for issue in checks.run_checks(tags=["models"]) if issue.is_serious()] == []


def test_uuids_exist_before_the_first_save():
    lead = Lead()
    assert lead.uuid and lead.owner_uuid == lead.uuid and lead.pk is None
    assert Lead(uuid=uuid4()).uuid != lead.uuid
