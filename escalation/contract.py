"""One's own contract, clause by clause, read against the rules that can be checked.

Nothing here says that a contract is lawful: a clause `fits` the one rule it was held against. Texts and citations are
in `states/ground/contract.toml`, limits of rates in `states/ceilings.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Context, Decimal
from typing import Any

from escalation.said import typed
from escalation.sourced import CITABLE, citations, ground, text
from states.model import Value

Data = dict[str, Any]

AGAINST, ASK, UNCHECKED, FITS = "against_rule", "worth_asking", "not_checkable", "fits"
ORDER = (AGAINST, ASK, UNCHECKED, FITS)
SHEET_SINCE = date(2026, 8, 1)
"""Contracts signed since then need a sheet of the total cost. Source: the rule on stating total cost, 15 March 2026."""
SHEET_LENDERS = ("bank", "consumer_finance", "micro_lender")
TOO_HIGH = Decimal("1.3")
"""A penalty above the loss by more than 30 % is usually too high. Source: interpretation on contracts, art. 65."""
_TEXT_MOST = 300


def clauses(lang: str) -> list[Data]:
    """What can be entered, in order: `id`, `type`, `of` (choices), `title`, `where` (in the contract it stands)."""
    return [
        {
            "id": id,
            "type": each["type"],
            "of": each.get("of"),
            "title": text(each["title"], lang),
            "where": text(each["where"], lang),
        }
        for id, each in ground("contract")["clause"].items()
    ]


def entered(given: Mapping[str, Any]) -> Data:
    """Clauses as a case stores them. Raises: BadInput with every one that is wrong."""
    return typed(_defined(), given, require=False)


def read(values: Mapping[str, Any], lang: str) -> Data:
    """The findings about clauses as stored.

    Shape: `clauses` (those entered), `missing` (those not), `findings`: each `clause`, `title`, `finding`
    (`against_rule`, `worth_asking`, `not_checkable`, `fits`; in this order), `text`, `sum` (yuan, or None), `rate`
    (percent a year, or None), `source`, `article`, `certainty` of the first citation, and all in `rests_on`;
    `notes`: what is often believed to bind this lender and does not (`title`, `text`, `source`, `certainty`).
    """
    known = {name: values[name] for name in _defined() if values.get(name) is not None}
    found = [*_lender(known, lang), *_received(known, lang), *_rates(known, lang), *_penalty(known, lang),
             *_terms(known, lang), *_sheet(known, lang), *_forum(known, lang)]  # fmt: skip
    found.sort(key=lambda each: ORDER.index(each["finding"]))
    return {
        "clauses": known,
        "missing": [name for name in _defined() if name not in known],
        "findings": found,
        "notes": _notes(known.get("respondent"), lang),
    }


def _defined() -> dict[str, Value]:
    return {
        id: Value(
            type=each["type"],
            of=each.get("of"),
            min=0 if each["type"] in ("money", "percent") else None,
            max_length=_TEXT_MOST if each["type"] == "text" else None,
        )
        for id, each in ground("contract")["clause"].items()
    }


# -- clause by clause -------------------------------------------------------------------------------------------


def _lender(known: Data, lang: str) -> Iterator[Data]:
    if "respondent" not in known:
        yield _finding("lender_unknown", lang)
    elif known["respondent"] == "debt_buyer":
        yield _finding("sold_debt", lang)


def _received(known: Data, lang: str) -> Iterator[Data]:
    """Source: Civil Code, art. 670."""
    principal, received = _number(known, "contract_principal"), _number(known, "received_amount")
    if principal is None or received is None:
        if principal is not None or received is not None:
            yield _finding("not_received", lang)
    elif received < principal:
        rate = _number(known, "contract_rate")
        real = _percent(rate * principal / received) if rate and received else None
        facts = {"principal": _money(principal), "received": _money(received), "sum": _money(principal - received)}
        found = _finding("prepaid", lang, **facts) | {"sum": f"{principal - received:.2f}", "rate": real}
        if real is not None:
            entry = ground("contract")["finding"]["prepaid"]
            found["text"] += ("" if lang == "zh" else " ") + entry[f"rate_{_lang(lang)}"].format(rate=real)
        yield found
    else:
        yield _finding("full" if received == principal else "more_received", lang)


def _rates(known: Data, lang: str) -> Iterator[Data]:
    """Each rate alone, and both together, against the limits for this kind of lender."""
    from states.ceilings import ceilings

    if "respondent" not in known:
        return
    rate, penalty = _number(known, "contract_rate"), _number(known, "penalty_rate")
    if rate is None:
        yield _finding("rate_unknown", lang)
        return
    limits = [c for c in ceilings(known["respondent"]) if c.applies == "yes" and c.limit is not None]
    if not limits:
        yield _finding("rate_no_line", lang)
    what = _WHAT[_lang(lang)]
    for limit in limits:
        assert limit.limit is not None
        held = [("contract_rate", rate)]
        if penalty is not None and rate <= limit.limit < rate + penalty:
            held.append(("penalty_rate", rate + penalty))
        for clause, total in held:
            id = "rate_above" if total > limit.limit else "rate_within"
            facts = {"what": what[clause], "rate": _percent(total), "limit": limit.limit, "rule": limit.text.said(lang)}
            source = {
                "source": limit.id, "title": limit.source.said(lang), "number": None, "article": None,
                "certainty": limit.certainty, "effective": limit.effective, "until": None, "url": limit.url or None,
                "document": False,
            }  # fmt: skip
            yield _finding(id, lang, **facts) | _rests([source]) | {
                "clause": clause, "title": _title(clause, lang), "rate": _percent(total),
            }  # fmt: skip


def _penalty(known: Data, lang: str) -> Iterator[Data]:
    """Source: Civil Code, art. 585; interpretation on contracts, art. 64, 65."""
    rate, penalty = _number(known, "contract_rate"), _number(known, "penalty_rate")
    if penalty is not None:
        if not rate:
            yield _finding("penalty_alone", lang)
        else:
            over = _percent((penalty / rate - 1) * 100)
            id = "penalty_rate" if penalty > rate * TOO_HIGH else "penalty_rate_low"
            yield _finding(id, lang, penalty=_percent(penalty), rate=_percent(rate), over=over)
    damages = _number(known, "liquidated_damages")
    if damages:
        yield _finding("damages", lang, sum=_money(damages)) | {"sum": f"{damages:.2f}"}


def _terms(known: Data, lang: str) -> Iterator[Data]:
    if "terms_changed_alone" in known:
        yield _finding("changed" if known["terms_changed_alone"] else "not_changed", lang)
    if "clauses_pointed_out" in known:
        yield _finding("pointed_out" if known["clauses_pointed_out"] else "not_pointed_out", lang)


def _sheet(known: Data, lang: str) -> Iterator[Data]:
    seen, beyond = known.get("cost_sheet_seen"), known.get("charged_beyond_sheet")
    if known.get("respondent", SHEET_LENDERS[0]) not in SHEET_LENDERS:
        return
    if "signed_on" not in known:
        if seen is not None or beyond is not None:
            yield _finding("sheet_when", lang)
        return
    if date.fromisoformat(known["signed_on"]) < SHEET_SINCE:
        yield _finding("sheet_too_early", lang)
        return
    if seen is not None:
        yield _finding("sheet_seen" if seen else "sheet_missing", lang)
    if beyond is not None:
        yield _finding("beyond_sheet" if beyond else "within_sheet", lang)


def _forum(known: Data, lang: str) -> Iterator[Data]:
    if "arbitration_clause" in known:
        yield _finding("arbitration" if known["arbitration_clause"] else "no_arbitration", lang)
    if known.get("jurisdiction_clause"):
        yield _finding("court", lang, court=known["jurisdiction_clause"])


def _notes(respondent: str | None, lang: str) -> list[Data]:
    """What people believe bounds this lender's rates, and does not."""
    from states.ceilings import ceilings

    found = ceilings(respondent) if respondent else ()
    return [
        {
            "title": each.title.said(lang),
            "text": each.text.said(lang),
            "source": each.source.said(lang),
            "certainty": each.certainty,
        }
        for each in found
        if each.applies == "no" and each.certainty in CITABLE
    ]


# -- saying it ----------------------------------------------------------------------------------------------------

_WHAT = {
    "zh": {"contract_rate": "合同利率", "penalty_rate": "合同利率加上罚息（两样一起收的话）"},
    "en": {"contract_rate": "The contract rate", "penalty_rate": "Contract and penalty rate, if both are charged"},
}  # fmt: skip


def _finding(id: str, lang: str, **facts: Any) -> Data:
    entry = ground("contract")["finding"][id]
    said = entry[_lang(lang)]
    return {
        "clause": entry["clause"],
        "title": _title(entry["clause"], lang),
        "finding": entry["finding"],
        "text": said.format_map(facts) if facts else said,
        "sum": None,
        "rate": None,
        **_rests(citations(entry, lang)),
    }


def _rests(cites: list[Data]) -> Data:
    first = cites[0] if cites else {"title": None, "article": None, "certainty": None}
    return {
        "source": first["title"],
        "article": first["article"],
        "certainty": first["certainty"],
        "rests_on": cites,
    }


def _title(clause: str, lang: str) -> str:
    return text(ground("contract")["clause"][clause]["title"], lang)


def _lang(lang: str) -> str:
    return "zh" if lang == "zh" else "en"


def _number(known: Data, name: str) -> Decimal | None:
    return Decimal(str(known[name])) if name in known else None


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def _percent(value: Decimal) -> str:
    """Percent with at most two decimals."""
    return f"{value.quantize(Decimal('0.01'), context=Context(prec=60)):f}".rstrip("0").rstrip(".")
