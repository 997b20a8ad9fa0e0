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
    VERBS,
    WORKING_ROLES,
    WRITES,
    Scope,
    Verb,
    may,
    may_hold,
    may_use_team_grant,
    may_write,
    reach,
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


def table(heading):
    """The rows of the table under this heading, without its head."""
    part = render_matrix.render().partition(heading)[2].partition("\n## ")[0]
    return [line for line in part.splitlines() if line.startswith("| ")][1:]


def test_the_document_shows_every_cell():
    see, write, do = table("## See"), table("## Write"), table("## Do")
    assert len(see) == len(write) == len(Role)
    for role, line in zip(Role, write, strict=True):
        written = [cell.strip() for cell in line.strip("|").split("|")][1:]
        for compartment, cell in zip(render_matrix.COLUMNS, written, strict=True):
            assert cell == ("write" if may_write(role, compartment) else "–")
    roles = [role for role in Role if role is not Role.SYSTEM]
    for verb, line in zip(VERBS, do, strict=True):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert cells == [verb.value, *(render_matrix.SIGNS[reach(role, verb)] for role in roles)]
    for role, line in zip(Role, see, strict=True):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        with translation.override("en"):
            assert cells[0] == str(role.label)
        for compartment, cell in zip(render_matrix.COLUMNS, cells[2:], strict=True):
            assert cell == render_matrix.SIGNS[scope(role, compartment)]


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


def test_the_data_protection_officer_holds_registers_and_no_file():
    held = {
        name
        for name in ("work", "review", *(c.permission for c in Compartment))
        if may_hold(Role.DPO, name)
    }
    assert held == {"work", "review", "open_register"}
    # Whoever entered a request reads it too; a worker only what she entered by herself.
    assert who(C.REGISTER) == {Role.DPO, Role.SUPERVISOR, Role.CHILD_OFFICER, Role.SOCIAL_WORKER}
    assert scope(Role.SOCIAL_WORKER, C.REGISTER) is Scope.OWN


def test_every_verb_names_its_roles():
    assert set(VERBS) == set(Verb)
    assert all(roles and set(roles) <= set(Role) for roles in VERBS.values())
    assert all(Role.SYSTEM not in roles for roles in VERBS.values())


def test_nobody_writes_what_she_may_never_see():
    """But for the register: it is written for somebody else's eyes."""
    for role, compartments in WRITES.items():
        for compartment in compartments - {C.REGISTER}:
            assert scope(role, compartment) is not None, (role, compartment)


def test_a_decision_is_never_about_ones_own():
    for verb in (Verb.APPROVE, Verb.ASSIGN, Verb.RELEASE, Verb.SEND_BACK, Verb.APPROVE_ERASURE):
        assert set(VERBS[verb].values()) == {Scope.OTHERS}
        assert Role.SOCIAL_WORKER not in VERBS[verb]


def test_an_administrator_manages_accounts_and_nothing_else():
    verbs = {verb for verb in Verb if may(Role.ADMINISTRATOR, verb)}
    assert verbs == {Verb.MANAGE_ACCOUNTS, Verb.VIEW_ACCOUNTS}
    assert not MATRIX[Role.ADMINISTRATOR] and Role.ADMINISTRATOR not in WRITES


def test_a_social_worker_exports_nothing():
    assert not may(Role.SOCIAL_WORKER, Verb.EXPORT)


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
    opening = {role for role in Role if set(MATRIX.get(role, {})) - {C.REGISTER}}
    assert opening == set(CASE_ROLES | RECEIVING_ROLES)
    # The data-protection officer works on registers, and opens nothing of a client.
    assert set(WORKING_ROLES) == opening | {Role.DPO}


def test_the_data_protection_officer_opens_her_registers_and_nothing_of_a_client():
    assert {item for item in Compartment if scope(Role.DPO, item)} == {C.REGISTER}


def test_bytes_and_permissions_name_each_compartment_once():
    assert len(set(BYTES.values())) == len(BYTES) == len(Compartment)
    names = [name for name, _ in permission_rows(CASE_COMPARTMENTS)]
    assert len(set(names)) == len(names) and names[0] == "work"
