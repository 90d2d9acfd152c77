"""Pages on law and contract, the questions before a complaint, whom to trust, and one's own text: for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from escalation.cli.human_page import LATE, MUTED, SOON, STRONG, Data, Page

_STYLE = {"against_rule": LATE, "worth_asking": SOON, "walk_away": LATE, "unclear": SOON}


def pages(page: Page, found: Sequence[Data]) -> None:
    """`ground [CASE]`: of a case the nearest page in full and the others by name; else all by name. Extra: `case`."""
    case = page.extra.get("case")
    if not found:
        page.put(page.say("ground.none"))
        return
    rest = found
    if case is not None:
        page.put((page.say("ground.now"), MUTED))
        page.gap()
        _in_full(page, found[0])
        rest = found[1:]
    if rest:
        page.heading(page.say("ground.others" if case is not None else "ground.all"))
        for each in rest:
            why = page.say(f"ground.because_{each['because']}") if each["because"] else ""
            page.bullet(each["title"], page.say("word.paren", text=each["id"]), ("  " + why if why else "", MUTED))
    page.gap()
    page.muted(page.say("ground.how" if case is not None else "ground.how_all", case=case))
    page.footer()


def one_page(page: Page, found: Data) -> None:
    """`ground [CASE] PAGE`: one page, with what it rests on."""
    _in_full(page, found)
    page.footer()


def _in_full(page: Page, found: Data) -> None:
    page.put((found["title"], STRONG))
    if found["because"]:
        page.muted(page.say(f"ground.because_{found['because']}"))
    if found["over"]:
        page.put((page.say("ground.over", day=page.day(found["until"])), SOON))
    page.gap()
    prose(page, found["text"])
    page.gap()
    rests_on(page, found["rests_on"])
    if page.today:
        page.muted(page.say("ground.read_on", day=page.day(page.today)))


def prose(page: Page, text: str) -> None:
    """Paragraphs and lists of a text of ours."""
    for line in text.splitlines():
        if line.startswith("- "):
            page.bullet(line[2:])
        elif line:
            page.put(line)
        else:
            page.gap()


def rests_on(page: Page, cites: Sequence[Data], indent: int = 0) -> None:
    """What something rests on and how sure that is, a line each."""
    for each in cites:
        page.muted(f"{page.say('ground.rests_on')}{page.say('word.colon')}{citation(page, each)}", indent=indent)


def citation(page: Page, found: Data) -> str:
    """One citation: source, number, article, since when, how sure."""
    text = page.say("basis.source", title=found["title"]) if found["document"] else found["title"]
    if found["number"]:
        text += page.say("word.paren", text=found["number"])
    if found["article"]:
        text += page.say("ground.article", article=found["article"])
    parts = [text, page.said.certainty(found["certainty"])]
    if found["effective"] and len(found["effective"]) == len("2026-01-01"):
        key = "ground.since" if found["document"] else "ground.published"
        parts.append(page.say(key, day=found["effective"]))
    if found["until"]:
        parts.append(page.say("ground.until", day=found["until"]))
    return page.say("basis.join").join(parts)


# -- the contract ----------------------------------------------------------------------------------------------


def contract(page: Page, found: Data) -> None:
    """`ground contract`: the findings, the gravest first. Extra: `clauses`, `kept`."""
    clauses = {each["id"]: each for each in page.extra["clauses"]}
    page.put((page.say("clause.heading"), STRONG))
    for each in found["findings"] if found["clauses"] else ():
        page.gap()
        page.put((page.say(f"clause.{each['finding']}"), _STYLE.get(each["finding"], "")), "  ", each["title"])
        page.put(each["text"], indent=2)
        if each["sum"]:
            page.put(page.say("clause.sum", sum=each["sum"]), indent=2)
        rests_on(page, each["rests_on"], indent=2)
    for i, note in enumerate(found["notes"]):
        if i == 0:
            page.heading(page.say("clause.notes"))
        page.bullet(note["title"], page.say("word.colon"), note["text"])
        page.muted(f"{note['source']}{page.say('basis.join')}{page.said.certainty(note['certainty'])}", indent=4)
    if found["missing"]:
        page.heading(page.say("clause.missing" if found["clauses"] else "clause.nothing"))
        for id in found["missing"]:
            each = clauses[id]
            page.bullet(page.say("clause.missing_one", title=each["title"], id=id, where=each["where"]))
    if page.extra.get("kept"):
        page.gap()
        page.put(page.say("clause.kept"))
    elif not page.quiet:
        page.gap()
        page.muted(page.say("clause.how", case=found["case"]))
        if found["case"] and page.extra.get("given"):
            page.muted(page.say("clause.keep_how"))
    page.footer()


# -- before a complaint ----------------------------------------------------------------------------------------


def reasonable(page: Page, found: Data) -> None:
    """`ground reasonable CASE`: each question, what is there, what is missing, one thing to do."""
    page.put((page.say("reasonable.heading"), STRONG))
    page.put(page.say("reasonable.count", answered=found["answered"], of=found["of"]))
    first = next((each for each in found["questions"] if each["id"] == found["first"]), None)
    if first is None:
        page.put(page.say("reasonable.ready"))
    else:
        page.put((page.say("reasonable.first", next=first["next"]), STRONG))
        if first["item"] and not page.quiet:
            page.muted(page.say("reasonable.tick_how", case=found["case"], item=first["item"]))
    for each in found["questions"]:
        page.gap()
        sign = "[x]" if each["answered"] else "[ ]"
        page.put(f"{sign} ", (each["text"], "" if each["answered"] else STRONG), hang=4)
        for what in ("have", "missing"):
            for i, text in enumerate(each[what]):
                page.field("    " + (page.say(f"reasonable.{what}") if i == 0 else ""), text, wide=14)
        if not each["answered"]:
            page.put(each["why"], indent=4)
            page.field("    " + page.say("reasonable.next"), each["next"], wide=14)
            rests_on(page, each["rests_on"], indent=4)
    page.footer()


# -- whom to trust ---------------------------------------------------------------------------------------------


def kinds(page: Page, found: Sequence[Data]) -> None:
    """`trust`: whom one can check."""
    page.put((page.say("trust.kinds"), STRONG))
    for each in found:
        page.bullet(each["title"], page.say("word.paren", text=each["kind"]))
    if not page.quiet:
        page.gap()
        page.muted(page.say("trust.kinds_how"))


def question(page: Page, each: Data) -> None:
    """One question, why it is asked and how to find out, before its answer is typed. Extra: `n`, `of`."""
    page.gap()
    page.put((page.say("trust.ask", n=page.extra["n"], of=page.extra["of"], text=each["text"]), STRONG))
    page.put(each["why"], indent=2)
    page.put(page.say("trust.find_out", how=each["how"]), indent=2)
    rests_on(page, each["rests_on"], indent=2)


def trust(page: Page, found: Data) -> None:
    """`trust KIND`: what the answers come to, and why. Extra: `case`, `seq` where it was logged."""
    key = "trust.heading_named" if found["name"] else "trust.heading"
    page.put((page.say(key, title=found["title"], name=found["name"]), STRONG))
    page.gap()
    page.put((page.say(f"trust.{found['verdict']}"), _STYLE.get(found["verdict"], "")))
    page.put(page.say(f"trust.{found['verdict']}_what"))
    asked: Mapping[str, Data] = {each["id"]: each for each in found["questions"]}
    _listed(page, "trust.signs", [asked[each["id"]] for each in found["reasons"]])
    if found["verdict"] != "walk_away":  # there one sign is enough
        _listed(page, "trust.open", [each for each in found["questions"] if each["effect"] == "open"])
    if page.extra.get("seq"):
        page.gap()
        page.put(page.say("trust.recorded", case=page.extra["case"], seq=page.extra["seq"]))
    elif page.extra.get("case") and not page.quiet:
        page.gap()
        page.muted(page.say("trust.record_how"))
    page.footer()


def _listed(page: Page, heading: str, questions: Sequence[Data]) -> None:
    if questions:
        page.heading(page.say(heading))
    for each in questions:
        answer = page.say(f"trust.{each['answer']}")
        id = "" if page.quiet else page.say("word.paren", text=each["id"])
        page.bullet(page.say("trust.sign", text=each["text"], answer=answer), id)
        page.put(each["why"], indent=4)
        page.put(page.say("trust.find_out", how=each["how"]), indent=4)
        rests_on(page, each["rests_on"], indent=4)


# -- one's own text --------------------------------------------------------------------------------------------


def calm(page: Page, found: Data) -> None:
    """`calm`: what may be said otherwise, in the order of the text; gently."""
    findings = found["findings"]
    if not findings:
        page.put(page.say("calm.fine"))
    elif findings[0]["kind"] == "self_harm":
        _look_after(page, findings[0])
        return
    else:
        page.put(page.say("calm.count", n=len(findings)))
    for each in findings:
        page.gap()
        page.put(
            (page.say("calm.place", line=each["line"], column=each["column"]), MUTED), "  ",
            (page.say("calm.found", found=each["found"]), STRONG), "  ", page.say(f"calm.kind_{each['kind']}"),
        )  # fmt: skip
        page.put(each["why"], indent=2)
        page.put(page.say("calm.better", better=each["better"]), indent=2)
        rests_on(page, each["rests_on"], indent=2)
    page.gap()
    page.muted(page.say("calm.not_kept"))


def _look_after(page: Page, found: Data) -> None:
    """Whom to call, and nothing about the text."""
    page.put(found["why"])
    page.gap()
    for row in found["help"]:
        number = "" if row["number"] == "-" else row["number"]
        page.put((number.ljust(12), STRONG), row["what"], hang=12)
    page.gap()
    page.put(found["better"])
    page.muted(page.say("calm.not_kept"))
