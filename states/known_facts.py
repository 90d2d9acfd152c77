"""Facts that the program reads by their names, in whatever procedure: for budgets, plans, contracts and letters.

A procedure that defines them gets the commands `plan`, `write` and `ground` for nothing. They count as used.
Documented for authors of procedures in docs/writing-procedures.md.
"""

from __future__ import annotations

BUDGET = ("income_", "cost_", "debts_")
"""What a fact of the budget begins with, an amount of money a month. `income_unsure…` may not come."""
MARGIN = "margin_percent"

OFFERS = (
    "amount_owed", "monthly_offer", "months_offer", "first_payment_on", "waiver_asked",
    "offered_monthly", "offered_months", "offered_total",
)  # fmt: skip
AGREED = (
    "plan_kind", "plan_principal", "plan_monthly", "plan_months", "plan_rate", "plan_waived",
    "plan_imputation", "next_instalment_on",
)  # fmt: skip
CONTRACT = (
    "respondent", "lender_name", "contract_number", "signed_on", "contract_principal", "received_amount",
    "contract_rate", "penalty_rate", "liquidated_damages", "jurisdiction_clause", "arbitration_clause",
    "terms_changed_alone", "clauses_pointed_out", "cost_sheet_seen", "charged_beyond_sheet",
)  # fmt: skip
WRITER = ("my_name", "my_phone", "my_address", "complaint_ticket")
BALANCE = (
    "principal_owed", "interest_owed", "penalty_owed", "fees_owed", "overdue_since", "hardship", "hardship_since",
)  # fmt: skip

_ALL = frozenset((MARGIN, *OFFERS, *AGREED, *CONTRACT, *WRITER, *BALANCE))


def is_known(fact: str) -> bool:
    """Whether the program reads a fact of that name."""
    return fact in _ALL or fact.startswith(BUDGET)
