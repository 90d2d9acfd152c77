"""What a case can show, for people: exhibits, contacts, collecting, and what became of files that were attached."""

from __future__ import annotations

from collections.abc import Sequence

from escalation.cli.human_page import LATE, MUTED, SOON, STRONG, Column, Data, Page
from escalation.cli.human_written import size_said

NARROW = 60
"""Cells, below which a table of seven columns cannot be read."""


def evidence(page: Page, data: Data) -> None:
    """`evidence CASE`. Extra: `titles`."""
    say, rows = page.say, data["exhibits"]
    if not rows:
        page.put(say("exhibit.none", case=data["case"]))
    else:
        page.put((say("exhibit.count", n=len(rows)), STRONG))
    for row in rows:
        page.gap()
        exhibit(page, row)
    silent = sum(not row["proves"] for row in rows)
    if silent:
        page.gap()
        page.muted(say("exhibit.say_more", n=silent))
        page.whole(say("exhibit.say_more_how", case=data["case"]), indent=2)
    wanted = [row for row in data["missing"] if row["now"]]
    if wanted:
        page.heading(say("exhibit.wanted"))
        for row in wanted:
            must = f"   {say('exhibit.wanted_must')}" if row["attachment"] == "required" else ""
            page.bullet(row["title"], (must, SOON))
            page.whole(say("exhibit.wanted_how", id=row["item"], case=data["case"]), indent=4)
    later = len(data["missing"]) - len(wanted)
    if later:
        page.gap()
        page.muted(say("exhibit.wanted_later", n=later))
    page.footer()


def exhibit(page: Page, row: Data) -> None:
    """One of them. Extra: `titles`."""
    say = page.say
    page.put((row["label"] + "  ", STRONG), row["title"] or row["name"], hang=5)
    kind = say(f"exhibit.is_{row['type'] or 'none'}")
    style = {"altered": LATE, "missing": LATE, "elsewhere": SOON}.get(row["state"], "")
    page.put(
        f"{page.day(row['day'])}   {kind}   {size_said(row['size'])}   ",
        (say(f"exhibit.state_{row['state']}"), style), indent=5,
    )  # fmt: skip
    if row["proves"]:
        page.put(say("exhibit.proves") + say("word.colon"), row["proves"], indent=5, hang=7)
    for item in row["items"]:
        page.put(say("exhibit.items") + say("word.colon"), page.name("item", item), indent=5, hang=7)
    seqs = page.said.listed([str(seq) for seq in row["seqs"]])
    page.muted(f"{say('conduct.entries', seqs=seqs)}   SHA-256 {row['sha256'][:16]}..", indent=5)


def contacts(page: Page, rows: Sequence[Data]) -> None:
    """`evidence CASE contacts`. Extra: `titles`, `case`, `today`."""
    say = page.say
    if not rows:
        page.put(say("contact.none", case=page.extra.get("case")))
        return
    page.put((say("contact.count", n=len(rows)), STRONG))
    for row in rows:
        page.gap()
        contact(page, row)
    if any(row["lacks"] for row in rows):
        page.gap()
        page.muted(say("contact.lacks_how", case=page.extra.get("case")))
    page.footer()


def contact(page: Page, row: Data) -> None:
    """One of them."""
    say = page.say
    page.put((f"{row['seq']}  ", STRONG), *_heading(page, row), hang=4)
    for key, fact in (("said", row["said"]), ("said_by_me", row["said_by_me"])):
        if fact:
            page.put(say(f"contact.{key}", text=" / ".join(fact.splitlines())), indent=4, hang=6)
    if row["promise"]:
        day = page.day(row["promised_on"]) if row["promised_on"] else None
        text = say("contact.promised_by" if day else "contact.promised", promise=row["promise"], day=day)
        late = f"   {say('contact.promise_overdue')}" if row["promise_overdue"] else ""
        page.put(text, (late, SOON), indent=4, hang=6)
    if row["amount_offered"]:
        page.put(say("contact.offered", amount=row["amount_offered"]), indent=4)
    if row["next_on"]:
        page.put(say("contact.next", day=page.day(row["next_on"])), indent=4)
    if row["note"]:
        page.put(say("log.note", text=" / ".join(row["note"].splitlines())), indent=4, hang=6)
    if row["exhibits"]:
        page.put(say("contact.with_exhibits", labels=page.said.listed(row["exhibits"])), indent=4)
    if row["lacks"]:
        names = page.said.listed([say(f"contact.lack_{name}") for name in row["lacks"]])
        page.muted(say("contact.lacks", names=names), indent=4)


def _heading(page: Page, row: Data) -> list[str | tuple[str, str]]:
    """When, how, who with whom, and what is unusual about it."""
    say = page.say
    theirs = {True: "theirs", False: "mine", None: "unknown"}[row["theirs"]]
    channel = f"choice.{row['channel']}" if row["channel"] else "contact.channel_none"
    parts = [page.instant(row["at"]), say(f"contact.{theirs}"), say(channel)]
    if row["to_whom"]:
        parts.append(say(f"contact.to_{row['to_whom']}"))
    if row["connected"] is not None:
        parts.append(say("contact.answered" if row["connected"] else "contact.unanswered"))
    parts += [row[name] for name in ("company", "who", "from_number", "ticket") if row[name]]
    if row["nth"] > 1:
        parts.append(say("contact.nth", n=row["nth"]))
    night: list[str | tuple[str, str]] = [("   " + say("contact.night"), SOON)] if row["night"] else []
    return ["   ".join(parts), *night]


def conduct(page: Page, data: Data) -> None:
    """`evidence CASE conduct`. Extra: `titles`, `today`."""
    say = page.say
    if not data["days"]:
        page.put(say("conduct.none", case=data["case"]))
        return
    page.put((say("conduct.heading"), STRONG))
    names = ("contacts", "answered", "unanswered", "unclear", "others")
    columns = [Column(say(f"conduct.{name}")) for name in ("day", *names, "marked")]
    weights = {(mark["day"], mark["rule"]): mark["weight"] for mark in data["marks"]}
    rows = []
    for day in data["days"]:
        said = {weights[day["day"], rule] for rule in day["marks"]}
        word = "exceeds" if "exceeds" in said else "look" if said else "within"
        rows.append([page.day(day["day"]), *(str(day[name]) for name in names), say(f"conduct.{word}")])
    if page.width < NARROW:
        _days(page, columns, rows)
    else:
        page.table(columns, rows)
    for weight, heading in (("exceeds", "marks"), ("look", "looks")):
        _marks(page, [mark for mark in data["marks"] if mark["weight"] == weight], say(f"conduct.{heading}"))
    page.gap()
    if not data["marks"]:
        page.put(say("conduct.no_marks"))
    unclear = sum(day["unclear"] for day in data["days"])
    if unclear:
        page.muted(say("conduct.unclear_note", n=unclear))
    if data["undetermined"]:
        page.muted(say("conduct.undetermined", n=len(data["undetermined"])))
    page.muted(say("conduct.in_other_words"))
    if data["marks"]:
        page.muted(say("conduct.careful"))
    page.footer()


def _days(page: Page, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """Day by day, where the columns of a table would be a character wide."""
    for day, *counts, word in rows:
        page.put((day, STRONG), f"  {word}", indent=2)
        page.put(
            page.said.listed([f"{column.title} {n}" for column, n in zip(columns[1:-1], counts, strict=True)]), indent=4
        )


def _marks(page: Page, marks: Sequence[Data], heading: str) -> None:
    if not marks:
        return
    page.heading(heading)
    for mark in marks:
        key = "conduct.on_day_count" if mark["count"] is not None else "conduct.on_day"
        page.bullet((page.say(key, **{**mark, "day": page.day(mark["day"])}), STRONG))
        page.put(mark["text"], indent=4)
        sources = page.said.listed([each["short"] for each in mark["sources"]])
        certainty = page.said.certainty(mark["certainty"])
        seqs = page.said.listed([str(seq) for seq in mark["seqs"]])
        rests = page.say("conduct.rests_on", sources=sources, certainty=certainty)
        page.muted(f"{page.say('conduct.entries', seqs=seqs)}   {rests}", indent=4)


def verified(page: Page, data: Data) -> None:
    """`evidence CASE verify`."""
    say = page.say
    if data["ok"]:
        page.put("ok  ", say("exhibit.verified" if data["files"] else "exhibit.verified_none", n=data["files"]), hang=4)
        return
    wrong_files(page, data["problems"], data["files"])


def wrong_files(page: Page, problems: Sequence[Data], files: int) -> None:
    """Attached files that are gone or are not what they were."""
    away = sum(row["state"] == "elsewhere" for row in problems)
    if away < len(problems):
        page.put((page.say("exhibit.not_verified", n=files, wrong=len(problems) - away), LATE))
    if away:
        page.put((page.say("exhibit.not_here", n=files, away=away), SOON))
    for row in problems:
        page.bullet((row["label"] + "  ", STRONG), row["title"] or row["name"])
        style = SOON if row["state"] == "elsewhere" else LATE
        page.put((page.say(f"exhibit.state_{row['state']}"), style), (f"   SHA-256 {row['sha256']}", MUTED), indent=4)
    if away < len(problems):
        page.muted(page.say("exhibit.not_verified_how"))
    if away:
        page.put(page.say("keeping.elsewhere"))


def attached(page: Page, data: Data) -> None:
    """After `attach` of several files, or of one that was there. Extra: `preview`."""
    say, preview = page.say, bool(page.extra.get("preview"))
    for row in data["attached"]:
        key = "attached.would" if preview else "attached.one"
        page.put("ok  ", say(key, name=row["path"], seq=row["seq"]), hang=4)
    for row in data["already"]:
        page.put("-   ", say("attached.already", name=row["path"], seq=row["seq"]), hang=4)
    for row in data["skipped"]:
        text = say("attached.skipped", path=row["path"], why=say(f"attached.why_{row['why']}"))
        page.put(("x   ", SOON), text, hang=4)
    if len(data["attached"]) + len(data["already"]) + len(data["skipped"]) == 1:
        for row in data["already"]:
            page.muted(say("attached.already_how", case=data["case"], seq=row["seq"]), indent=4)
        return
    counts = [say("attached.count_preview" if preview else "attached.count", n=len(data["attached"]))]
    counts += [say(f"attached.count_{name}", n=len(data[name])) for name in ("already", "skipped") if data[name]]
    page.gap()
    page.put((page.said.listed(counts) + say("word.stop"), STRONG))


def bundled(page: Page, data: Data) -> None:
    """After `export --format bundle -o FILE`."""
    say = page.say
    page.put((say("bundle.written", file=data["file"]), STRONG))
    page.put(say("bundle.inside", n=data["exhibits"]))
    page.whole(say("bundle.sum", sha256=data["sha256"]))
    page.muted(say("bundle.keep_sum"))
    if data["left_out"]:
        page.gap()
        page.put((say("bundle.left_out", n=len(data["left_out"])), LATE))
        for row in data["left_out"]:
            state = say(f"exhibit.state_{row['state']}")
            page.bullet(f"{row['label']}  {row['title'] or row['name']}   {state}")
    if "timeline.pdf" not in data["members"]:
        page.muted(say("bundle.no_pdf"))
    page.gap()
    page.put((say("bundle.private"), SOON))
