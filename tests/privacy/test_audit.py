"""The audit: only ever added to, ids and codes only."""

import pytest
from django.db import connections, models, transaction
from django.test import Client

from cases.models import CaseGrant
from privacy import access, audit, keys
from privacy.compartments import Compartment
from privacy.models import AuditEvent, AuditSeal, AuditSealRange, ChangeRecord
from privacy.models.audit import codes_only
from privacy.sessions import system_actor
from referrals.models import ReferralGrant
from tests import door, factories

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])

WORDS = (
    "Mây",
    "912345678",
    "giao hàng",
    "Ở trọ",
    "Khéo tay",
    "Học may",
    "Cần được giúp",
    "Mời đến",
    "Đã khám",
    "Rất tốt",
    "Chị ấy",
    "Xong",
    "H-STI",
    "Theo lời kể",
)


def rows():
    return AuditEvent.objects.order_by("pk")


def test_a_row_is_never_changed_or_removed(cast):
    factories.case_opened(cast)
    audit.signed(actor=cast.hanh, action="sign_in")
    row = rows().first()
    for attempt in (
        lambda: rows().update(action="x"),
        lambda: rows().delete(),
        row.delete,
        row.save,
        lambda: AuditEvent.objects.bulk_update([row], ["action"]),
    ):
        with pytest.raises(TypeError):
            attempt()


def test_it_lies_in_a_database_of_its_own():
    assert AuditEvent.objects.db == "audit"
    assert ChangeRecord.objects.db == "default"
    tables = connections["default"].introspection.table_names()
    stored = connections["audit"].introspection.table_names()
    assert "privacy_auditevent" in stored and "privacy_auditevent" not in tables


def test_changes_belong_to_the_business_transaction_and_refusals_do_not(cast):
    lead = factories.lead_made(cast)
    changes, events = ChangeRecord.objects.count(), rows().count()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        audit.record_change(actor=cast.hoa, event="lead.informed", subject=lead)
        audit.refused(actor=cast.hoa, action="lead", subject=lead, reason="not_hers")
        raise ZeroDivisionError
    assert (ChangeRecord.objects.count(), rows().count()) == (changes, events + 1)


def test_a_change_says_who_what_and_from_where_to_where(cast):
    lead = factories.lead_informed(cast)
    row = ChangeRecord.objects.filter(event="lead.informed").get()
    assert (row.subject_id, row.before, row.after) == (lead.pk, "contact_made", "informed")
    assert (row.actor_id, row.role) == (cast.hoa.user_id, "peer_worker")
    assert row.organisation_id == cast.hoa.organisation_id


def test_the_system_is_named_as_the_system(cast):
    lead = factories.lead_made(cast)
    audit.record_change(actor=system_actor(), event="x", subject=lead)
    assert ChangeRecord.objects.get(event="x").role == "system"


def test_signing_in_and_out_is_kept(cast):
    browser = Client()
    browser.post("/sign-in/", {"username": "hanh", "password": "wrong"})
    door.enter(browser, "hanh")
    key = browser.session.session_key
    browser.post("/sign-out/")
    found = [(row.action, row.result) for row in rows() if row.action != "key.made"]
    assert found == [
        ("sign_in", "refused"),
        ("password", "allowed"),
        ("second_factor", "allowed"),
        ("sign_in", "allowed"),
        ("sign_out", "allowed"),
    ]
    assert rows().last().actor_uuid == cast.hanh.user_uuid
    assert key and not rows().filter(session=key).exists() and len(rows().last().session) == 32


def test_a_long_reason_fits(cast):
    audit.refused(actor=None, action="x", subject=None, reason="a_reason_that_is_much_too_long")
    assert rows().last().result == "refused:a_reason_tha"


STAGES = (
    factories.lead_ended,
    factories.case_closed,
    factories.case_refused,
    factories.referral_confirmed,
    factories.referral_declined,
    factories.referral_withdrawn,
    factories.livelihood_active,
    factories.transfer_accepted,
    factories.child_case,
)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__)
def test_no_clear_column_of_any_database_holds_a_word(cast, stage):
    """The whole dump, after a whole journey: audit, changes, outbox, worklist, engine, keys."""
    stage(cast)
    for alias in ("default", "keystore", "audit"):
        connection = connections[alias]
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                if table.startswith(("services_", "django_content", "auth_")):
                    continue  # rule data and places: not of a person
                cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
                for row in cursor.fetchall():
                    text = " ".join(
                        cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)
                        for cell in row
                    )
                    assert not [word for word in WORDS if word in text], (alias, table)


def test_columns_are_short_codes():
    """No column of the audit can hold a sentence: every text is checked against codes."""
    for model in (AuditEvent, AuditSeal, AuditSealRange):
        for field in model._meta.concrete_fields:
            assert not isinstance(field, models.TextField | models.JSONField)
            if isinstance(field, models.CharField):
                assert field.max_length <= 160 and codes_only in field.validators


@pytest.mark.parametrize("word", ["dương tính", "Mây", "chị ấy", "khong co dau", "a/b"])
def test_a_word_is_refused_before_it_is_written(cast, word):
    before = rows().count()
    for attempt in (
        lambda: audit.signed(actor=cast.hanh, action=word),
        lambda: audit.refused(actor=cast.hanh, action="x", subject=None, reason=word),
    ):
        with pytest.raises(ValueError, match="no code") as raised:
            attempt()
        assert word not in str(raised.value)
    assert rows().count() == before


def test_a_change_takes_codes_only(cast):
    lead = factories.lead_made(cast)
    with pytest.raises(ValueError, match="no code"):
        audit.record_change(actor=cast.hoa, event="lead.x", subject=lead, reason="vì chị ấy sợ")
    audit.record_change(actor=cast.hoa, event="lead.x", subject=lead, reason="H-STI")


def test_an_opening_names_unit_job_grants_and_basis(cast):
    slip = factories.referral_confirmed(cast)
    with keys.fresh_ring():
        access.open_keys(cast.hanh, [slip], [Compartment.PACKET], purpose="slip")
    row = rows().last()
    assert (row.action, row.result, row.purpose) == ("open", "allowed", "slip")
    assert (row.team_id, row.organisation_id) == (cast.hanh.team_id, cast.hanh.organisation_id)
    assert row.membership_id == cast.hanh.membership_id
    grants = ReferralGrant.objects.filter(content_object=slip, user=cast.user("hanh"))
    assert int(row.grants) in grants.values_list("pk", flat=True)


def test_a_list_is_one_row_with_count_and_hash(cast):
    one = factories.case_opened(cast)
    two = factories.case_opened(cast, age_band="18_over", by="hanh")
    with keys.fresh_ring():
        access.open_keys(cast.hanh, [one, two], [Compartment.IDENTITY], purpose="case_list")
    row = rows().last()
    assert (row.action, row.count, row.object_uuid, row.grants) == ("open_list", 2, None, "")
    assert len(row.ids_hash) == 64


def test_an_export_keys_and_settings_are_written(cast):
    case = factories.case_opened(cast)
    audit.exported(
        actor=cast.bich,
        objects=[case],
        compartments=[Compartment.IDENTITY],
        purpose="own_copy",
        envelope=b"a sealed reason",
    )
    audit.key_event(action="key.rotated", compartments=[Compartment.NOTES], count=7)
    audit.configured(actor=None, event="rules.loaded", kind="rule_sets", count=3)
    exported, rotated, loaded = rows().order_by("-pk")[:3][::-1]
    assert (exported.object_uuid, len(exported.envelope_hash)) == (case.uuid, 64)
    assert (rotated.action, rotated.compartments, rotated.count) == ("key.rotated", "notes", 7)
    assert (loaded.action, loaded.object_type, loaded.count) == ("rules.loaded", "rule_sets", 3)


def test_grants_given_and_taken_are_recorded_with_their_ids(cast):
    case = factories.case_opened(cast)
    given = ChangeRecord.objects.filter(event="grant.given", subject_type__model="casegrant")
    assert set(given.values_list("subject_id", flat=True)) == set(
        CaseGrant.objects.filter(content_object=case).values_list("pk", flat=True)
    )
    access.take_away(case, by=cast.bich, user=cast.hanh.user_id)
    taken = ChangeRecord.objects.filter(event="grant.taken", subject_type__model="casegrant")
    assert set(taken.values_list("subject_id", flat=True)) == set(
        CaseGrant.objects.filter(content_object=case, user=cast.user("hanh")).values_list(
            "pk", flat=True
        )
    )
    assert set(taken.values_list("actor_id", flat=True)) == {cast.bich.user_id}


def test_nothing_is_recorded_of_a_grant_that_rolls_back(cast):
    case = factories.case_opened(cast)
    before = ChangeRecord.objects.count()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        access.take_away(case, by=cast.bich)
        raise ZeroDivisionError
    assert ChangeRecord.objects.count() == before
