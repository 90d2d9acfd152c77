"""What was written, for people: the log, and what each command that writes says afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.cells import cell_len

from escalation.cli.human_next import advice, to_do
from escalation.cli.human_page import LATE, MUTED, SOON, STRONG, Data, Page, Styled, padded
from escalation.cli.human_words import (
    days_left,
    mark,
    states,
    values,
)


def log(page: Page, rows: list[Data]) -> None:
    """`log CASE`: every entry as it was written, corrections visible. Extra: `titles`."""
    page.today = rows[-1]["recorded_at"][:10]
    wide = len(str(rows[-1]["seq"])) + 2
    when = max(cell_len(page.instant(row["occurred_at"])) for row in rows) + 2
    kinds = max(cell_len(page.said.kind(row["kind"])) for row in rows) + 2
    for row in rows:
        mute = MUTED if row["withdrawn"] or row["inapplicable"] else ""
        page.put(
            (padded(str(row["seq"]), wide), STRONG), (padded(page.instant(row["occurred_at"]), when), mute),
            (padded(page.said.kind(row["kind"]), kinds), MUTED), (_entry(page, row), mute), hang=wide + when,
        )  # fmt: skip
        for line in _entry_notes(page, row):
            page.put(line, indent=wide + when, hang=wide + when + 3)


def _entry(page: Page, row: Data) -> str:
    """What an entry says, in a line."""
    say = page.say
    match row["kind"]:
        case "opened":
            return say("log.opened", title=row.get("title") or row["procedure"])
        case "event":
            said = values(page, row.get("data") or {}, row["event"])
            return page.name("event", row["event"]) + (say("word.paren", text=said) if said else "")
        case "facts":
            return values(page, row["facts"])
        case "check":
            return say("log.checked" if row["done"] else "log.unchecked", item=page.name("item", row["item"]))
        case "attach":
            row = {**row, **(row.get("now") or {})}
            text = say("log.attached", name=row.get("title") or row["name"], size=size_said(row["size"]))
            text += say("log.attached_item", item=page.name("item", row["item"])) if row.get("item") else ""
            told = [say(f"exhibit.is_{row['type']}")] if row.get("type") else []
            told += [row[name] for name in ("dated", "proves") if row.get(name)]
            return text + (say("word.paren", text=page.said.listed(told)) if told else "")
        case "note":
            return " / ".join(str(row["text"]).splitlines())
        case "follow_up":
            day = page.day(row.get("due"))
            return say(f"log.follow_{row['action']}", n=row["n"], day=day, text=row.get("text"))
        case "amend":
            return say("log.amend", target=row["target"]) + _changed(page, row)
        case "withdraw":
            return say("log.withdraw", target=row["target"])
    return say("log.migrate", procedure=row.get("procedure"), version=row.get("version"))


def _changed(page: Page, row: Data) -> str:
    parts = [page.say("log.at", at=page.instant(row["at"]))] if row.get("at") else []
    parts += [values(page, row["data"])] if row.get("data") else []
    return page.say("word.colon") + page.said.listed(parts) if parts else ""


def _entry_notes(page: Page, row: Data) -> list[Styled]:
    notes: list[Styled] = []
    if row["recorded_at"] != row["occurred_at"] and row["recorded_at"][:10] != row["occurred_at"][:10]:
        notes.append((page.say("log.recorded", at=page.instant(row["recorded_at"])), MUTED))
    if row.get("note"):
        notes.append(page.say("log.note", text=" / ".join(row["note"].splitlines())))
    if row["amended"]:
        now = row.get("now") or {}
        said = [page.say("log.at", at=page.instant(row["occurred_at"]))] if "at" in now else []
        said += [values(page, now[k], row.get("event")) for k in ("data", "facts") if isinstance(now.get(k), dict)]
        said += [page.say("log.note", text=now["note"])] if now.get("note") else []
        notes.append((f"{page.say('mark.amended')}  {page.say('log.now', text=page.said.listed(said))}", SOON))
    if row["withdrawn"]:
        notes.append((f"x  {page.say('log.withdrawn')}", MUTED))
    if row["inapplicable"]:
        notes.append((f"!  {page.say('log.inapplicable')}", SOON))
    return notes


def size_said(size: int) -> str:
    """So many bytes, for people."""
    if size < 1024:
        return f"{size} B"
    return f"{size / 1024:.1f} KiB" if size < 1024**2 else f"{size / 1024**2:.1f} MiB"


def recorded(page: Page, data: Data) -> None:
    """After writing: what was kept, where the case stands, the nearest deadline. Extra: `titles`, `next`."""
    page.today = data["as_of"][:10]
    event = next((row["event"] for row in data["history"] if row["seq"] == data["seq"]), None)
    if event is None or event == "opened":
        kept = page.say("recorded.entry", seq=data["seq"])
    else:
        kept = page.say("recorded.event", seq=data["seq"], event=page.name("event", event))
    page.put((page.say("mark.ok") + " ", ""), (kept, STRONG), hang=3)
    page.put(page.say("recorded.state", states=states(page, data["tracks"])), indent=3)
    if not data["open"]:
        outcome = data["tracks"][0]["outcome"] if data["tracks"] else None
        page.put(page.say("recorded.closed", outcome=page.said.outcome(outcome)), indent=3)
    first = next((d for d in data["deadlines"] if d["lapses_at"]), None)
    if first is not None and data["open"]:
        _nearest(page, first)
    if data["inapplicable"]:
        page.put((page.say("recorded.inapplicable", n=len(data["inapplicable"])), SOON), indent=3)
    if page.extra.get("next") and data["open"]:
        page.put(page.say("recorded.next", text=to_do(page, page.extra["next"])), indent=3)


def _nearest(page: Page, row: Data) -> None:
    who = page.name("party", row["owed_by"])
    if row["due"]:
        left = page.said.days_left(days_left(page, row["due"]))
        text = page.say("recorded.deadline", title=row["title"], day=page.day(row["due"]), left=left, party=who)
    else:
        text = page.say("recorded.deadline_at", title=row["title"], at=page.instant(row["lapses_at"]), party=who)
    sign, style = mark(page, row)
    page.put(text, ("" if sign == page.say("mark.running") else f"   {sign}", style), indent=3)


def opened(page: Page, data: Data) -> None:
    """After `open`: the id and the first thing to do. Data: `{case}`. Extra: `titles`, `next`."""
    page.put((page.say("mark.ok") + " ", ""), (page.say("opened.what", case=data["case"]), STRONG), hang=3)
    page.muted(page.say("opened.how"), indent=3)
    if page.extra.get("next"):
        page.today = page.extra["next"]["as_of"][:10]
        page.gap()
        advice(page, page.extra["next"])
        page.footer()


def migrated(page: Page, data: Data) -> None:
    """After `migrate`: the `show` object with `seq`. Extra: `titles`."""
    procedure = data["procedure"]
    what = page.say("migrated.what", case=data["case"], procedure=procedure["id"], version=procedure["version"])
    page.put((what, STRONG))
    recorded(page, data)


def verify(page: Page, cases: Iterable[Data]) -> None:
    """`verify`: a line a case, as they are checked."""
    n = wrong = away = 0
    for each in cases:
        n += 1
        wrong += sum(row["state"] != "elsewhere" for row in each.get("files_wrong") or ())
        away += sum(row["state"] == "elsewhere" for row in each.get("files_wrong") or ())
        page.put("ok  ", page.say("verify.case", case=each["case"], n=each["entries"]), hang=4)
        if each.get("files_wrong"):
            from escalation.cli.human_evidence import wrong_files  # only who has lost a file pays for it

            wrong_files(page, each["files_wrong"], each["files"])
    all_told = page.say("exhibit.verify_away", n=away) if away else page.say("verify.all", n=n)
    page.put((page.say("exhibit.verify_wrong", n=wrong) if wrong else all_told, STRONG))


def imported(page: Page, data: Data) -> None:
    """After `import`: `{cases: [{key, case, head}], entries, skipped: [{case, problems: […]}]}`."""
    from escalation.errors import FieldProblem
    from escalation.wording.errors import bad_input

    cases: list[Any] = list(data["cases"]) if not isinstance(data["cases"], int) else []
    count = data["cases"] if isinstance(data["cases"], int) else len(cases)
    page.put((page.say("imported.what", n=count, entries=data["entries"]), STRONG))
    for each in cases[:20]:
        page.bullet(page.say("imported.case", key=each["key"], case=each["case"], n=each["head"]))
    if len(cases) > 20:
        page.muted(page.say("imported.more", n=len(cases) - 20), indent=2)
    if not data["skipped"]:
        return
    page.gap()
    page.put((page.say("mark.bad") + " ", LATE), _left_out(page, data["skipped"]), hang=3)
    for each in data["skipped"]:
        if each["case"] is not None:  # a line that cannot be read belongs to no case that is known
            page.put((str(each["case"]), STRONG), indent=2)
        problems = [
            FieldProblem(
                p.get("field", ""), p.get("value"), p.get("expected", ""), p.get("meant"), p.get("line"), p.get("limit")
            )
            for p in each["problems"]
        ]
        for line in bad_input(problems, page.said, {})[1:]:
            page.put(line.lstrip(), indent=4, hang=6)
    page.gap()
    page.muted(page.say("imported.skipped_how"))


def _left_out(page: Page, skipped: list[Data]) -> str:
    """How many cases were left out; or that lines were, which do not even say of which case they are."""
    cases = sum(each["case"] is not None for each in skipped)
    if cases:
        return page.say("imported.skipped", n=cases)
    return page.say("imported.skipped_lines", n=sum(len(each["problems"]) for each in skipped))
