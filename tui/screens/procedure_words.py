"""A procedure as text to read: its states, its periods and what each rests on. Views -> words, without Textual."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

from escalation.wording import Titles, Wording, visible

Data = Mapping[str, Any]


def titles_of(data: Data) -> Titles:
    """What the procedure calls everything that has an id."""
    named = {kind: {e["id"]: e["title"] for e in data[f"{kind}s"]} for kind in _NAMED}
    events = {t["event"]: t["title"] for s in data["states"] for t in s["transitions"]}
    parties = {p["id"]: p["title"] for p in data["parties"]}
    return {**named, "stage": named["stage"], "party": parties, "event": events}


_NAMED = ("fact", "checklist", "track", "state", "stage")


def parts(words: Wording, data: Data) -> Iterator[tuple[str | None, str, Text]]:
    """What there is to read, in order: (id, title, text); a heading has no id and no text."""
    titles = titles_of(data)
    for stage in data["stages"]:
        states = [state for state in data["states"] if state["stage"] == stage["id"]]
        if states:
            yield None, visible(stage["title"]), Text()
        for state in states:
            yield f"state:{state['id']}", visible(state["title"]), state_text(words, state, titles)
    yield None, words.say("procedures_screen.more"), Text()
    if data["deadlines"]:
        text = Text()
        for each in data["deadlines"]:
            deadline_text(text, words, each, titles)
        yield "standing", words.say("procedures.standing"), text
    if data["sources"]:
        yield "sources", words.say("procedures.sources"), sources_text(words, data)


def state_text(words: Wording, state: Data, titles: Titles) -> Text:
    """A state: guidance, periods, ways out."""
    text = Text()
    text.append(visible(state["title"]), "bold")
    text.append(f"  {visible(state['id'])}\n")
    if state["track"] != "main":
        text.append(words.say("procedures.track", track=_name(titles, "track", state["track"])) + "\n")
    if state["final"]:
        text.append(words.say("procedures.final", outcome=words.outcome(state["outcome"])) + "\n")
    for line in (state["guidance"] or "").strip().splitlines():
        text.append(visible(line.strip().replace("**", "").replace("`", "").lstrip("# ")) + "\n")
    for each in state["deadlines"]:
        text.append("\n")
        deadline_text(text, words, each, titles)
    if state["transitions"]:
        text.append("\n" + words.say("procedures_screen.ways") + "\n", "bold")
    for each in state["transitions"]:
        _way(text, words, each, titles)
    return text


def _way(text: Text, words: Wording, each: Data, titles: Titles) -> None:
    key = "procedures.branch" if each["to"] else "procedures.branch_stays"
    said = words.say(key, event=each["title"], to=_name(titles, "state", each["to"] or ""))
    if each["by"] == "clock":
        said += words.say("word.paren", text=words.say("word.clock"))
    elif each["by"] != "me":
        said += words.say("word.paren", text=words.say("procedures.by", party=_name(titles, "party", each["by"])))
    text.append(f"- {said}\n")
    if each["requires"]:
        names = words.listed([_name(titles, "checklist", id) for id in each["requires"]])
        text.append(f"  {words.say('procedures.requires', names=names)}\n")
    if each["when"]:
        text.append(f"  {words.say('procedures.when', expression=words.expression(each['when'], titles))}\n")


def deadline_text(text: Text, words: Wording, each: Data, titles: Titles) -> None:
    """A period: how long, who owes it, what it rests on, and how sure that is."""
    party = _name(titles, "party", each["owed_by"])
    text.append("! ")
    text.append(
        words.say("procedures.deadline", title=each["title"], length=_length(words, each, titles), party=party) + "\n",
        "bold",
    )
    if each["rolls"]:
        text.append(f"  {words.say('procedures.rolls')}\n")
    if each["lapses"]:
        text.append(f"  {words.say('procedures.lapses', event=_name(titles, 'event', each['lapses']))}\n")
    text.append(f"  {basis_said(words, each['basis'])}\n")
    if (each["basis"] or {}).get("url"):
        text.append(f"  {visible(each['basis']['url'])}\n")


def basis_said(words: Wording, found: Data | None) -> str:
    """What a period rests on: source, number, article, and how sure that is."""
    if not found or not any(found.get(key) for key in ("source", "article", "certainty")):
        return words.certainty(None)
    if found.get("certainty") == "default":
        return words.certainty("default")
    text = ""
    if found.get("title"):
        text = words.say("basis.source", title=found["title"])
        text += words.say("basis.details", issuer=found.get("issuer"), number=found.get("number"))
    elif found.get("source"):
        text = visible(found["source"])
    if found.get("article"):
        text += words.say("basis.article", article=found["article"])
    said = [text.lstrip(", "), words.certainty(found.get("certainty"))]
    if found.get("until"):
        said.append(words.say("procedures.until", day=words.day(found["until"], "")))
    return words.say("basis.join").join(each for each in said if each)


def sources_text(words: Wording, data: Data) -> Text:
    """The laws and rules that it rests on, from when to when."""
    text = Text()
    for each in data["sources"]:
        text.append(f"- {words.say('basis.source', title=each['title'])}", "bold")
        text.append(words.say("basis.details", issuer=each["issuer"], number=each["number"]) + "\n")
        dates = []
        if each.get("effective"):
            dates.append(words.say("procedures.effective", day=words.day(str(each["effective"]), "")))
        if each.get("until"):
            dates.append(words.say("procedures.until", day=words.day(str(each["until"]), "")))
        if dates:
            text.append(f"  {words.listed(dates)}\n")
        if each.get("url"):
            text.append(f"  {visible(each['url'])}\n")
    return text


def _length(words: Wording, each: Data, titles: Titles) -> str:
    within = each["within"]
    if within is None:
        return words.say("procedures.due_on", fact=_name(titles, "fact", each["due_on"]))
    if isinstance(within, str):
        return words.length(within)
    said = []
    for branch in within:
        length = words.length(branch["length"])
        if branch.get("when"):
            expression = words.expression(branch["when"], titles)
            said.append(words.say("procedures.when_length", expression=expression, length=length))
        else:
            said.append(words.say("procedures.else_length", length=length))
    return words.listed(said)


def _name(titles: Titles, kind: str, id: str) -> str:
    return visible(titles.get(kind, {}).get(id) or id)
