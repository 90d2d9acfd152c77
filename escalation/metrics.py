"""Prometheus, for who asks for it: a port of this machine, or a file for the node exporter.

Every number is one of the object that `daemon status` shows. prometheus-client is imported only when asked for.
"""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from escalation.errors import ConfigError

if TYPE_CHECKING:
    from prometheus_client.core import Metric

HOST = "127.0.0.1"
"""Whoever wants to read it from elsewhere puts something in front that asks who it is."""

GAUGES = {
    "escalation_due_cases": ("due", "Cases that are due to be looked at."),
    "escalation_lag_seconds": ("lag_seconds", "How long the longest of them has been waiting."),
    "escalation_outbox_pending": ("outbox.pending", "Announcements that have not been put into a delivery yet."),
    "escalation_deliveries_waiting": ("deliveries.waiting", "Deliveries that will be tried, or tried again."),
    "escalation_deliveries_parked": ("deliveries.parked", "Deliveries that were given up."),
    "escalation_channels_failing": ("channels.failing", "Channels whose last attempt failed."),
}
COUNTERS = {
    "escalation_advanced": ("counts.advanced", "Cases looked at since the daemon started."),
    "escalation_announced": ("counts.announced", "Announcements made since the daemon started."),
    "escalation_delivered": ("counts.delivered", "Deliveries that a channel took since the daemon started."),
    "escalation_delivery_failures": ("counts.failed", "Attempts that failed since the daemon started."),
}


class Metrics:
    """What Prometheus is shown, from one `show` to the next. Close it.

    `port`: listens on this machine only; 0 takes any that is free. `file`: ends in `.prom` for the node exporter,
    and is written anew by each `show`, whole or not at all. `mode`: of the file; None keeps that of the one that is
    there, else it is 0o600. The exporter is usually another account, and needs 0o644.

    Raises: ConfigError where prometheus-client is missing, the port is taken, or the file cannot be written.
    """

    def __init__(self, port: int | None, file: Path | None, mode: int | None = None) -> None:
        try:
            from prometheus_client import CollectorRegistry, generate_latest, start_http_server
        except ImportError as error:
            raise ConfigError("metrics", "prometheus-client", "pip install 'escalation[metrics]'") from error
        self._status: Mapping[str, Any] = {}
        # One of our own: the usual one is the process's, and tells of Python and the process besides.
        self._registry = CollectorRegistry()
        self._registry.register(self)
        self._text, self._file, self._mode = generate_latest, file, mode
        if file is not None:
            try:
                self._write(file)
            except OSError as error:
                raise ConfigError("metrics-file", str(file), error.strerror or "a file") from error
        self._server = None
        if port is not None:
            try:
                self._server, self._thread = start_http_server(port, addr=HOST, registry=self._registry)
            except (OSError, OverflowError) as error:
                reason = getattr(error, "strerror", None) or "0-65535"
                raise ConfigError("metrics-port", str(port), reason) from error

    @property
    def port(self) -> int | None:
        """The port that is listened on."""
        return None if self._server is None else int(self._server.server_port)

    def show(self, status: Mapping[str, Any]) -> None:
        """Tell these numbers from now on. A file that cannot be written is logged: nothing waits for it."""
        self._status = status
        if self._file is not None:
            try:
                self._write(self._file)
            except OSError as error:
                told = {"error": type(error).__name__}
                logging.getLogger("escalation.daemon").warning("metrics_not_written", extra={"facts": told})

    def close(self) -> None:
        """Stop listening; the file says that the daemon is down."""
        self.show({**self._status, "alive": False})
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._server = None

    def collect(self) -> Iterator[Metric]:
        """The numbers as Prometheus wants them; one that the status does not have is left out."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        status = self._status
        alive = float(bool(status.get("alive")))
        yield GaugeMetricFamily("escalation_up", "Whether a daemon is alive.", alive)
        if (beat := _last_beat(status)) is not None:
            about = "When a daemon last ticked, in seconds since 1970: a hung one shows here first."
            yield GaugeMetricFamily("escalation_last_tick_seconds", about, beat)
        for name, (key, about) in GAUGES.items():
            if (value := _number(status, key)) is not None:
                yield GaugeMetricFamily(name, about, value)
        for name, (key, about) in COUNTERS.items():
            if (value := _number(status, key)) is not None:
                yield CounterMetricFamily(name, about, value)

    def _write(self, file: Path) -> None:
        # Not *.prom: the exporter must not read half of it.
        beside = file.with_name(f".{file.name}.{os.getpid()}.part")
        mode = self._mode
        if mode is None:
            mode = stat.S_IMODE(file.stat().st_mode) if file.exists() else 0o600
        try:
            descriptor = os.open(beside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as target:
                target.write(self._text(self._registry))
            beside.chmod(mode)  # At `open`, the umask would take bits away.
            beside.replace(file)
        finally:
            beside.unlink(missing_ok=True)


def _number(status: Mapping[str, Any], dotted: str) -> float | None:
    found: Any = status
    for key in dotted.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    return None if found is None else float(found)


def _last_beat(status: Mapping[str, Any]) -> float | None:
    """`last_tick` in seconds since 1970. It is an aware instant, or the text of one."""
    at = status.get("last_tick")
    if at is None:
        return None
    return (at if isinstance(at, datetime) else datetime.fromisoformat(at)).timestamp()
