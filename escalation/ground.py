"""Know the ground: `desk.ground`. Law and contract for the case at hand, calm, and whom to trust.

Nothing is decided here and nothing advised. Every page and finding carries what it rests on and how certain that is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from escalation.errors import NotFound
from escalation.sourced import citations, ground, text
from states.errors import near_miss

if TYPE_CHECKING:
    from escalation.api import Desk

Data = dict[str, Any]
Rows = list[Data]


class Ground:
    """What a desk's cases stand on."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    # -- pages -----------------------------------------------------------------------------------------

    def pages(self, case: str | None = None) -> Rows:
        """The pages that a case needs now, the nearest first; without a case all of them.

        Each: `id`, `title`, `text`, `rests_on` (citations), `until` (the last day of what it tells of, or None),
        `over` (whether that has passed), `because` (`state`, `fact`, `event`, `stage`; None without a case).
        """
        lang, entries = self.desk.lang, ground("pages")["page"]
        if case is None:
            return [_page(each, lang, self.desk.today()) for each in entries]
        show = self.desk.show(case)
        stages = _stages(self.desk, case)
        found = [(_because(each["for"], show, stages), each) for each in entries]
        needed = [(why, each) for why, each in found if why is not None]
        needed.sort(key=lambda pair: _NEARNESS.index(pair[0]))
        return [_page(each, lang, show["as_of"][:10]) | {"because": why} for why, each in needed]

    def page(self, id: str) -> Data:
        """One page. Raises: NotFound."""
        entries = {each["id"]: each for each in ground("pages")["page"]}
        if id not in entries:
            raise NotFound("ground_page", id, near_miss(id, entries), tuple(entries))
        return _page(entries[id], self.desk.lang, self.desk.today())

    # -- the contract -----------------------------------------------------------------------------------

    def clauses(self) -> Rows:
        """The clauses that the reader knows: `contract.clauses`."""
        from escalation.contract import clauses

        return clauses(self.desk.lang)

    def contract(self, case: str | None = None, **clauses: Any) -> Data:
        """Findings about one's contract: `contract.read`. What is given goes before what the case holds.

        An empty value leaves a clause out. Raises: BadInput with every clause that is wrong.
        """
        from escalation.contract import entered, read

        held = self.desk.show(case)["facts"] if case is not None else {}
        kept = {name: value for name, value in held.items() if name not in clauses}
        return {"case": self._ref(case), **read(kept | entered(clauses), self.desk.lang)}

    def keep_contract(self, case: str, clauses: Mapping[str, Any], **options: Any) -> Data:
        """Keep clauses as facts of the case. Options as of `set_facts`. Raises: BadInput."""
        from escalation.contract import entered

        return self.desk.set_facts(case, entered(clauses), **options)

    # -- calm and reasonable -----------------------------------------------------------------------------

    def calm(self, writing: str, case: str | None = None) -> Rows:
        """One's own text looked over: `calm.check`, knowing the case's exhibits and numbers. Kept nowhere."""
        from escalation.calm import check, known_of

        if case is None:
            return check(writing, self.desk.lang)
        names = [
            " ".join(filter(None, (row.get("type"), row.get("title"), row["name"])))
            for row in self.desk.log(case)
            if row["kind"] == "attach" and not row["withdrawn"]
        ]
        return check(writing, self.desk.lang, known_of(self.desk.show(case)["facts"], names))

    def reasonable(self, case: str) -> Data:
        """The questions before a complaint, answered from the case: `reasonable.reasonable`."""
        from escalation.reasonable import Case, reasonable

        desk = self.desk
        budget = desk.plans.capacity(case)
        return reasonable(
            Case(desk.show(case), desk.titles(case), desk.log(case), budget if budget["lines"] else None), desk.lang
        )

    # -- whom to trust -----------------------------------------------------------------------------------

    def third_parties(self) -> Rows:
        """Whom one can check: `trust.kinds`."""
        from escalation.trust import kinds

        return kinds(self.desk.lang)

    def trust(self, kind: str, answers: Mapping[str, str] | None = None, name: str | None = None) -> Data:
        """What the answers about a third party come to: `trust.judge`. The best is `looks_genuine`.

        Raises: NotFound, BadInput.
        """
        from escalation.trust import judge

        return judge(kind, answers or {}, self.desk.lang, name)

    def record_trust(self, case: str, kind: str, answers: Mapping[str, str], name: str, **options: Any) -> Data:
        """The same, kept on the log of a case as `third_party_checked`; the answer is the `show` object with `seq`.

        Options as of `record`. Raises: as `record`, and BadInput without a name.
        """
        from escalation.trust import entry

        return self.desk.record(case, "third_party_checked", entry(self.trust(kind, answers, name)), **options)

    def _ref(self, case: str | None) -> str | None:
        return None if case is None else self.desk.engine.store.case(case).ref


_NEARNESS = ("state", "fact", "event", "stage")
"""Why a page is needed, the nearest reason first."""


def _page(entry: Mapping[str, Any], lang: str, today: str) -> Data:
    until = entry.get("until")
    return {
        "id": entry["id"],
        "title": text(entry["title"], lang),
        "text": text(entry["text"], lang),
        "until": until,
        "over": until is not None and until < today,
        "because": None,
        "rests_on": citations(entry, lang),
    }


def _stages(desk: Desk, case: str) -> set[str]:
    """The stages that a case's open tracks are in."""
    states = desk.engine.shelf.table(desk.show(case)["procedure"]["hash"]).procedure.states
    here = [track["state"] for track in desk.show(case)["tracks"] if not track["final"]]
    return {states[state].stage for state in here if state in states}


def _because(needs: Mapping[str, Any], show: Data, stages: set[str]) -> str | None:
    """Why a case needs a page now, by the nearest reason; None where it does not."""
    respondents = needs.get("respondents")
    if respondents and show["facts"].get("respondent", respondents[0]) not in respondents:
        return None
    states = {t["state"] for t in show["tracks"] if not t["final"]}
    last = {t["state"] for t in show["tracks"] if t["final"]} if not show["open"] else set()
    if set(needs.get("states", ())) & (states | last):
        return "state"
    if any(_holds(each, show["facts"]) for each in needs.get("facts", ())):
        return "fact"
    if set(needs.get("events", ())) & {row["event"] for row in show["history"]}:
        return "event"
    return "stage" if set(needs.get("stages", ())) & stages else None


def _holds(fact: str, facts: Mapping[str, Any]) -> bool:
    """Whether a fact is filled in, or has the value after `=`. An amount of nothing is not filled in."""
    name, sign, value = fact.partition("=")
    found = facts.get(name)
    if sign:
        return str(found).lower() == value
    return found is not None and str(found).strip("0.") != ""
