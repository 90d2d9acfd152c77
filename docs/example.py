"""A case followed by another program: opened, moved on, asked about, corrected. Run it: `python docs/example.py`."""

# ruff: noqa: T201  (it shows what it does)

from pathlib import Path
from tempfile import TemporaryDirectory

from escalation import open_store
from escalation.errors import Refused

with TemporaryDirectory() as folder:
    store = Path(folder) / "cases.db"
    with open_store(store, now="2026-03-02T10:00") as desk:
        case = desk.open("alipay-repayment", title="A loan", facts={"amount_owed": "12000"})
        try:
            desk.record(case, "proposal_sent", {"channel": "app"})
        except Refused as refused:
            print("still missing:", refused.facts()["missing"][0]["checklists"])
        desk.done(case, "hardship.statement")
        shown = desk.record(case, "proposal_sent", {"channel": "app", "monthly": "600"}, key="import-7")
        print("last day to answer:", shown["deadlines"][0]["due"])

    # Ten days later the clock has moved the case on; nobody had to run for that.
    with open_store(store, now="2026-03-13T09:00") as desk:
        print("now in:", desk.show(case)["tracks"][0]["state"])
        late = desk.record(case, "offer_made", {"monthly": "550"}, at="2026-03-11", preview=True)
        print("undone by the letter of the 11th:", [lapse["id"] for lapse in late["undone"]])
        desk.record(case, "offer_made", {"monthly": "550"}, at="2026-03-11")
        advice = desk.next(case)
        print("next:", advice["do"]["text"], "| by:", advice["by"])
