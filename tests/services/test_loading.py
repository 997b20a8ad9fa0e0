import pytest
from django.core.management import call_command

from privacy.models import AuditEvent
from services import loading
from services.models import AdminUnit, Holiday, RuleSet, ServiceType

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


@pytest.fixture(autouse=True)
def _nothing_loaded(db):
    """The suite has loaded its rules already; here they come in for the first time."""
    for model in (RuleSet, Holiday, ServiceType):
        model.objects.all().delete()
    AdminUnit.objects.filter(parent__isnull=False).delete()
    AdminUnit.objects.all().delete()


def test_it_loads_every_province_and_commune():
    loading.load_reference()
    communes = AdminUnit.objects.filter(parent__isnull=False)
    assert AdminUnit.objects.filter(parent__isnull=True).count() == 34
    assert communes.count() == 3321
    counts = {kind: communes.filter(type=kind).count() for kind in ("xa", "phuong", "dac_khu")}
    assert counts == {"xa": 2621, "phuong": 687, "dac_khu": 13}
    assert communes.filter(parent="52").count() == 135
    assert AdminUnit.objects.get(pk="13324").parent_id == "37"


def test_a_second_run_writes_nothing(django_assert_max_num_queries):
    first = loading.load_reference()
    assert all(loaded.created and not loaded.changed for loaded in first.values())
    with django_assert_max_num_queries(12):
        second = loading.load_reference()
    assert all(not loaded.created and not loaded.changed for loaded in second.values())


def test_it_repairs_what_differs_and_leaves_what_was_added():
    loading.load_reference()
    uuid = ServiceType.objects.get(code="H-STI").uuid
    ServiceType.objects.filter(code="H-STI").update(name_en="Something else")
    AdminUnit.objects.filter(pk="13324").update(parent=None)
    RuleSet.objects.create(
        kind="clock", version="local", valid_from="2030-01-01", payload={"clocks": []}, source="Us"
    )
    before = RuleSet.objects.get(kind="triage").changed_at
    RuleSet.objects.filter(kind="triage").update(source="Someone")
    loaded = loading.load_reference()
    repaired = ServiceType.objects.get(code="H-STI")
    assert repaired.name_en == "Care for sexually transmitted infections"
    assert repaired.uuid == uuid
    assert AdminUnit.objects.get(pk="13324").parent_id == "37"
    assert RuleSet.objects.filter(version="local").exists()
    assert RuleSet.objects.get(kind="triage").changed_at > before
    assert loaded["service_types"].changed == loaded["admin_units"].changed == 1


def test_the_command_tells_what_it_did(capsys):
    call_command("load_reference")
    assert "admin_units: 3355 created, 0 changed, 0 unchanged" in capsys.readouterr().out
    assert Holiday.objects.exists()


def test_new_rules_are_written_into_the_audit_once():
    loading.load_reference()
    written = AuditEvent.objects.filter(action="rules.loaded")
    assert "admin_units" in set(written.values_list("object_type", flat=True))
    before = written.count()
    loading.load_reference()
    assert written.count() == before
