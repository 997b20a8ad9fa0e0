"""The crypto inventory says what the code does."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from privacy import inventory
from privacy.keys import resealing
from privacy.management.commands import render_crypto_inventory as page
from privacy.models import Organisation


def test_the_document_is_current():
    call_command("render_crypto_inventory", check=True)


def test_a_stale_document_is_noticed(monkeypatch, tmp_path):
    monkeypatch.setattr(page, "PATH", tmp_path / "page.md")
    with pytest.raises(CommandError, match="out of date"):
        call_command("render_crypto_inventory", check=True)
    call_command("render_crypto_inventory")
    call_command("render_crypto_inventory", check=True)


def test_every_sealed_field_is_in_it_with_its_owner():
    columns = inventory.sealed_columns()
    assert len(columns) == sum(len(many) for many in resealing.sealed_models().values()) > 40
    assert len({item.label for item in columns}) == len(columns)
    owners = {item.label: item.owner for item in columns}
    assert owners["case.alias"] == owners["goal.text"] == "cases.Case"
    assert owners["milestone.kind"] == owners["entry.text"] == "referrals.Referral"
    assert owners["transfer.summary"] == "cases.Transfer"
    assert owners["kept.text"] == "privacy.User"


def test_a_record_of_nobody_is_a_mistake():
    with pytest.raises(LookupError, match=r"privacy\.Organisation"):
        inventory.owner_of(Organisation)


def test_randomness_comes_from_where_it_says():
    """No other generator anywhere in the house; the demo invents its people with one."""
    for room in ("privacy", "services", "workflow", "referrals", "cases"):
        for path in (Path(settings.BASE_DIR) / room).rglob("*.py"):
            assert not re.search(r"^\s*(import|from) random\b", path.read_text(), re.MULTILINE)


def test_passwords_are_hashed_as_it_says():
    base = (Path(settings.BASE_DIR) / "config" / "settings" / "base.py").read_text()
    first = base.partition("PASSWORD_HASHERS = [")[2].split(",")[0]
    assert "Argon2PasswordHasher" in first
