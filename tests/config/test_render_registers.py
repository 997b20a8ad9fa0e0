"""The two documents for the authority say what the code does, and are noticed when they do not."""

import pytest
from django.core.management import CommandError, call_command

from config.management.commands import render_registers
from privacy.compartments import Compartment


def test_the_documents_are_current():
    call_command("render_registers", check=True)


def test_a_stale_document_is_noticed(monkeypatch, tmp_path):
    monkeypatch.setattr(render_registers, "REGISTER", tmp_path / "register.md")
    monkeypatch.setattr(render_registers, "DOSSIER", tmp_path / "dossier.md")
    with pytest.raises(CommandError):
        call_command("render_registers", check=True)
    call_command("render_registers")
    call_command("render_registers", check=True)
    (tmp_path / "dossier.md").write_text("# Hồ sơ")
    with pytest.raises(CommandError):
        call_command("render_registers", check=True)


def test_every_sealed_field_reader_and_clock_stands_in_them():
    text = render_registers.render_register()
    for compartment, labels in render_registers._sealed().items():
        assert f"`{compartment.value}`" in text
        assert all(f"`{label}`" in text for label in labels)
    assert Compartment.PACKET in render_registers._sealed()
    for word in ("2 ngày làm việc", "10 ngày", "15 ngày", "20 ngày", "72 giờ", "chờ luật sư"):
        assert word in text
    assert "sổ đăng ký xử lý" in render_registers.render_dossier()
