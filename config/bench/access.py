"""The access decision for a page of 50 files, beside the same question asked through the ORM."""

import statistics
import time
from collections.abc import Callable

from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Case
from config.bench.figures import Figure, faster, interleaved
from config.bench.scene import Scene
from privacy import access
from privacy.compartments import CASE_COMPARTMENTS

PAGE = 50
RUNS = 60
GOAL_MS = 2
PERMISSIONS = ["work", *(item.permission for item in CASE_COMPARTMENTS)]


def cpu_seconds(call: Callable[[], object], runs: int = RUNS) -> float:
    """Median CPU time of one call: what the machine does beside it does not count."""
    call()
    taken = []
    for _ in range(runs):
        start = time.process_time()
        call()
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def access_figures(scene: Scene) -> list[Figure]:
    page = list(Case.objects.order_by("-pk")[:PAGE])
    if len(page) != PAGE:
        raise RuntimeError("the benchmark has too few files for a page")
    ids = [case.pk for case in page]

    def decide() -> object:
        return access.decide(scene.worker, page, PERMISSIONS)

    def through_orm() -> set[tuple[int, int]]:
        rows = access.live(scene.worker, Case, PERMISSIONS).filter(content_object__in=ids)
        return set(rows.values_list("content_object_id", "permission_id"))

    names = {access.permission_id(Case, name): name for name in PERMISSIONS}
    decided = access.decide(scene.worker, page, PERMISSIONS)
    mine = {(key, name) for (_, key), held in decided.items() for name in held}
    if mine != {(key, names[permission]) for key, permission in through_orm()} or len(mine) < PAGE:
        raise RuntimeError("the two decisions of the benchmark differ")
    with CaptureQueriesContext(connection) as for_one:
        access.decide(scene.worker, page[:1], PERMISSIONS)
    with CaptureQueriesContext(connection) as for_all:
        decide()
    sql_s, orm_s = interleaved(RUNS, decide, through_orm)
    return [
        Figure("access decision, 1 file, queries", len(for_one.captured_queries), "queries", 1),
        Figure("access decision, 50 files, queries", len(for_all.captured_queries), "queries", 1),
        Figure(
            "access decision, 50 files × 10 permissions, CPU",
            round(cpu_seconds(decide) * 1000, 3),
            "ms",
            GOAL_MS,
        ),
        faster("the same, than through the ORM", sql_s, orm_s, 2),
    ]
