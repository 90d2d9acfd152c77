"""What a bundle says of itself: timeline, list of exhibits, hashes, instructions. Text in, bytes out."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from escalation.letters.blocks import Block, Heading, Paragraph, Run, Table
from escalation.transfer import harmless
from escalation.wording import Titles, Wording, visible

Data = dict[str, Any]
Rows = Sequence[Data]
README = Path(__file__).with_name("bundle_readme.txt")
MARK = "\ufeff"
"""Without it old spreadsheets and editors take Chinese for something else."""


def readme(facts: Mapping[str, Any], pdf: bool, left_out: Rows) -> bytes:
    """The instructions, in both languages. `left_out`: exhibits that are not in the bundle."""
    own = {
        "pdf_zh": "  timeline.pdf         同一份时间线，排好了版，可以打印\n" if pdf else "",
        "pdf_en": "  timeline.pdf         the same, set for printing\n" if pdf else "",
        "left_zh": _left_out(
            left_out, "没能放进来的（文件不见了，或者内容变了）：", "没能放进来的（文件在另一台机器上）："
        ),
        "left_en": _left_out(
            left_out, "Not in it, because the file is missing or was altered: ",
            "Not in it, because the file lies on another machine: ",
        ),
    }  # fmt: skip
    shown = {name: visible(str(value)) for name, value in facts.items()}
    return (MARK + README.read_text("utf-8").format_map(shown | own)).encode()


def _left_out(rows: Rows, lost: str, elsewhere: str) -> str:
    told = []
    for text, some in (
        (lost, [row for row in rows if row["state"] != "elsewhere"]),
        (elsewhere, [row for row in rows if row["state"] == "elsewhere"]),
    ):
        labels = ", ".join(f"{row['label']} ({row['name']})" for row in some)
        told.append(f"\n  {text}{labels}\n" if some else "")
    return "".join(told)


def exhibits_csv(rows: Rows, said: Wording, names: Mapping[str, str]) -> bytes:
    """A row an exhibit, for a spreadsheet: no cell can be a formula. `names`: the member of each label."""
    columns = ("label", "day", "type", "title", "proves", "items", "name", "size", "sha256", "attached_at", "state")
    cells = ([_cell(row, column) for column in columns] + [names.get(row["label"], "")] for row in rows)
    return (MARK + _csv([[*columns, "file"], *cells])).encode()


def _cell(row: Data, column: str) -> str:
    found = " ".join(row[column]) if column == "items" else row[column]
    return harmless("" if found is None else str(found))


def chain_csv(chain: Iterable[tuple[int, str, str]]) -> bytes:
    """Of every entry: seq, when it was recorded, its hash."""
    return _csv([("seq", "recorded_at", "hash"), *chain]).encode()


def _csv(rows: Iterable[Sequence[Any]]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows(rows)
    return written.getvalue()


def exhibit_blocks(rows: Rows, said: Wording, titles: Titles, names: Mapping[str, str]) -> list[Block]:
    """The list of exhibits, to read."""
    say = said.say
    found: list[Block] = [_heading(1, say("bundle.exhibits"))]
    if not rows:
        return [*found, _paragraph(say("exhibit.count", n=0))]
    columns = ("label", "day", "type", "title", "proves", "file")
    cells = [
        [
            row["label"], row["day"], say(f"exhibit.is_{row['type'] or 'none'}"), row["title"] or row["name"],
            row["proves"] or "", names.get(row["label"]) or say("bundle.not_in"),
        ]
        for row in rows
    ]  # fmt: skip
    found.append(_table([say(f"exhibit.{column}") for column in columns], cells))
    for row in rows:
        items = said.listed([titles.get("item", {}).get(each) or each for each in row["items"]])
        text = f"{row['label']}  SHA-256 {row['sha256']}  {row['size']} B  {say('exhibit.state_' + row['state'])}"
        found.append(_paragraph(text + (f"  {items}" if items else "")))
    return found


# -- the timeline ---------------------------------------------------------------------------------------


class Told(NamedTuple):
    """What a timeline is made of: the answers of a `Desk` about a case as it stands, and of its `Evidence`."""

    shown: Data
    log: Rows
    exhibits: Rows
    last_hash: str
    titles: Titles
    choices: Collection[str]
    """Answers (`event.ask`) and facts whose values are choices, which have names of their own."""


def timeline(told: Told, said: Wording, joint: str = "\n") -> list[Block]:
    """What happened, in order of happening, then what was corrected. `joint`: between the parts of an entry."""
    say, shown, titles = said.say, told.shown, told.titles
    states = said.listed([titles["state"].get(t["state"], t["state"]) for t in shown["tracks"]])
    blocks: list[Block] = [
        _heading(1, say("bundle.timeline_of", title=shown["title"])),
        _paragraph(say("bundle.as_of", at=_at(shown["as_of"]), n=shown["head"])),
        _paragraph(say("bundle.last_hash") + "\n" + told.last_hash),
        _paragraph(say("bundle.stands", states=states)),
        _table(
            [say(f"bundle.{column}") for column in ("when", "who", "what", "entry")],
            list(_happened(told, said, joint)),
        ),
        _heading(2, say("bundle.corrections")),
    ]
    corrections = [_paragraph(text) for text in _corrections(told, said)]
    return [*blocks, *(corrections or [_paragraph(say("bundle.no_corrections"))])]


def _happened(told: Told, said: Wording, joint: str) -> Iterator[list[str]]:
    labels = {seq: row["label"] for row in told.exhibits for seq in row["seqs"]}
    parties = {row["seq"]: row["by"] for row in told.shown["history"] if row["seq"] is not None}
    titles, rows = told.titles, []
    for row in told.log:
        if row["kind"] in ("amend", "withdraw") or row["withdrawn"]:
            continue
        stands = {**row, **(row.get("now") or {})}
        party = parties.get(row["seq"])
        who = "" if party is None else titles["party"].get(party, party)
        lines = [*_what(stands, labels, told, said), *([said.say("log.inapplicable")] if row["inapplicable"] else [])]
        what = joint.join(lines)
        rows.append((row["occurred_at"], row["seq"], [_at(row["occurred_at"]), who, what, str(row["seq"])]))
    for row in told.shown["history"]:
        if row["seq"] is None:
            what = titles["event"].get(row["event"], row["event"])
            rows.append((row["at"], 0, [_at(row["at"]), said.say("bundle.clock"), what, ""]))
    return (cells for _, _, cells in sorted(rows, key=lambda each: each[:2]))


def _what(row: Data, labels: Mapping[int, str], told: Told, said: Wording) -> list[str]:
    """What an entry says, line by line."""
    say, titles = said.say, told.titles
    match row["kind"]:
        case "opened":
            lines = [say("kind.opened"), *_values(row.get("facts") or {}, None, told, said)]
        case "event":
            name = titles["event"].get(row["event"], row["event"])
            lines = [name, *_values(row.get("data") or {}, row["event"], told, said)]
        case "facts":
            lines = _values(row["facts"], None, told, said)
        case "check":
            item = titles["item"].get(row["item"], row["item"])
            lines = [say("log.checked" if row["done"] else "log.unchecked", item=item)]
        case "attach":
            lines = [f"{labels.get(row['seq'], '')} {visible(row.get('title') or row['name'])}".strip()]
            lines += [visible(row["proves"])] if row.get("proves") else []
        case "note":
            lines = [visible(row["text"])]
        case "follow_up":
            lines = [say(f"log.follow_{row['action']}", n=row["n"], day=row.get("due") or "", text=row.get("text"))]
        case _:
            lines = [say("log.migrate", procedure=row.get("procedure"), version=row.get("version"))]
    if row["kind"] != "note" and row.get("note"):
        lines.append(say("log.note", text=row["note"]))
    return lines


def _values(found: Data, event: str | None, told: Told, said: Wording) -> list[str]:
    """Names and values, one after the other: of facts, or of an event's answers."""
    asks, facts, colon = told.titles.get("ask", {}), told.titles.get("fact", {}), said.say("word.colon")
    lines = []
    for name, value in found.items():
        ask = f"{event}.{name}" if event is not None else name
        text = said.say(f"choice.{value}") if ask in told.choices and said.has(f"choice.{value}") else None
        lines.append(f"{visible(asks.get(ask) or facts.get(name) or name)}{colon}{text or _value(value, said)}")
    return lines


def _described(found: Data, said: Wording) -> list[str]:
    """What was corrected of what is said of a file."""
    texts = {n: said.say(f"exhibit.is_{v}") if n == "type" and v else _value(v, said) for n, v in found.items()}
    return [said.say(f"exhibit.{name}") + said.say("word.colon") + text for name, text in texts.items()]


def _value(value: Any, said: Wording) -> str:
    if isinstance(value, bool):
        return said.say("word.yes" if value else "word.no")
    return "" if value is None else visible(str(value))


def _corrections(told: Told, said: Wording) -> Iterator[str]:
    for row in told.log:
        when = said.say("bundle.recorded_at", at=_at(row["recorded_at"]))
        if row["kind"] == "amend":
            text = said.say("bundle.corrected", seq=row["seq"], target=row["target"])
            target, data = told.log[row["target"] - 1], row.get("data") or {}
            attached = target["kind"] == "attach"
            values = _described(data, said) if attached else _values(data, target.get("event"), told, said)
            parts = [said.say("log.at", at=_at(row["at"]))] if row.get("at") else []
            detail = said.listed([*parts, *values, *([visible(row["note"])] if row.get("note") else [])])
            yield text + (said.say("word.colon") + detail if detail else "") + said.say("word.paren", text=when)
        elif row["kind"] == "withdraw":
            target = told.log[row["target"] - 1]
            what = told.titles["event"].get(target.get("event", ""), said.kind(target["kind"]))
            text = said.say("bundle.withdrawn", seq=row["seq"], target=row["target"], what=what)
            note = said.say("word.colon") + visible(row["note"]) if row.get("note") else ""
            yield text + note + said.say("word.paren", text=when)


def _at(iso: str) -> str:
    """Local, to the minute: 2026-03-02 10:00."""
    return iso[:16].replace("T", " ")


def _heading(level: int, text: str) -> Heading:
    return Heading(level, (Run(text),))


def _paragraph(text: str) -> Paragraph:
    return Paragraph((Run(text),), flush=True)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    return Table(tuple((Run(cell),) for cell in head), tuple(tuple((Run(c),) for c in row) for row in rows))
