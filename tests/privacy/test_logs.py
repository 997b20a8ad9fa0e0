"""What a log may say: event names, ids, codes. Whatever else is said stays out."""

import io
import json
import logging
import subprocess
import sys
import warnings

import pytest
from django.conf import settings as django_settings
from django.test import RequestFactory
from django.views.debug import ExceptionReporter, get_exception_reporter_filter
from hypothesis import given
from hypothesis import strategies as st

from privacy import logs
from tests import factories

NAME = "Mây Trắng 0912345678"


@pytest.fixture
def said():
    """The stream that the house's own handler writes to."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(logs.IdsOnly())
    handler.setFormatter(logs.Line())
    root = logging.getLogger()
    root.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)


@pytest.mark.parametrize(
    "name",
    ["django.request", "django.db.backends", "celery.task", "axes", "viewflow", "root_library"]
    + ["gunicorn.error", "django.server", "py.warnings", "privacyx"],
)
def test_a_library_may_say_nothing(said, name):
    logger = logging.getLogger(name)
    logger.setLevel(logging.DEBUG)
    logger.critical("client %s", NAME)
    logger.critical(f"/cases/?q={NAME}")
    logger.critical("event_name", extra={"facts": {"error": "Lan"}})
    lines = said()
    assert {line["event"] for line in lines} == {logs.WITHHELD}
    assert "Mây" not in repr(lines) and "Lan" not in repr(lines) and "error" not in lines[-1]
    assert lines[0]["logger"] == name and lines[0]["level"] == "critical"


@pytest.mark.parametrize("room", logs.OURS)
def test_our_own_code_says_event_names_and_never_arguments(said, room):
    logger = logging.getLogger(f"{room}.test")
    logger.error("plain_event")
    logger.error("event_with %s", NAME)
    logger.error(f"about {NAME}")
    logger.error(ValueError(NAME))
    logger.error("plain_event", NAME)
    assert [line["event"] for line in said()] == ["plain_event"] + [logs.WITHHELD] * 3 + [
        "plain_event"
    ]
    assert "Mây" not in repr(said()) and "912345678" not in repr(said())


def test_facts_are_from_the_list(said):
    logger = logging.getLogger("privacy.test")
    logs.event(logger, "fact", user=7, error=NAME, alias="Mai", status=None, ms=1.5)
    logger.error("fact", extra={"facts": {"alias": NAME, "user": NAME, "row": 5}})
    first, second = said()
    assert first["user"] == 7 and first["ms"] == 1.5 and first["status"] is None
    assert (first["error"], first["alias"]) == ("redacted", "redacted")
    assert (second["alias"], second["user"], second["row"]) == ("redacted", "redacted", 5)


@given(st.text(max_size=60))
def test_a_fact_is_a_code_or_nothing(text):
    value = logs.safe("error", text)
    assert value == "redacted" or logs.SAFE_VALUE.fullmatch(value)
    assert logs.safe("alias", text) == "redacted"


def test_an_exception_shows_class_and_place_only(said):
    try:
        raise ValueError(NAME)
    except ValueError:
        logging.getLogger("cases.test").exception("broken")
        logging.getLogger("django.request").critical("x", exc_info=True)
    for line in said():
        assert line["error"] == "ValueError"
        assert line["place"][-1].startswith("test_logs.py:")
        assert "Mây" not in json.dumps(line, ensure_ascii=False)


def test_a_warning_quotes_nobody(said):
    logging.captureWarnings(True)
    try:
        warnings.warn(NAME, stacklevel=1)
    finally:
        logging.captureWarnings(False)
    assert "Mây" not in repr(said())


def test_the_house_logs_through_the_filter():
    config = django_settings.LOGGING
    assert config["root"]["handlers"] == ["stderr"]
    assert config["handlers"]["stderr"]["filters"] == ["ids_only"]
    assert config["filters"]["ids_only"]["()"] == "privacy.logs.IdsOnly"
    assert all("handlers" not in logger for logger in config["loggers"].values())


@pytest.mark.django_db(databases=["default", "keystore", "audit"])
def test_a_request_is_one_line_without_path_or_query(cast, sign_in, said):
    case = factories.case_in_support(cast)
    browser = sign_in("hanh")
    browser.get(f"/cases/{case.uuid}/?q=Mây&phone=0912345678", headers={"user-agent": "Mây"})
    browser.get("/no/such/Mây/")
    browser.get("/", headers={"host": "Mây.example"})
    lines = [line for line in said() if line["logger"] == "privacy.request"]
    shown, missing, _ = lines[-3:]
    assert shown["view"] == "case" and shown["status"] == 200
    assert shown["user"] == cast.hanh.user_id and shown["method"] == "GET"
    assert missing["view"] is None and missing["status"] == 404
    for line in said():
        text = json.dumps(line, ensure_ascii=False)
        assert "Mây" not in text and "912345678" not in text
        assert str(case.uuid) not in text and case.code not in text and "127.0.0.1" not in text


@pytest.mark.django_db(databases=["default", "keystore", "audit"])
def test_an_unexpected_error_is_one_line_with_class_and_place(cast, sign_in, said, monkeypatch):
    browser = sign_in("hanh")
    browser.raise_request_exception = False

    def fails(*_args, **_kwargs):
        raise ValueError(NAME)

    monkeypatch.setattr("workflow.views.my_page", fails)
    assert browser.get("/", {"q": NAME}).status_code == 500
    (failed,) = [line for line in said() if line["event"] == "request_failed"]
    assert failed.keys() == {"at", "level", "logger", "event", "error", "place"}
    assert (failed["event"], failed["error"]) == ("request_failed", "ValueError")
    assert failed["place"][-1].startswith("test_logs.py:")
    assert "Mây" not in json.dumps(said(), ensure_ascii=False) and "912345678" not in repr(said())


def test_an_error_report_shows_no_locals_and_no_form():
    request = RequestFactory().post("/x/", {"alias": NAME})

    def fails():
        alias = NAME  # noqa: F841
        raise ValueError("code")

    try:
        fails()
    except ValueError:
        reporter = ExceptionReporter(request, *sys.exc_info())
    chosen = get_exception_reporter_filter(request)
    assert isinstance(chosen, logs.NothingReported) and chosen.is_active(request)
    reporter.filter = chosen
    frames = [frame for frame in reporter.get_traceback_data()["frames"] if frame.get("vars")]
    assert frames == [] and chosen.get_post_parameters(request) == {}


def test_a_crash_prints_its_class_and_never_its_message():
    code = (
        "import django, threading; django.setup();"
        "from privacy.logs import quiet_crash; quiet_crash();"
        f"t = threading.Thread(target=lambda: int({NAME!r})); t.start(); t.join();"
        f"raise ValueError({NAME!r})"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={"DJANGO_SETTINGS_MODULE": "config.settings.test", "PATH": ""},
        cwd=django_settings.BASE_DIR,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    lines = [json.loads(line) for line in ended.stderr.splitlines() if line.startswith("{")]
    assert [(line["event"], line["error"]) for line in lines] == [("crash", "ValueError")] * 2
    assert "Mây" not in ended.stderr and "912345678" not in ended.stderr
