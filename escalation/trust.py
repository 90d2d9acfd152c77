"""Whether somebody who offers help, or wants money, is who they say: questions, and what the answers come to.

The questions are in `states/ground/trust.toml`, each with why it is asked, how to find out, and what it rests on.
The best that can come of it is `looks_genuine`: nobody is called genuine here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from escalation.errors import BadInput, FieldProblem, NotFound
from escalation.sourced import citations, ground, text
from escalation.wording import wording
from states.errors import near_miss

Data = dict[str, Any]

ANSWERS = ("yes", "no", "unknown")
LOOKS_GENUINE, UNCLEAR, WALK_AWAY = "looks_genuine", "unclear", "walk_away"
_SAME = {
    "是": "yes", "有": "yes", "y": "yes", "true": "yes",
    "否": "no", "不": "no", "不是": "no", "没有": "no", "没": "no", "n": "no", "false": "no",
    "不知道": "unknown", "不清楚": "unknown", "?": "unknown", "？": "unknown", "": "unknown",
}  # fmt: skip
"""Other ways to give an answer."""


def kinds(lang: str) -> list[Data]:
    """Whom one can check: `kind`, `title`."""
    return [{"kind": id, "title": text(each["title"], lang)} for id, each in ground("trust")["kind"].items()]


def questions(kind: str, lang: str) -> list[Data]:
    """What to ask of one kind, in order: `id`, `text`, `why`, `how`, `good` (`yes` or `no`), `rests_on`.

    Raises: NotFound.
    """
    return [
        {
            "id": id,
            "text": text(each["text"], lang),
            "why": text(each["why"], lang),
            "how": text(each["how"], lang),
            "good": each["good"],
            "rests_on": citations(each, lang),
        }
        for id, each in _asked(kind)
    ]


def judge(kind: str, answers: Mapping[str, str], lang: str, name: str | None = None) -> Data:
    """What the answers (`yes`, `no`, `unknown`, by question) come to. A question without an answer is `unknown`.

    Shape: `kind`, `title`, `name`, `verdict` (`looks_genuine`, `unclear`, `walk_away`), `questions` (as `questions`,
    each with its `answer` and `effect`: `good`, `open`, `unclear`, `walk_away`), `reasons` (those against it, the
    gravest first), `signs` (their texts), `next` (the question to find out first, or None).
    Raises: NotFound for the kind, BadInput with every answer that is none.
    """
    asked = questions(kind, lang)
    given = _read(kind, answers)
    rules = dict(_asked(kind))
    for each in asked:
        each["answer"] = given.get(each["id"], "unknown")
        each["effect"] = _effect(rules[each["id"]], each["answer"])
    against = [each for each in asked if each["effect"] in (WALK_AWAY, UNCLEAR)]
    against.sort(key=lambda each: each["effect"] != WALK_AWAY)
    unanswered = [each for each in asked if each["effect"] == "open"]
    said = wording(lang)
    verdict = against[0]["effect"] if against else UNCLEAR if unanswered else LOOKS_GENUINE
    return {
        "kind": kind,
        "title": text(ground("trust")["kind"][kind]["title"], lang),
        "name": name,
        "verdict": verdict,
        "questions": asked,
        "reasons": [{k: each[k] for k in ("id", "answer", "effect", "why", "how", "rests_on")} for each in against],
        "signs": [
            said.say("trust.sign", text=each["text"], answer=said.say(f"trust.{each['answer']}")) for each in against
        ],
        "next": None if verdict == WALK_AWAY else next((each["id"] for each in [*unanswered, *against]), None),
    }


def entry(found: Data) -> Data:
    """What the event `third_party_checked` is told of a judgment. Raises: BadInput without a name."""
    if not (found["name"] or "").strip():
        raise BadInput(FieldProblem("name", found["name"], "required"))
    signs = "; ".join(found["signs"])[:1000]
    told = {"name": found["name"], "kind": found["kind"], "verdict": found["verdict"]}
    return told | ({"signs": signs} if signs else {})


def answer_of(text: str) -> str | None:
    """One answer as it is typed: `yes`, `no` or `unknown`; None where it is none of them."""
    said = text.strip().lower()
    said = _SAME.get(said, said)
    return said if said in ANSWERS else None


def _asked(kind: str) -> list[tuple[str, Mapping[str, Any]]]:
    table = ground("trust")
    if kind not in table["kind"]:
        raise NotFound("third_party", kind, near_miss(kind, table["kind"]), tuple(table["kind"]))
    ids = [*table["kind"][kind]["asks"], *table["everyone"]["asks"]]
    found = [(id, table["question"][id]) for id in ids]
    return [(id, each) for id, each in found if kind not in each.get("not_for", ())]


def _read(kind: str, answers: Mapping[str, str]) -> dict[str, str]:
    ids = [id for id, _ in _asked(kind)]
    wrong, found = [], {}
    for id, answer in answers.items():
        said = answer_of(answer)
        if id not in ids:
            wrong.append(FieldProblem("answer", id, "unknown", near_miss(id, ids), limit=", ".join(ids)))
        elif said is None:
            wrong.append(FieldProblem(id, answer, "choice", limit=", ".join(ANSWERS)))
        else:
            found[id] = said
    if wrong:
        raise BadInput(*wrong)
    return found


def _effect(rule: Mapping[str, Any], answer: str) -> str:
    if answer == "unknown":
        return "open" if rule["needed"] else "good"
    return "good" if answer == rule["good"] else str(rule["bad"])
