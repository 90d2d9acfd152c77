"""Several ways out for announcements, of which some fail or are taken away, and a daemon that looks and ends."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from places import Place

from escalation.channels import Message
from escalation.daemon import Daemon
from escalation.deliveries import Deliveries
from escalation.errors import DeliveryFailed
from escalation.store import Store

ZONE = ZoneInfo("Asia/Shanghai")
DOWN = DeliveryFailed("no network")
WRONG = DeliveryFailed("its address is wrong", permanent=True)
AT_NIGHT = {"quiet_from": None, "quiet_to": None}
"""A channel that may disturb at any hour."""


class House:
    """Channels by name, each with an address of its own in the environment, and a daemon that looks and ends."""

    def __init__(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        self.place, self.monkeypatch = place, monkeypatch
        self.broken: dict[str, DeliveryFailed] = {}
        self.heard: list[tuple[str, str]] = []

    def channel(self, name: str, **columns: Any) -> None:
        self.monkeypatch.setenv(f"WAY_{name.upper()}", name)
        given = {
            "name": name, "kind": "command", "address": name, "secret": f"env:WAY_{name.upper()}", "lang": "en",
            "privacy": "titles", "zone": "Asia/Shanghai", "quiet_from": "22:00", "quiet_to": "08:00", "client": None,
            "person": None, "digest": "none", "digest_at": "08:00", "least": 0, "created_at": 0,
        }  # fmt: skip
        with closing(Store.open(self.place.url())) as store:
            Deliveries(store).add_channel(**{**given, **columns})

    def look(self, now: str) -> list[tuple[str, str]]:
        """What is said at that instant: by which channel, and the title."""
        self.heard.clear()
        with closing(Store.open(self.place.url())) as store:
            daemon = Daemon(store, send=self._send, nightly=False)
            daemon.once(lambda: datetime.fromisoformat(now).replace(tzinfo=ZONE))
            daemon.sending.close()
        return sorted(self.heard)

    def _send(self, kind: str, address: str, message: Message) -> None:
        if address in self.broken:
            raise self.broken[address]
        self.heard.append((address, message.title))
