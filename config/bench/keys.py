"""What sealing costs: beside plain columns and beside django-fernet-encrypted-fields, and how fast
every data key is wrapped anew. Tables and keys are made here and belong to the benchmark alone."""

import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

from django.apps.registry import Apps
from django.conf import settings
from django.db import connection, connections, models, transaction
from django.utils import timezone
from encrypted_fields.fields import EncryptedTextField

from cases.models import Case
from config.bench.figures import Figure, interleaved, seconds, slower
from config.bench.scene import Scene
from privacy import access, crypto, keys
from privacy.compartments import CASE_COMPARTMENTS, Compartment
from privacy.fields import LOCKED, SealedTextField
from privacy.keys import rotation
from privacy.keys.provider import OpenKey, dek_context
from privacy.models import SealedModel, WrappedDataKey

ROWS = 10_000
FIELDS = ("one", "two", "three", "four", "five")
RUNS = 7
LIST = 50
TEXT = "Chị ấy muốn học may, gửi con ở nhà bà ngoại và khám lại vào thứ sáu tuần sau"
WORDS = TEXT.split()
KEYS_OF_A_CASE = CASE_COMPARTMENTS[:7]
HERE = Apps()  # of no room: no migration is asked for these tables


class WorkData(models.Model):
    """What every record of ours keeps in clear beside its sealed words, because lists sort and
    filter by it (privacy.md 4): the same in all three tables."""

    code = models.CharField(max_length=12, default="HS-BENCH")
    state = models.CharField(max_length=15, default="support")
    age_band = models.CharField(max_length=10, default="18_over")
    area_code = models.CharField(max_length=5, default="13324")
    team_id = models.BigIntegerField(default=1)
    worker_id = models.BigIntegerField(default=1)
    due_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True
        apps = HERE
        app_label = "bench"


class Plain(WorkData):
    uuid = models.UUIDField(default=uuid4, unique=True)
    owner_uuid = models.UUIDField(db_index=True)
    one = models.TextField()
    two = models.TextField()
    three = models.TextField()
    four = models.TextField()
    five = models.TextField()

    class Meta:
        apps = HERE
        app_label = "bench"

    def __str__(self) -> str:
        return str(self.pk)


class Sealed(SealedModel, WorkData):
    one = SealedTextField(label="bench.one", compartment="notes")
    two = SealedTextField(label="bench.two", compartment="notes")
    three = SealedTextField(label="bench.three", compartment="notes")
    four = SealedTextField(label="bench.four", compartment="notes")
    five = SealedTextField(label="bench.five", compartment="notes")

    class Meta:
        apps = HERE
        app_label = "bench"

    def __str__(self) -> str:
        return str(self.pk)


class Fernet(WorkData):
    uuid = models.UUIDField(default=uuid4, unique=True)
    owner_uuid = models.UUIDField(db_index=True)
    one = EncryptedTextField()
    two = EncryptedTextField()
    three = EncryptedTextField()
    four = EncryptedTextField()
    five = EncryptedTextField()

    class Meta:
        apps = HERE
        app_label = "bench"

    def __str__(self) -> str:
        return str(self.pk)


KINDS: tuple[type[models.Model], ...] = (Plain, Sealed, Fernet)


def _rows(model: Any, owners: list[UUID], number: int = ROWS) -> list[Any]:
    made = []
    for position in range(number):
        texts = {
            name: " ".join(WORDS[(position + shift) % 8 : (position + shift) % 8 + 9])
            for shift, name in enumerate(FIELDS)
        }
        made.append(model(owner_uuid=owners[position % len(owners)], **texts))
    return made


@contextmanager
def _tables() -> Iterator[None]:
    settings.SALT_KEY = secrets.token_hex(16)
    with connection.schema_editor() as editor:
        for model in KINDS:
            editor.create_model(model)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            for model in KINDS:
                editor.delete_model(model)


def _owners(number: int) -> list[UUID]:
    owners = [uuid4() for _ in range(number)]
    _give_keys(owners, [Compartment.NOTES])
    return owners


def _give_keys(owners: list[UUID], compartments: Iterable[Compartment]) -> None:
    """As ``keys.make`` does, in bulk."""
    keyring = keys.provider()
    store = connections["keystore"]
    native = store.features.has_native_uuid_field
    now = timezone.now().replace(tzinfo=None).isoformat(sep=" ")
    for compartment in compartments:
        kek = keyring.current(compartment)
        for start in range(0, len(owners), 5_000):
            some = owners[start : start + 5_000]
            items = [
                OpenKey(crypto.new_key(), dek_context(owner, compartment, 1, kek)) for owner in some
            ]
            rows = [
                (owner if native else owner.hex, compartment.byte, 1, kek, wrapped, now)
                for owner, wrapped in zip(some, keyring.wrap_many(kek, items), strict=True)
            ]
            with transaction.atomic(using="keystore"), store.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO privacy_wrappeddatakey "
                    "(owner_uuid, compartment, version, kek, wrapped, created_at) "
                    "VALUES (%s, %s, %s, %s, %s, %s)",
                    rows,
                )


def _read(model: Any, owners: list[UUID]) -> Callable[[], int]:
    def run() -> int:
        with keys.fresh_ring():
            if model is Sealed:
                keys.open_pairs([(owner, Compartment.NOTES) for owner in owners])
            length = 0
            for row in model.objects.all():
                for name in FIELDS:
                    value = getattr(row, name)
                    if value is LOCKED:
                        raise RuntimeError("a value of the benchmark stayed shut")
                    length += len(value)
            return length

    return run


def reading_figures() -> list[Figure]:
    found = []
    for cases, goal in ((500, 3.0), (ROWS, 5.4)):
        with _tables():
            owners = _owners(cases)
            with keys.fresh_ring():
                for model in KINDS:
                    made: Any = model
                    made.objects.bulk_create(_rows(model, owners), batch_size=1_000)
            calls = [_read(model, owners) for model in KINDS]
            if len({call() for call in calls}) != 1:
                raise RuntimeError("the three tables of the benchmark differ")
            plain, sealed, fernet = interleaved(RUNS, *calls, clock=time.process_time)
            name = f"read {ROWS:,} rows x 5 sealed fields, {cases:,} cases, to plain"
            found.append(slower(name, sealed, plain, goal))
            found.append(_beside(f"the same, to Fernet fields, {cases:,} cases", sealed, fernet))
    return found


def _beside(name: str, mine: float, theirs: float) -> Figure:
    """What a library costs that seals under one key for all; ours must not be far from it."""
    return slower(name, mine, theirs, 1.25)


def writing_figures() -> list[Figure]:
    with _tables():
        owners = _owners(500)

        def write(model: Any) -> Callable[[], None]:
            def run() -> None:
                rows = _rows(model, owners)
                with keys.fresh_ring(), transaction.atomic():
                    model.objects.bulk_create(rows, batch_size=1_000)
                    transaction.set_rollback(True)

            return run

        plain, sealed, fernet = interleaved(
            5, *(write(model) for model in KINDS), clock=time.process_time
        )
    return [
        slower(f"bulk_create {ROWS:,} rows x 5 sealed fields, to plain", sealed, plain, 3),
        _beside("the same, to Fernet fields", sealed, fernet),
    ]


def list_figures(scene: Scene) -> list[Figure]:
    """Her list of 50 real files as it is without a word of a client, and with the aliases: the
    grants are asked, the audit row is written, the keys are loaded."""

    def plain() -> int:
        with keys.fresh_ring():
            return len([case.code for case in access.visible(scene.worker, Case)[:LIST]])

    def sealed() -> int:
        with keys.fresh_ring():
            cases = list(access.visible(scene.worker, Case)[:LIST])
            access.open_keys(scene.worker, cases, [Compartment.IDENTITY], purpose="list")
            if any(case.alias is LOCKED for case in cases):
                raise RuntimeError("an alias of the benchmark stayed shut")
            return len([case.code for case in cases])

    without, whole = interleaved(60, plain, sealed, clock=time.process_time)
    return [slower(f"list of {LIST} cases with aliases, to the list without", whole, without, 2.2)]


def rotation_figures(cases: int = 100_000) -> list[Figure]:
    """Every key of so many cases under a new epoch, in the batches and transactions of the real
    command, on disk."""
    _give_keys([uuid4() for _ in range(cases)], KEYS_OF_A_CASE)
    number = WrappedDataKey.objects.count()
    taken = seconds(
        lambda: rotation.rotate(new_epoch=list(Compartment), purpose="bench"), time.process_time
    )
    if rotation.behind():
        raise RuntimeError("the rotation of the benchmark left keys behind")
    name = f"rewrap {cases:,} cases x {len(KEYS_OF_A_CASE)} keys ({number:,} rows)"
    return [Figure(name, round(taken, 1), "s CPU", 40)]
