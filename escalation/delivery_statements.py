"""The SQL of channels, deliveries, acknowledgements and heartbeats. Placeholders are `?`, as in `statements`."""

from __future__ import annotations

CHANNEL_COLUMNS = (
    "id, name, kind, address, secret, lang, privacy, zone, quiet_from, quiet_to, client, person, digest, digest_at,"
    " least, created_at, ok_at, failing_since, error"
)
CHANNELS = f"SELECT {CHANNEL_COLUMNS} FROM channel ORDER BY id"
INSERT_CHANNEL = f"INSERT INTO channel ({CHANNEL_COLUMNS.removeprefix('id, ')}) VALUES ({', '.join('?' * 18)})"
REMOVE_CHANNEL = "DELETE FROM channel WHERE id = ?"
CHANNEL_OK = "UPDATE channel SET ok_at = ?, failing_since = NULL, error = NULL WHERE id = ?"
CHANNEL_FAILED = "UPDATE channel SET failing_since = coalesce(failing_since, ?), error = ? WHERE id = ?"

PENDING = (
    "SELECT o.id, o.case_id, c.client, c.person, o.level, o.until, o.body FROM outbox o"
    ' JOIN "case" c ON c.id = o.case_id'
    " WHERE o.status = 'pending' AND o.at <= ? ORDER BY o.at, o.id LIMIT ?"
)
MARK = "UPDATE outbox SET status = ? WHERE id = ? AND status = 'pending'"
ANNOUNCED_OF = "SELECT body, level FROM outbox WHERE case_id = ? AND status NOT IN ('superseded', 'coalesced')"
ACKNOWLEDGE = (
    "INSERT INTO acknowledged (case_id, subject, level, at) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (case_id, subject) DO UPDATE SET level = excluded.level, at = excluded.at"
)
ANNOUNCEMENTS = (
    "SELECT o.id, o.case_id, c.ref, o.status, o.level, o.told_at, o.body, (SELECT min(d.next_at) FROM delivery_item i"
    " JOIN delivery d ON d.id = i.delivery_id WHERE i.outbox_id = o.id AND d.status = 'waiting') FROM outbox o"
    ' JOIN "case" c ON c.id = o.case_id WHERE o.at >= ? AND o.at <= ?'
    " AND o.status NOT IN ('superseded', 'coalesced')"
)
LATEST = "SELECT coalesce(max(id), 0) FROM outbox"
ACKNOWLEDGED_OF = "SELECT subject, level FROM acknowledged WHERE case_id = ?"

UNANSWERED = (
    "SELECT o.id, o.case_id, o.body, o.level, o.until FROM outbox o"
    " WHERE o.status = ? AND o.level = ? AND o.until > ? AND o.told_at <= ? ORDER BY o.id LIMIT 100"
)
ANSWERED = "UPDATE outbox SET until = NULL WHERE id = ?"
INSERT_AGAIN = (
    "INSERT INTO outbox (case_id, key, kind, at, status, body, created_at, level, until)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)

OPEN_DELIVERY = (
    "SELECT d.id FROM delivery d WHERE d.channel_id = ? AND d.status = 'waiting' AND d.kind = 'announcements'"
    " AND d.claim IS NULL AND (d.next_at BETWEEN ? AND ? OR d.attempts > 0) ORDER BY d.id LIMIT 1"
)
INSERT_DELIVERY = (
    "INSERT INTO delivery (channel_id, kind, key, level, status, created_at, next_at, attempts)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, 0) RETURNING id"
)
INSERT_DIGEST = INSERT_DELIVERY.replace(" RETURNING", " ON CONFLICT DO NOTHING RETURNING")
RAISE = "UPDATE delivery SET level = CASE WHEN level < ? THEN ? ELSE level END WHERE id = ?"
HURRY = "UPDATE delivery SET next_at = ? WHERE id = ? AND next_at > ?"
INSERT_ITEM = "INSERT INTO delivery_item (channel_id, outbox_id, delivery_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
DUE_BESIDE = (
    "SELECT d.id, d.level FROM delivery d WHERE d.channel_id = ? AND d.kind = 'announcements'"
    " AND d.status = 'waiting' AND d.claim IS NULL AND d.next_at <= ? AND d.id != ? ORDER BY d.id"
)
MOVE_ITEMS = "UPDATE delivery_item SET delivery_id = ? WHERE delivery_id = ?"
MOVE_ITEM = "UPDATE delivery_item SET delivery_id = ? WHERE delivery_id = ? AND outbox_id = ?"
DROP_DELIVERY = "DELETE FROM delivery WHERE id = ?"
CLAIM = "UPDATE delivery SET claim = ?, next_at = ?, first_tried_at = ?, attempts = attempts + 1 WHERE id = ?"
ITEMS = (
    "SELECT o.id, c.ref, o.status, o.level, o.until, o.body FROM delivery_item i JOIN outbox o ON o.id = i.outbox_id"
    ' JOIN "case" c ON c.id = o.case_id WHERE i.delivery_id = ? ORDER BY o.at, o.id'
)
DONE = "UPDATE delivery SET status = ?, done_at = ?, error = ?, claim = NULL WHERE id = ? AND claim = ? RETURNING id"
POSTPONE = (
    "UPDATE delivery SET next_at = ?, first_tried_at = ?, attempts = attempts - 1, claim = NULL"
    " WHERE id = ? AND claim = ?"
)
LATER = "UPDATE delivery SET next_at = ?, error = ?, claim = NULL WHERE id = ? AND claim = ? RETURNING id"
HOLD = "UPDATE delivery SET next_at = ? WHERE id = ? AND claim = ?"
TOLD = (
    "UPDATE outbox SET told_at = coalesce(told_at, ?),"
    " status = CASE WHEN status = 'superseded' THEN status ELSE 'told' END WHERE id = ? RETURNING status, case_id"
)
OVERTAKEN = "UPDATE outbox SET status = 'overtaken' WHERE id = ? AND status IN ('routed', 'parked')"
UNSAID = "DELETE FROM delivery_item WHERE delivery_id = ? AND outbox_id = ?"
_IN_DELIVERIES = "SELECT i.outbox_id FROM delivery d JOIN delivery_item i ON i.delivery_id = d.id WHERE d.status"
PARK_ITEMS = (
    "UPDATE outbox SET status = 'parked' WHERE status = 'routed'"
    " AND id IN (SELECT outbox_id FROM delivery_item WHERE delivery_id = ?)"
    f" AND id NOT IN ({_IN_DELIVERIES} = 'waiting')"
)
UNPARK = (
    "UPDATE outbox SET status = 'routed' WHERE status = 'parked'"
    " AND id IN (SELECT outbox_id FROM delivery_item WHERE delivery_id = ?)"
)
FREE = (
    "UPDATE outbox SET status = 'pending' WHERE status IN ('routed', 'parked')"
    f" AND id NOT IN ({_IN_DELIVERIES} IN ('waiting', 'parked'))"
)
PARK_REST = f"UPDATE outbox SET status = 'parked' WHERE status = 'routed' AND id NOT IN ({_IN_DELIVERIES} = 'waiting')"
TOLD_OF = (
    "SELECT i.channel_id, d.status, o.body FROM outbox o JOIN delivery_item i ON i.outbox_id = o.id"
    " JOIN delivery d ON d.id = i.delivery_id WHERE o.case_id = ?"
    " AND (o.kind = 'lapse' AND d.status = 'sent' OR o.kind = 'retracted' AND d.status != 'dropped') ORDER BY o.id"
)
TRY_NOW = (
    "UPDATE delivery SET next_at = ? WHERE channel_id = ? AND status = 'waiting' AND claim IS NULL AND attempts > 0"
    " RETURNING id"
)
PARKED_OF = "SELECT id FROM delivery WHERE channel_id = ? AND status = 'parked' ORDER BY id"
RETRY = (
    "UPDATE delivery SET status = 'waiting', next_at = ?, attempts = 0, first_tried_at = NULL, claim = NULL"
    " WHERE id = ?"
)

OUTBOX_COUNTS = "SELECT status, count(*) FROM outbox WHERE status IN ('pending', 'routed', 'parked') GROUP BY status"
LATE_COUNT = (
    "SELECT count(*) FROM delivery WHERE status = 'waiting'"
    " AND (claim IS NULL AND next_at < ? OR claim IS NOT NULL AND next_at < ? OR next_at > ?)"
)
_AHEAD = "status = 'waiting' AND (claim IS NULL AND next_at > ? OR claim != ? AND next_at > ?)"
AHEAD = f"SELECT id FROM delivery WHERE {_AHEAD} LIMIT 1"
BRING_BACK = f"UPDATE delivery SET next_at = ?, claim = NULL, first_tried_at = NULL WHERE {_AHEAD} RETURNING id"
DELIVERY_COUNTS = "SELECT status, count(*) FROM delivery WHERE status IN ('waiting', 'parked') GROUP BY status"
PARKED = (
    "SELECT c.name, count(*), min(d.first_tried_at), max(d.error) FROM delivery d JOIN channel c ON c.id = d.channel_id"
    " WHERE d.status = 'parked' AND (d.kind = ? OR EXISTS (SELECT 1 FROM delivery_item i"
    " JOIN outbox o ON o.id = i.outbox_id WHERE i.delivery_id = d.id AND o.status IN ('routed', 'parked', 'told')))"
    " GROUP BY c.name ORDER BY c.name"
)

BEAT = (
    "INSERT INTO daemon (id, host, pid, version, started_at, beat_at) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET beat_at = excluded.beat_at, stopped_at = NULL"
)
STOPPED = "UPDATE daemon SET stopped_at = ? WHERE id = ?"
DAEMONS = "SELECT id, host, pid, version, started_at, beat_at, stopped_at FROM daemon ORDER BY beat_at DESC"
FORGET_DAEMONS = "DELETE FROM daemon WHERE beat_at < ? OR stopped_at < ?"


def digests_made(channels: int) -> str:
    """Which of so many channels and keys have their digest."""
    each = ", ".join("?" * channels)
    return f"SELECT channel_id, key FROM delivery WHERE channel_id IN ({each}) AND key IN ({each})"


def next_delivery(unable: int, held: int) -> str:
    """The earliest delivery whose time has come, not by one of `unable` channels and none of `held` deliveries.

    Of those that are claimed, those whose lease is over, and those that the asker has claimed.
    """
    without = f" AND d.channel_id NOT IN ({', '.join('?' * unable)})" if unable else ""
    without += f" AND d.id NOT IN ({', '.join('?' * held)})" if held else ""
    return (
        "SELECT d.id, d.kind, d.key, d.level, d.attempts, d.first_tried_at, d.channel_id FROM delivery d"
        " WHERE d.status = 'waiting'"
        " AND (d.claim IS NULL AND d.next_at <= ? OR d.claim IS NOT NULL AND d.next_at <= ? OR d.claim = ?)"
        f"{without} ORDER BY d.level DESC, d.next_at, d.id LIMIT 1"
    )


def next_delivery_at(unable: int) -> str:
    """When the next delivery may be tried, not by one of `unable` channels."""
    without = f" AND channel_id NOT IN ({', '.join('?' * unable)})" if unable else ""
    when = "CASE WHEN claim IS NULL THEN next_at ELSE next_at - ? END"
    return f"SELECT min({when}) FROM delivery WHERE status = 'waiting'{without}"
