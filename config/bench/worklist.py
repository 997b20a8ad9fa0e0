"""The worklist: its selector against raw SQL and against viewflow's own queue; the whole page."""

import gzip
import re
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases.flows import CaseFlow
from config.bench.figures import Figure, faster, interleaved, slower
from config.bench.scene import PASSWORD, Scene, crowd
from privacy import keys, own_keys, second_factor
from privacy.actors import Actor
from privacy.compartments import Compartment
from privacy.models import Membership, Organisation, SecondFactor, User
from privacy.sessions import actor_for
from workflow import selectors

RUNS = 40


def counted(call: Any) -> int:
    """Queries on all three databases."""
    captures = [CaptureQueriesContext(connections[alias]) for alias in connections]
    for capture in captures:
        capture.__enter__()
    try:
        call()
    finally:
        for capture in captures:
            capture.__exit__(None, None, None)
    return sum(len(capture.captured_queries) for capture in captures)


def selector_figures(items: int) -> list[Figure]:
    people = crowd(items)
    user = people[7]
    actor = actor_for(Membership.objects.select_related("user").get(user=user))

    def mine() -> selectors.Page:
        return selectors.my_page(actor)

    with CaptureQueriesContext(connection) as captured:
        first = mine()
    statements = [query["sql"] for query in captured.captured_queries]
    raw = _raw(actor)
    if len(first.items) != selectors.PAGE or len(raw()) != selectors.PAGE + 1:
        raise RuntimeError("the two lists of the benchmark differ")
    queue = _viewflow_queue(user, people.index(user))
    mine_s, raw_s = interleaved(RUNS, mine, raw)
    queue_s, mine_again = interleaved(5, queue, mine)
    return [
        Figure("worklist selector, queries", len(statements), "queries", 2),
        slower(f"worklist selector, {items:,} items, to raw SQL", mine_s, raw_s, 6),
        faster(
            f"worklist selector, {items:,} items, than viewflow queue()", mine_again, queue_s, 20
        ),
    ]


def _raw(actor: Actor) -> Any:
    """The same two questions as the selector asks, without the ORM."""
    rows = selectors.waiting_for(actor).order_by("due_at", "pk")[: selectors.PAGE + 1]
    rows_sql, rows_args = rows.query.sql_with_params()
    lanes = selectors.lanes(actor)
    marks = ",".join(["%s"] * len(lanes))
    count_sql = f"""
        SELECT COUNT(id), COUNT(CASE WHEN urgent THEN id END),
               COUNT(CASE WHEN due_at < datetime('now') THEN id END),
               COUNT(CASE WHEN due_at < datetime('now', '+3 days') THEN id END),
               GROUP_CONCAT(DISTINCT area_code)
        FROM workflow_workitem
        WHERE lane IN ({marks}) AND done_at IS NULL
    """  # noqa: S608  (only placeholders are filled in)

    def run() -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(count_sql, lanes)
            cursor.fetchone()
            cursor.execute(rows_sql, rows_args)
            return list(cursor.fetchall())

    return run


def _viewflow_queue(user: User, number: int) -> Any:
    """viewflow's own list for a person with one grant, on her organisation."""
    organisation = Organisation.objects.get(code=f"crowd{number}")
    content_type = ContentType.objects.get_for_model(Organisation)
    permission, _ = Permission.objects.get_or_create(
        content_type=content_type, codename="work", defaults={"name": "May work"}
    )
    apps.get_model("guardian", "UserObjectPermission")._default_manager.get_or_create(
        user=user, permission=permission, content_type=content_type, object_pk=str(organisation.pk)
    )

    Task: Any = apps.get_model("viewflow", "Task")  # noqa: N806

    def run() -> list[Any]:
        person = User.objects.get(pk=user.pk)
        # viewflow asks for the model-wide view permission first; here it is granted.
        person.has_perm = lambda *args, **kwargs: True  # type: ignore[method-assign]
        person.get_all_permissions = lambda obj=None: set()  # type: ignore[method-assign]
        tasks = Task.objects.queue([CaseFlow], person)
        tasks.count()
        return list(tasks.order_by("-created")[: selectors.PAGE])

    return run


def _code_of(user: User) -> str:
    with keys.fresh_ring():
        own_keys.open_for(user, Compartment.FACTOR)
        factor = SecondFactor.objects.get(user=user)
        return second_factor.code_at(factor.secret, second_factor.current_step())


def signed_in(scene: Scene) -> Client:
    client = Client(headers={"accept-encoding": "gzip"})
    answer = client.post("/sign-in/", {"username": scene.user.username, "password": PASSWORD})
    answer = client.post(answer["Location"], {"code": _code_of(scene.user)})
    if answer.status_code != 302:
        raise RuntimeError("sign-in failed")
    client.get("/")
    return client


def page_figures(scene: Scene) -> list[Figure]:
    client = signed_in(scene)
    many = counted(lambda: client.get("/"))
    pages = [client.get("/")]
    text = gzip.decompress(pages[0].content).decode()
    later = re.search(r'href="/?(\?[^"]*after=[^"]+)"', text)
    if later is None:
        raise RuntimeError("the worklist of the benchmark has no second page")
    pages.append(client.get("/" + later.group(1).replace("&amp;", "&")))
    few = counted(lambda: client.get("/?reference=HS-NOBODY"))
    names = set(re.findall(r'(?:href|src)="/static/([^"]+)"', text))
    static = sum(_static_bytes(name) for name in names)
    return [
        Figure("worklist page, queries, 25 rows", many, "queries", 10),
        Figure("worklist page, queries, no row", few, "queries", 10),
        Figure(
            "worklist, first load, gzip",
            round((len(pages[0].content) + static) / 1024, 1),
            "KB",
            60,
        ),
        Figure(
            "worklist, later page without static files, gzip",
            round(max(len(page.content) for page in pages) / 1024, 1),
            "KB",
            6,
        ),
    ]


def _static_bytes(name: str) -> int:
    path = Path(settings.STATIC_ROOT) / name
    packed = path.with_name(path.name + ".gz")
    return packed.stat().st_size if packed.exists() else path.stat().st_size
