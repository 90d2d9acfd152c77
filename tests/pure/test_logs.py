"""What the log tells, and above all what it does not."""

from __future__ import annotations

import io
import json
import logging
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from escalation import logs
from escalation.errors import ConfigError

SECRET = "postgresql://me:hunter2@db/cases 张三 138-0000-0000"

Read = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """The logging of a process is one thing for all of it."""
    root = logging.getLogger()
    handlers, hooks = list(root.handlers), (sys.excepthook, threading.excepthook)
    loggers = [logging.getLogger(name) for name in ("", "escalation", logs.TOLD, *logs.LIBRARIES)]
    before = [(logger, logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.propagate = True  # whoever sends by apprise in this process keeps it to itself from then on
    yield
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    sys.excepthook, threading.excepthook = hooks
    for logger, level, propagate in before:
        logger.setLevel(level)
        logger.propagate = propagate


@pytest.fixture
def read() -> Read:
    """Logs as JSON; the answer is all that was written."""
    stream = io.StringIO()
    logs.configure("json", "info", stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_and_its_facts_are_one_object_a_line(read: Read) -> None:
    logging.getLogger(logs.DAEMON).info("advanced", extra={"facts": {"cases": 12, "seconds": 0.02}})
    logging.getLogger(logs.DELIVERY).warning("failed", extra={"facts": {"channel": "妈妈的手机", "attempt": 3}})

    first, second = read()
    assert first.pop("ts").endswith("Z")
    assert first == {"level": "info", "event": "advanced", "cases": 12, "seconds": 0.02}
    assert second["channel"] == "妈妈的手机"
    assert second["level"] == "warning"


@pytest.mark.parametrize(
    "facts",
    [
        {"title": SECRET},
        {"to": SECRET},
        {"case": SECRET},
        {"reason": SECRET},
        {"error": SECRET},
        {"store": SECRET},
        {"seconds": SECRET},
        {"cases": [SECRET]},
        {"where": {"x": SECRET}},
        SECRET,
        [SECRET],
    ],
    ids=str,
)
def test_a_fact_that_is_not_known_or_has_another_shape_is_left_out(read: Read, facts: object) -> None:
    logging.getLogger(logs.DAEMON).info("sent", extra={"facts": facts})

    (line,) = read()
    assert set(line) == {"ts", "level", "event"}


def test_what_is_no_event_is_not_written(read: Read) -> None:
    log = logging.getLogger(logs.DAEMON)
    log.info(SECRET)
    log.info("sent to %s", SECRET)
    log.info("%s", SECRET, extra={"facts": {"attempt": 1}})

    assert [line["event"] for line in read()] == ["unnamed"] * 3
    assert "hunter2" not in str(read())


def test_an_error_is_its_class_and_a_place_of_ours_and_never_its_text(read: Read) -> None:
    try:
        try:
            int(SECRET)
        except ValueError as error:
            raise ConnectionError(SECRET) from error
    except ConnectionError:
        logging.getLogger(logs.DAEMON).exception("step_failed")
    try:
        logs.configure(SECRET, "info", None)
    except ConfigError:
        logging.getLogger(logs.DAEMON).exception("step_failed")

    outer, inner = read()
    assert (outer["error"], outer["cause"]) == ("ConnectionError", "ValueError")
    assert inner["where"].startswith("escalation/logs.py:")
    assert "hunter2" not in str(read())
    assert "张三" not in str(read())


def test_of_libraries_only_the_name_and_the_class_are_written(read: Read) -> None:
    for name in ("apprise", "urllib3.connectionpool", "alembic.runtime.migration", "somebody.else"):
        try:
            raise RuntimeError(SECRET)
        except RuntimeError:
            logging.getLogger(name).warning(
                "could not send to %s", SECRET, exc_info=True, extra={"facts": {"case": "x"}}
            )

    assert [line["logger"] for line in read()] == [
        "apprise", "urllib3.connectionpool", "alembic.runtime.migration", "somebody.else",
    ]  # fmt: skip
    assert {(line["event"], line["error"]) for line in read()} == {("library", "RuntimeError")}
    assert "hunter2" not in str(read())
    assert "case" not in read()[0]


def test_libraries_are_heard_from_warnings_on_even_where_they_were_made_to_talk(read: Read) -> None:
    for name in ("apscheduler.scheduler", "apprise", "urllib3", "alembic", "somebody.else"):
        logging.getLogger(name).info("hello")
    logging.getLogger("apprise").setLevel(logging.DEBUG)
    logging.getLogger("apprise").debug("hello")

    assert read() == []


def test_a_warning_of_python_is_written_without_its_text(read: Read) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn(SECRET, stacklevel=1)
        logging.captureWarnings(False)

    assert [line["logger"] for line in read()] == ["py.warnings"]
    assert "hunter2" not in str(read())


def test_what_nobody_caught_is_written_without_its_text(read: Read) -> None:
    def fails() -> None:
        raise ValueError(SECRET)

    thread = threading.Thread(target=fails)
    thread.start()
    thread.join()
    try:
        fails()
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)

    assert [(line["event"], line["error"]) for line in read()] == [
        ("thread_failed", "ValueError"),
        ("stopped_by_error", "ValueError"),
    ]
    assert "hunter2" not in str(read())


def test_a_channel_of_the_kind_log_is_written_as_it_is_in_one_line() -> None:
    stream = io.StringIO()
    logs.configure("text", "warning", stream)
    logging.getLogger(logs.TOLD).info("%s", "1 件事明天到期\x1b[2J\nroot: hello")

    (line,) = stream.getvalue().splitlines()
    assert line.endswith(r'told title="1 件事明天到期\\x1b[2J\\nroot: hello"')


def test_the_text_form_is_a_line_of_words() -> None:
    stream = io.StringIO()
    logs.configure("text", "info", stream)
    log = logging.getLogger(logs.DAEMON)
    log.debug("looked")
    log.info("advanced", extra={"facts": {"cases": 12, "seconds": 0.02, "channel": "a b\x1b\n"}})

    (line,) = stream.getvalue().splitlines()
    assert line.split("Z ", 1)[1] == r'INFO    advanced cases=12 seconds=0.02 channel="a b\\x1b\\n"'


def test_to_systemd_a_line_starts_with_its_priority_and_has_no_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "log").open("w+", encoding="utf-8") as stream:
        there = os.fstat(stream.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{there.st_dev}:{there.st_ino}")
        logs.configure("journal", "debug", stream)
        log = logging.getLogger(logs.DAEMON)
        for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL):
            log.log(level, "looked")
        stream.seek(0)

        assert stream.read().splitlines() == [f"<{n}>looked" for n in (7, 6, 4, 3, 3)]


def test_priorities_are_for_systemd_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "log").open("w+", encoding="utf-8") as stream:
        monkeypatch.setenv("JOURNAL_STREAM", "8:1")
        logs.configure("journal", "info", stream)
        logging.getLogger(logs.DAEMON).info("looked")
        stream.seek(0)

        assert "<" not in stream.read()


def test_configured_twice_it_writes_once() -> None:
    first, second = io.StringIO(), io.StringIO()
    logs.configure("text", "info", first)
    logs.configure("text", "info", second)
    logging.getLogger(logs.DAEMON).info("looked")

    assert first.getvalue() == ""
    assert second.getvalue().count("looked") == 1


def test_a_stream_that_is_gone_stops_nothing_and_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    logs.configure("text", "info", stream)
    stream.close()
    logging.getLogger(logs.DAEMON).info("looked", extra={"facts": {"channel": SECRET}})
    logs.configure("text", "info", None)
    logging.getLogger(logs.DAEMON).info("looked")

    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("format", "level"), [("xml", "info"), ("text", "loud")])
def test_a_format_or_level_that_there_is_not_is_named(format: str, level: str) -> None:
    with pytest.raises(ConfigError) as raised:
        logs.configure(format, level, io.StringIO())

    assert raised.value.value in ("xml", "loud")
