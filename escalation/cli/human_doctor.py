"""What is said about the program, the store and the machine they are on."""

from __future__ import annotations

from rich.cells import cell_len

from escalation.cli.human_page import LATE, MUTED, SOON, STRONG, Data, Page, padded

_STYLE = {"ok": "", "look": SOON, "broken": LATE}


def doctor(page: Page, data: Data) -> None:
    """The answer first; then every check, and what to do where something is to be done."""
    checks = data["checks"]
    counts = {verdict: sum(each["verdict"] == verdict for each in checks) for verdict in _STYLE}
    if counts["broken"]:
        page.put((page.say("doctor.some_broken", n=counts["broken"]), LATE))
    elif counts["look"]:
        page.put((page.say("doctor.worth_a_look", n=counts["look"]), STRONG))
    else:
        page.put((page.say("doctor.all_well"), STRONG))
    page.gap()
    marks = {verdict: page.say(f"doctor.verdict_{verdict}") for verdict in _STYLE}
    titles = {each["id"]: page.say(f"doctor.title_{each['id']}") for each in checks}
    wide, widest = max(map(cell_len, marks.values())) + 1, max(map(cell_len, titles.values())) + 2
    for each in checks:
        _check(page, each, padded(marks[each["verdict"]], wide), padded(titles[each["id"]], widest), wide + widest)
    if not page.quiet:
        page.gap()
        page.muted(page.say("doctor.to_paste"))


def _check(page: Page, check: Data, mark: str, title: str, hang: int) -> None:
    page.put((mark, _STYLE[check["verdict"]]), (title, MUTED), check["says"], hang=hang)
    for line in _details(check):
        page.put((line, MUTED), indent=hang, hang=hang + 2)
    if check["advice"]:
        page.put((check["advice"], MUTED if check["verdict"] == "ok" else ""), indent=hang)
    if check["command"]:
        page.whole(check["command"], indent=hang)


def _details(check: Data) -> list[str]:
    """Versions and paths, line by line: for whoever reads the report."""
    facts = check["facts"]
    if check["id"] == "libraries":
        return [", ".join(f"{name} {version or '-'}" for name, version in facts["versions"].items())]
    if check["id"] == "paths" and "paths" in facts:
        return [f"{name}: {path}" for name, path in facts["paths"].items()]
    if check["id"] == "terminal":
        return [" ".join(f"{key}={facts[key]}" for key in ("TERM", "COLORTERM", "encoding") if facts.get(key))]
    return []
