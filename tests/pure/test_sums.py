"""Sums of money as people type them: one reader for the command line, imports and the screens."""

from __future__ import annotations

import pytest

from escalation.core.values import Wrong, read_value
from states.model import Value


@pytest.mark.parametrize(
    ("typed", "sum"),
    [
        ("12000", "12000.00"), ("￥1,200", "1200.00"), ("¥  1,200.50", "1200.50"), ("１２００　元", "1200.00"),
        ("1200  元", "1200.00"), ("350.5块", "350.50"), ("300块钱", "300.00"), ("1.2万", "12000.00"),
        ("1.2 万元", "12000.00"), ("3千", "3000.00"), ("1,200万", "12000000.00"), ("1200元整", "1200.00"),
        ("人民币 1200", "1200.00"),
        ("+5", "5.00"), ("１，２００", "1200.00"), (".5", "0.50"), ("5.", "5.00"), ("0.0001万", "1.00"),
    ],
)  # fmt: skip
def test_a_sum_is_read_as_people_write_it(typed: str, sum: str) -> None:
    assert read_value(Value(type="money", min=0), typed) == sum


@pytest.mark.parametrize("typed", ["-5", "－5", "−5元", "¥-5", "-1.2万"])
def test_a_sum_below_nothing_is_told_by_its_bound(typed: str) -> None:
    assert read_value(Value(type="money", min=0), typed) == Wrong("min", "0")


@pytest.mark.parametrize("typed", ["$5", "US$ 1,200", "100 美元", "€5", "5 HKD", "＄5"])
def test_other_money_is_told_apart_from_what_is_no_sum(typed: str) -> None:
    assert read_value(Value(type="money"), typed) == Wrong("yuan")


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "元", "¥", "1,2", "1,20", "12,00", "1,2000", "1 200", "1.2.3", "x万", "万", "很多", "1.005", "--5",
        "1e3", ".", "1200元元",
    ],
)  # fmt: skip
def test_what_is_no_sum_is_refused(typed: str) -> None:
    assert read_value(Value(type="money"), typed) == Wrong("money")
