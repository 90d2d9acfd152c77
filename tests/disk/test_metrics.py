"""What Prometheus is shown: over a real port, and in a real file."""

from __future__ import annotations

import json
import socket
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from escalation.errors import ConfigError
from escalation.metrics import Metrics

STATUS: dict[str, Any] = {
    "alive": True,
    "daemons": [],
    "last_tick": datetime(2026, 3, 2, 2, tzinfo=UTC),
    "due": 3,
    "lag_seconds": 1.5,
    "outbox": {"pending": 4, "routed": 0},
    "deliveries": {"waiting": 5, "parked": 6},
    "channels": {"failing": 7},
    "counts": {"advanced": 8, "announced": 9, "delivered": 10, "failed": 11},
}
SHOWN = {
    "escalation_up": 1,
    "escalation_last_tick_seconds": 1772416800,
    "escalation_due_cases": 3,
    "escalation_lag_seconds": 1.5,
    "escalation_outbox_pending": 4,
    "escalation_deliveries_waiting": 5,
    "escalation_deliveries_parked": 6,
    "escalation_channels_failing": 7,
    "escalation_advanced_total": 8,
    "escalation_announced_total": 9,
    "escalation_delivered_total": 10,
    "escalation_delivery_failures_total": 11,
}


def values(text: str) -> dict[str, float]:
    """As Prometheus reads it."""
    return {sample.name: sample.value for family in text_string_to_metric_families(text) for sample in family.samples}


def scraped(port: int | None) -> dict[str, float]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return values(answer.read().decode())


@pytest.fixture
def served() -> Iterator[Metrics]:
    metrics = Metrics(port=0, file=None)
    yield metrics
    metrics.close()


def test_a_scrape_shows_the_status_and_nothing_else(served: Metrics) -> None:
    served.show(STATUS)

    assert scraped(served.port) == SHOWN


def test_before_the_first_tick_nothing_is_made_up(served: Metrics) -> None:
    assert scraped(served.port) == {"escalation_up": 0}


def test_the_next_status_takes_the_place_of_the_last(served: Metrics) -> None:
    served.show(STATUS)
    served.show(STATUS | {"due": 0, "last_tick": "2026-03-02T10:01:00+08:00"})

    assert scraped(served.port) == SHOWN | {"escalation_due_cases": 0, "escalation_last_tick_seconds": 1772416860}


def test_only_this_machine_is_answered(served: Metrics) -> None:
    assert served._server is not None
    assert served._server.server_address[0] == "127.0.0.1"


def test_after_close_nobody_listens() -> None:
    metrics = Metrics(port=0, file=None)
    port = metrics.port
    assert port is not None
    metrics.close()
    metrics.close()

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=10)


def test_two_in_one_process_do_not_meet(served: Metrics) -> None:
    other = Metrics(port=0, file=None)
    other.show(STATUS)
    other_values, served_values = scraped(other.port), scraped(served.port)
    other.close()

    assert other_values == SHOWN
    assert served_values == {"escalation_up": 0}


def test_a_port_that_is_taken_is_named(served: Metrics) -> None:
    with pytest.raises(ConfigError) as raised:
        Metrics(port=served.port, file=None)

    assert (raised.value.key, raised.value.value) == ("metrics-port", str(served.port))


@pytest.mark.parametrize("port", [65536, -1])
def test_a_port_that_there_is_not_is_named(port: int) -> None:
    with pytest.raises(ConfigError, match="metrics-port"):
        Metrics(port=port, file=None)


def test_the_file_is_private_whole_and_alone(tmp_path: Path) -> None:
    file = tmp_path / "escalation.prom"
    metrics = Metrics(port=None, file=file)
    metrics.show(STATUS)
    shown = values(file.read_text())
    metrics.close()

    assert shown == SHOWN
    assert metrics.port is None
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_a_stopped_daemon_is_down_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "escalation.prom"
    metrics = Metrics(port=None, file=file)
    metrics.show(STATUS)
    metrics.close()

    assert values(file.read_text()) == SHOWN | {"escalation_up": 0}


def test_the_mode_of_the_file_is_kept_or_as_said(tmp_path: Path) -> None:
    opened, said = tmp_path / "a.prom", tmp_path / "b.prom"
    opened.touch()
    opened.chmod(0o640)
    Metrics(port=None, file=opened).close()
    Metrics(port=None, file=said, mode=0o644).close()

    modes = [stat.S_IMODE(each.stat().st_mode) for each in (opened, said)]
    assert modes == [0o640, 0o644]


def test_a_file_that_cannot_be_written_is_named_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        Metrics(port=None, file=tmp_path / "nowhere" / "escalation.prom")

    assert raised.value.key == "metrics-file"


def test_a_file_that_cannot_be_written_later_stops_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "there"
    folder.mkdir()
    metrics = Metrics(port=None, file=folder / "escalation.prom")
    (folder / "escalation.prom").unlink()
    folder.rmdir()
    metrics.show(STATUS)
    metrics.close()

    assert list(tmp_path.iterdir()) == []


def test_without_the_library_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)

    with pytest.raises(ConfigError) as raised:
        Metrics(port=0, file=None)

    assert raised.value.expected == "pip install 'escalation[metrics]'"


def test_the_library_is_imported_only_when_asked_for() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import json, sys, escalation.metrics; print(json.dumps(sorted(sys.modules)))"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert "prometheus_client" not in json.loads(told.stdout)
