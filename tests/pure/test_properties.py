"""What must hold of every log: stepping equals evaluating, order of recording does not matter, and so on."""

from __future__ import annotations

from datetime import datetime, timedelta

from cases import PARCEL, ZONE, Case, instant, table_of
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from escalation.core.announce import next_moment
from escalation.core.entries import EventEntry, Worldly
from escalation.core.evaluate import advance, evaluate, follows, step
from escalation.core.machine import Machines
from escalation.core.snapshot import Announced, Refusal, Snapshot, decode_snapshot, encode_snapshot

TABLE = table_of(PARCEL.read_bytes())
MACHINES = Machines(TABLE)
OPENED = datetime(2026, 2, 9, 10, tzinfo=ZONE)
EVENTS = {
    "claim_sent": {"amount": "300.00", "channel": "app"},
    "offer_made": {"amount": "200.00"},
    "extension_notified": {}, "papers_requested": {}, "papers_sent": {}, "new_facts_sent": {}, "complained": {},
    "decided": {}, "court_papers_received": {}, "court_accepted": {}, "defence_sent": {}, "claim_dropped": {},
    "picked_up": {},
}  # fmt: skip

# Instants that coincide on purpose: midnights, the same hour, the instant of a lapse.
moments = st.one_of(
    st.integers(0, 90).map(lambda d: OPENED.replace(hour=0) + timedelta(days=d + 1)),
    st.integers(0, 90 * 24).map(lambda h: OPENED + timedelta(hours=h)),
    st.integers(0, 90 * 86_400).map(lambda s: OPENED + timedelta(seconds=s)),
)
days = st.integers(0, 60).map(lambda d: (OPENED + timedelta(days=d)).date().isoformat())
happenings = st.lists(
    st.tuples(
        moments,
        st.one_of(
            st.sampled_from(sorted(EVENTS)).map(lambda e: ("event", e, EVENTS[e])),
            days.map(lambda d: ("event", "pickup_agreed", {"day": d})),
            days.map(lambda d: ("facts", "pickup_on", d)),
            st.booleans().map(lambda b: ("check", "evidence.photos", b)),
        ),
    ),
    max_size=12,
)


def told(things: list[tuple[datetime, tuple[str, str, object]]]) -> Case:
    """A case in which these things happened, recorded in the order of the list."""
    case = (
        Case("2026-02-09T10:00", TABLE)
        .check("evidence.waybill", "2026-02-09T10:00")
        .check("evidence.photos", "2026-02-09T10:00")
    )
    for at, (kind, name, value) in things:
        text = at.astimezone(ZONE).replace(tzinfo=None).isoformat()
        if kind == "event":
            case.event(name, text, dict(value))  # type: ignore[call-overload]
        elif kind == "facts":
            case.facts(text, **{name: value})
        else:
            case.check(name, text, bool(value))
    return case


def meaning(snapshot: Snapshot) -> Snapshot:
    """A snapshot without the numbers of entries and without what has been told."""
    return replace(
        snapshot,
        told_until={},
        last=None,
        deadlines=tuple(replace(r, told_until=snapshot.opened_at) for r in snapshot.deadlines),
        history=tuple(replace(h, seq=None) for h in snapshot.history),
        inapplicable=tuple(replace(i, seq=0) for i in snapshot.inapplicable),
    )


@given(happenings, moments)
def test_stepping_equals_evaluating(things: list[tuple[datetime, tuple[str, str, object]]], now: datetime) -> None:
    case = told(sorted(things, key=lambda t: t[0]))
    log = [e for e in case.log if isinstance(e, Worldly)]
    snapshot = evaluate(case.book, log[:1], log[0].occurred_at, tell=[])
    applicable: list[Worldly] = [log[0]]
    announced: list[Announced] = []
    for entry in log[1:]:
        assert follows(snapshot, entry)
        before, heard = encode_snapshot(snapshot), list[Announced]()
        found = step(case.book, snapshot, entry, entry.occurred_at, MACHINES.choose, heard)
        if isinstance(found, Refusal):
            assert before == encode_snapshot(snapshot)  # a refusal changes nothing
            continue
        announced += heard
        applicable.append(entry)
        snapshot = decode_snapshot(encode_snapshot(found))
    end = max(now, log[-1].occurred_at)
    whole: list[Announced] = []

    assert meaning(evaluate(case.book, applicable, end)) == meaning(advance(case.book, snapshot, end))
    advance(case.book, snapshot, end, announced)
    evaluate(case.book, applicable, end, tell=whole)
    assert sorted(a.key for a in whole) == sorted(a.key for a in announced)


@given(happenings, st.randoms(use_true_random=False), moments)
def test_the_order_of_recording_does_not_matter(things, random, now) -> None:  # type: ignore[no-untyped-def]
    distinct = list({at: (at, what) for at, what in things if at > OPENED}.values())
    shuffled = random.sample(distinct, len(distinct))
    end = max([now, *(at for at, _ in distinct)])

    one = evaluate(told([]).book, _late(told(sorted(distinct, key=lambda t: t[0])).log), end)
    other = evaluate(told([]).book, _late(told(shuffled).log), end)
    assert meaning(one) == meaning(other)


def _late(log):  # type: ignore[no-untyped-def]
    """The log with everything recorded at the end."""
    last = max(e.occurred_at for e in log)
    return [replace(e, recorded_at=last) for e in log]


@given(happenings, moments, st.integers(0, 100))
def test_ticking_often_rarely_or_never_gives_the_same(things, now, seed) -> None:  # type: ignore[no-untyped-def]
    case = told(sorted(things, key=lambda t: t[0]))
    end = max(now, case.log[-1].recorded_at) + timedelta(days=seed)
    snapshot = evaluate(case.book, case.log, case.log[-1].recorded_at, tell=[])
    announced: list[Announced] = []
    for _ in range(200):
        moment = next_moment(snapshot, TABLE)
        if moment is None or moment > end:
            break
        assert moment > snapshot.as_of
        snapshot = advance(case.book, snapshot, moment, announced)
    once: list[Announced] = []
    at_once = advance(case.book, evaluate(case.book, case.log, case.log[-1].recorded_at, tell=[]), end, once)

    assert meaning(at_once) == meaning(advance(case.book, snapshot, end, announced))
    assert {a.key for a in once} == {a.key for a in announced}


@given(happenings, st.integers(0, 20), moments)
def test_withdrawing_and_entering_again_gives_the_original(things, which, now) -> None:  # type: ignore[no-untyped-def]
    things = list({at: (at, what) for at, what in things if at > OPENED}.values())
    if not things:
        return
    case = told(sorted(things, key=lambda t: t[0]))
    end = max(now, case.log[-1].recorded_at)
    before = evaluate(case.book, case.log, end)
    target = case.log[3 + which % len(things)]
    text = case.log[-1].recorded_at.astimezone(ZONE).replace(tzinfo=None).isoformat()
    case.withdraw(target.seq, text)
    case.log.append(replace(target, seq=len(case.log) + 1, recorded_at=case.log[-1].recorded_at))

    assert meaning(before) == meaning(evaluate(case.book, case.log, end))
    again = len(case.log)
    case.withdraw(again, text).withdraw(again - 1, text)  # both taken back: the first stands again
    assert meaning(before) == meaning(evaluate(case.book, case.log, end))


@given(happenings, moments)
def test_a_forecast_is_what_comes(things, now) -> None:  # type: ignore[no-untyped-def]
    case = told(sorted(things, key=lambda t: t[0]))
    today = case.log[-1].recorded_at
    later = today + timedelta(days=40)
    forecast = advance(case.book, evaluate(case.book, case.log, today), later)

    assert meaning(forecast) == meaning(evaluate(case.book, case.log, later))


@given(happenings, moments)
def test_as_known_then_is_what_was_shown_then(things, then) -> None:  # type: ignore[no-untyped-def]
    case = told(things)
    known = [e for e in case.log if e.recorded_at <= then.astimezone(case.log[0].recorded_at.tzinfo)]
    if not known:
        return

    assert evaluate(case.book, case.log, then, then) == evaluate(case.book, known, then)


def test_the_machine_and_the_table_choose_alike() -> None:
    case = told([])
    snapshot = case.at("2026-02-09T10:00")
    at = instant("2026-02-09T11:00")
    for event, data in EVENTS.items():
        entry = EventEntry(seq=9, recorded_at=at, occurred_at=at, event=event, data=data)
        assert step(case.book, snapshot, entry, at) == step(case.book, snapshot, entry, at, MACHINES.choose)
    assert MACHINES.of("main").models == []
