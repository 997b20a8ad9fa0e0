"""The matrix is the law of the house: what is not in it is closed."""

from itertools import product

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from privacy.compartments import BYTES, CASE_COMPARTMENTS, Compartment, permission_rows
from privacy.management.commands import render_matrix
from privacy.matrix import (
    MATRIX,
    TEAM_WORK,
    Scope,
    may_hold,
    may_use_team_grant,
    scope,
)
from privacy.roles import CASE_ROLES, RECEIVING_ROLES, Role

C = Compartment
EVERY = list(product(Role, Compartment))


def test_the_document_is_current():
    call_command("render_matrix", check=True)


def test_a_stale_document_is_noticed(monkeypatch, tmp_path):
    monkeypatch.setattr(render_matrix, "PATH", tmp_path / "matrix.md")
    with pytest.raises(CommandError):
        call_command("render_matrix", check=True)
    call_command("render_matrix")
    call_command("render_matrix", check=True)
    (tmp_path / "matrix.md").write_text("| Administrator | team |")
    with pytest.raises(CommandError):
        call_command("render_matrix", check=True)


def test_the_document_shows_every_cell():
    lines = [line for line in render_matrix.render().splitlines() if line.startswith("| ")][1:]
    assert len(lines) == len(Role)
    for role, line in zip(Role, lines, strict=True):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        with translation.override("en"):
            assert cells[0] == str(role.label)
        for compartment, cell in zip(render_matrix.COLUMNS, cells[2:], strict=True):
            assert (
                cell == {None: "–", Scope.OWN: "own", Scope.TEAM: "team"}[scope(role, compartment)]
            )


@pytest.mark.parametrize(("role", "compartment"), EVERY)
def test_a_cell_is_the_ceiling(role, compartment):
    reach = scope(role, compartment)
    assert may_hold(role, compartment.permission) is (reach is not None)
    assert may_use_team_grant(role, compartment.permission) is (reach is Scope.TEAM)


@pytest.mark.parametrize(
    "role", [Role.PROGRAMME_OFFICER, Role.ADMINISTRATOR, Role.SYSTEM, "police", "bank"]
)
def test_roles_without_clients_hold_nothing(role):
    assert not may_hold(role, "work")
    assert not any(may_hold(role, item.permission) for item in Compartment)


def who(compartment):
    return {role for role in Role if scope(role, compartment) is not None}


def test_health_and_legal_of_the_file_are_nobodys_yet():
    """What providers write lives in the entries of their own referral."""
    assert who(C.HEALTH) == who(C.LEGAL) == set()


def test_the_child_track_is_for_the_officer_and_the_named_supervisor():
    assert who(C.CHILD) == {Role.CHILD_OFFICER, Role.SUPERVISOR}
    assert scope(Role.SUPERVISOR, C.CHILD) is Scope.OWN


def test_violence_and_needs_stay_with_the_case_team():
    assert who(C.PROTECTION) == who(C.NEEDS) == {Role.SOCIAL_WORKER, Role.SUPERVISOR}


def test_entries_are_the_recipients_alone():
    assert who(C.ENTRIES) == set(RECEIVING_ROLES)
    assert not who(C.ENTRIES) & {Role.SOCIAL_WORKER, Role.SUPERVISOR, Role.PEER_WORKER}


def test_a_recipient_never_opens_the_file():
    for role in set(RECEIVING_ROLES) - {Role.CHILD_OFFICER}:
        assert {item for item in Compartment if scope(role, item)} == {C.PACKET, C.ENTRIES}


def test_a_social_worker_works_by_name_only():
    assert Role.SOCIAL_WORKER not in TEAM_WORK and Role.PEER_WORKER not in TEAM_WORK
    assert set(MATRIX[Role.SOCIAL_WORKER].values()) == {Scope.OWN}


def test_drafts_are_opened_by_no_grant():
    assert who(C.DRAFT) == set()


def test_every_role_that_can_open_something_works_on_cases_or_slips():
    clients = {role for role in Role if set(MATRIX.get(role, {})) - {C.REGISTER}}
    assert clients == set(CASE_ROLES | RECEIVING_ROLES)


def test_the_data_protection_officer_opens_her_registers_and_nothing_of_a_client():
    assert {item for item in Compartment if scope(Role.DPO, item)} == {C.REGISTER}


def test_bytes_and_permissions_name_each_compartment_once():
    assert len(set(BYTES.values())) == len(BYTES) == len(Compartment)
    names = [name for name, _ in permission_rows(CASE_COMPARTMENTS)]
    assert len(set(names)) == len(names) and names[0] == "work"
