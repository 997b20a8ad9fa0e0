"""The scene of the benchmark: one team with real files, and a hundred thousand waiting steps."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.utils import timezone

from cases import actions
from cases.flows import CaseFlow
from cases.models import Case
from privacy import keys, second_factor
from privacy.actors import Actor
from privacy.models import Membership, Organisation, Team, User
from privacy.roles import OrganisationKind, Role
from privacy.sessions import actor_for
from services.loading import load_reference
from workflow.models import WorkItem

PASSWORD = "chi-dung-de-do"  # noqa: S105
AREA = "13324"


@dataclass(frozen=True)
class Scene:
    worker: Actor
    user: User
    crowd: list[User]


def prepare(files: int = 60) -> Scene:
    """An empty instance: one social worker with ``files`` open files, made through the actions."""
    call_command("migrate", verbosity=0)
    for alias in ("keystore", "audit"):
        call_command("migrate", "privacy", database=alias, verbosity=0)
    keys.FileKeyring.create(Path(settings.KEYRING_DIR))
    call_command("collectstatic", verbosity=0, interactive=False)
    load_reference()
    office = Organisation.objects.create(
        code="bench", name="Bench", kind=OrganisationKind.CASE_OFFICE, area_code=AREA
    )
    team = Team.objects.create(organisation=office, name="Bench")
    user = User.objects.create_user("bench", PASSWORD, display_name="Bench")
    membership = Membership.objects.create(
        user=user, organisation=office, team=team, role=Role.SOCIAL_WORKER
    )
    with keys.fresh_ring():
        second_factor.give_ready([user])
    worker = actor_for(membership)
    for number in range(files):
        with keys.fresh_ring():
            actions.open_case(
                actor=worker,
                area_code=AREA,
                channel="outreach",
                age_band="18_over",
                alias=f"Hoa {number}",
                contact={},
            )
    return Scene(worker, user, [])


def crowd(items: int, people: int = 500) -> list[User]:
    """``items`` waiting steps of ``people`` other workers: rows as the engine writes them, in bulk.

    viewflow's own queue needs an owner permission on each task, so every task names its worker's
    organisation; the worklist needs only its lane.
    """
    office = Organisation.objects.get(code="bench")
    team = Team.objects.get(organisation=office)
    users = User.objects.bulk_create(
        User(username=f"crowd{number}", display_name="Crowd") for number in range(people)
    )
    process_model: Any = apps.get_model("viewflow", "Process")
    task_model: Any = apps.get_model("viewflow", "Task")
    Membership.objects.bulk_create(
        [
            Membership(user=user, organisation=office, team=team, role=Role.SOCIAL_WORKER)
            for user in users
        ]
    )
    now = timezone.now()
    case_type = ContentType.objects.get_for_model(Case)
    organisation_type = ContentType.objects.get_for_model(Organisation)
    organisations = Organisation.objects.bulk_create(
        [
            Organisation(code=f"crowd{number}", name="Crowd", kind=OrganisationKind.OTHER)
            for number in range(people)
        ]
    )
    batch = 5000
    for start in range(0, items, batch):
        numbers = range(start, min(start + batch, items))
        processes = process_model.objects.bulk_create(
            [
                process_model(
                    flow_class=CaseFlow, artifact_content_type=case_type, artifact_object_id=1
                )
                for _ in numbers
            ]
        )
        tasks = task_model.objects.bulk_create(
            [
                task_model(
                    process=process,
                    flow_task=CaseFlow.instance.node("engagement"),
                    flow_task_type="HUMAN",
                    status="NEW",
                    owner_permission="privacy.work",
                    owner_permission_content_type=organisation_type,
                    owner_permission_obj_pk=str(organisations[number % people].pk),
                    created=now - timedelta(seconds=number),
                )
                for number, process in zip(numbers, processes, strict=True)
            ]
        )
        WorkItem.objects.bulk_create(
            [
                WorkItem(
                    task=task,
                    process_id=task.process_id,
                    flow="case",
                    step="engagement",
                    subject_type=case_type,
                    subject_id=1,
                    subject_uuid=users[number % people].uuid,
                    reference="HS-BENCH",
                    lane=f"t{team.pk}:{Role.SOCIAL_WORKER}:u{users[number % people].pk}",
                    user=users[number % people],
                    team=team,
                    role=Role.SOCIAL_WORKER,
                    area_code=AREA,
                    opened_at=now,
                    due_at=now + timedelta(minutes=(number * 7919) % 20000 - 5000),
                )
                for number, task in zip(numbers, tasks, strict=True)
            ]
        )
    return users
