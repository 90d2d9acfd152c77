"""Adding a way out, trying it, taking it away: what a person says about a channel, read and checked as a whole.

The address, and all that is secret in it, goes where `credentials` puts it and is in no answer and no error.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from escalation import channels, credentials
from escalation.core.loudness import LEVELS, NORMAL
from escalation.deliveries import Deliveries
from escalation.delivery_rows import keeper
from escalation.errors import BadInput, DeliveryFailed, FieldProblem, StoreError
from escalation.rows import to_int
from escalation.standing import channel
from escalation.store import Store
from escalation.wording import wording
from states.errors import near_miss

Data = dict[str, Any]

KEPT = ("auto", "keyring", "file")
PRIVACIES = ("discreet", "titles", "full")
DIGESTS = ("none", "daily", "weekly")


class Wanted(NamedTuple):
    """A channel as a person describes it. Texts are as they were typed, checked or not."""

    name: str
    address: str = ""
    """What is secret; empty for the log."""
    kind: str | None = None
    """`apprise`, `command` or `log`; None: as the address shows."""
    lang: str = "en"
    """Of what goes out."""
    privacy: str = "discreet"
    quiet_hours: str | None = "22:00-08:00"
    """None: may disturb at any hour."""
    zone: str = "Asia/Shanghai"
    client: str | None = None
    person: str | None = None
    digest: str = "daily"
    digest_at: str = "08:00"
    least: str = "quiet"
    env: str | None = None
    """The environment variable that the address comes from, now and at every delivery."""
    keep: str | None = None
    """`auto`, `keyring` or `file`; None: in the environment where it comes from there, else `auto`."""

    @property
    def place(self) -> str:
        """Where the address is to lie, for `credentials.keep`."""
        return f"env:{self.env}" if self.env and self.keep is None else self.keep or "auto"


def read(wanted: Wanted, known: Collection[str], problem: FieldProblem | None = None) -> tuple[str, str, Data]:
    """Kind, address and columns. `known`: names that are taken. `problem`: what is wrong with the address already.

    Raises: BadInput with everything that is wrong.
    """
    wrong: list[FieldProblem] = []
    if not credentials.fits(wanted.name):
        wrong.append(FieldProblem("channel", wanted.name, "channel_name"))
    elif wanted.name in known:
        wrong.append(FieldProblem("channel", wanted.name, "channel_taken"))
    address = (os.environ.get(wanted.env, "") if wanted.env else wanted.address).strip()
    if not address and wanted.kind == "log":
        address = "log"
    kind = wanted.kind or channels.guessed(address)
    if problem is None and wanted.env and not address:
        problem = FieldProblem("from_env", wanted.env, "channel_env")
    elif problem is None and not address:
        problem = FieldProblem("address", None, "required")
    if problem is not None:
        wrong.append(problem)
    elif kind is None:
        wrong.append(FieldProblem("channel_kind", None, "channel_kind"))
    elif kind not in channels.KINDS:
        wrong.append(_choice("channel_kind", kind, channels.KINDS))
    elif (key := channels.problem_of(kind, address)) is not None:
        # Only what may be shown of it: errors are logged, and copied into letters for help.
        said = channels.shown(kind, address) if address else None
        wrong.append(FieldProblem("address", said, key, meant=channels.meant(kind, address)))
    columns = _columns(wanted, wrong)
    if wrong:
        raise BadInput(*wrong)
    return kind or "", address, columns


def add(store: Store, wanted: Wanted, now: datetime, *, test: bool = True, problem: FieldProblem | None = None) -> Data:
    """Keep a channel, in the shape of `channel list`; with `test` only if it takes a test message first.

    Raises: BadInput; DeliveryFailed if the message was not taken: nothing is kept then.
    """
    deliveries = Deliveries(store)
    kind, address, columns = read(wanted, [each.name for each in deliveries.channels()], problem)
    if test:
        send_test(kind, address, wanted.lang)
    under = keeper(wanted.name, to_int(now))
    secret = credentials.keep(under, address, store.folder, "none" if kind == "log" else wanted.place)
    try:
        row = deliveries.add_channel(
            **columns, name=wanted.name, kind=kind, address=channels.shown(kind, address), secret=secret,
            lang=wanted.lang, created_at=to_int(now), ok_at=None, failing_since=None, error=None,
        )  # fmt: skip
    except BaseException:
        credentials.forget(under, secret, store.folder)
        raise
    if test:
        deliveries.ok(row.id, now)
    return channel(deliveries.channel(wanted.name))


def attempt(store: Store, name: str, now: datetime) -> None:
    """Send a test message by a channel that is there, and note whether it was taken.

    Raises: NotFound; DeliveryFailed if it was not taken.
    """
    deliveries = Deliveries(store)
    row = deliveries.channel(name)
    address = "log" if row.kind == "log" else credentials.find(row.keeper, row.secret, store.folder)
    if address is None:
        raise DeliveryFailed("the address is not on this machine")  # which says nothing of the channel
    try:
        send_test(row.kind, address, row.lang)
    except DeliveryFailed as failed:
        with suppress(StoreError):  # where it cannot be noted, why it was not taken is still what one asked
            deliveries.not_ok(row.id, now, failed.reason)
        raise
    deliveries.ok(row.id, now)


def remove(store: Store, name: str) -> str:
    """Take a channel away and forget its address; the answer is where that lay. Raises: NotFound."""
    deliveries = Deliveries(store)
    row = deliveries.channel(name)
    deliveries.remove_channel(row.name)
    credentials.forget(row.keeper, row.secret, store.folder)
    return row.secret


def send_test(kind: str, address: str, lang: str) -> None:
    """Hand over a test message. Raises: DeliveryFailed."""
    say = wording(lang).say
    channels.send(kind, address, channels.Message(say("channel.test_title"), say("channel.test_body"), NORMAL))


def _columns(wanted: Wanted, wrong: list[FieldProblem]) -> Data:
    """Privacy, hours, whose cases, digest; what is wrong with them is added to `wrong`."""
    quiet = (None, None) if wanted.quiet_hours is None else _hours(wanted.quiet_hours)
    if quiet is None:
        wrong.append(FieldProblem("quiet_hours", wanted.quiet_hours, "quiet_hours"))
    if not _is_time(wanted.digest_at):
        wrong.append(FieldProblem("digest_at", wanted.digest_at, "time"))
    if not _is_zone(wanted.zone):
        wrong.append(FieldProblem("zone", wanted.zone, "zone"))
    for field, said, choices in (
        ("privacy", wanted.privacy, PRIVACIES), ("digest", wanted.digest, DIGESTS), ("least", wanted.least, LEVELS),
        ("keep", wanted.keep, KEPT),
    ):  # fmt: skip
        if said is not None and said not in choices:
            wrong.append(_choice(field, said, choices))
    quiet_from, quiet_to = quiet or (None, None)
    return {
        "privacy": wanted.privacy, "zone": wanted.zone, "quiet_from": quiet_from, "quiet_to": quiet_to,
        "client": wanted.client, "person": wanted.person, "digest": wanted.digest, "digest_at": wanted.digest_at,
        "least": LEVELS.index(wanted.least) if wanted.least in LEVELS else 0,
    }  # fmt: skip


def _choice(field: str, said: str, choices: Collection[str]) -> FieldProblem:
    return FieldProblem(field, said, "choice", near_miss(said, choices), limit=" | ".join(choices))


def _hours(text: str) -> tuple[str, str] | None:
    """`22:00-08:00`; None if it is not like that."""
    begin, _, end = text.partition("-")
    return (begin, end) if _is_time(begin) and _is_time(end) and begin != end else None


def _is_time(text: str) -> bool:
    """`08:00`"""
    try:
        return len(text) == 5 and text == f"{time.fromisoformat(text):%H:%M}"
    except ValueError:
        return False


def _is_zone(name: str) -> bool:
    try:
        return bool(name) and datetime.min.replace(tzinfo=ZoneInfo(name)) is not None
    except (KeyError, ValueError, OSError):
        return False
