"""What a refusal tells: where the case was then, what was lacking then, and the whole command that mends it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from escalation import Desk, open_store
from escalation.errors import BadInput, Refused, Unmapped
from escalation.wording import error_lines
from tui.screens.refusals import refusal_lines
from tui.words import words

PARCEL = Path(__file__).parent.parent / "procedures" / "parcel-dispute.yaml"
Opened = Callable[[str], Desk]


@pytest.fixture
def at(tmp_path: Path) -> Opened:
    """The test's own store at an instant."""
    return lambda now: open_store(tmp_path / "cases.db", now=now)


@pytest.fixture
def order(at: Opened) -> str:
    """A payment order served on 2 March: the day to pay passed on the 17th."""
    with at("2026-03-02T10:00") as desk:
        case = desk.open("court-papers")
        desk.record(case, "papers_received", {"kind": "payment_order"})
    return case


def refused(desk: Desk, case: str, event: str, data: dict[str, str], at: str | None) -> Refused:
    with pytest.raises(Refused) as found:
        desk.record(case, event, data, at=at)
    return found.value


def told(desk: Desk, case: str, error: Exception, lang: str = "en") -> str:
    titles = desk.titles(case)
    return "\n".join(error_lines(error, lang, titles))


OBJECTION = {"objection": "written_on_the_debt"}


def test_a_late_entry_is_refused_by_where_the_case_was_then_and_says_where_it_is_now(at: Opened, order: str) -> None:
    with at("2026-04-20T10:00") as desk:
        error = refused(desk, order, "order_objected", OBJECTION, "2026-03-10")
        en, zh = told(desk, order, error), told(desk, order, error, "zh")

    assert "On Tue 10 Mar the case was in: Payment order - fifteen days. Now it is in: Past the day to pay." in en
    assert "3月10日 周二那时，案件在" in zh
    assert error.facts()["states"] == {"main": "order_open"}
    assert error.facts()["states_now"] == {"main": "overdue"}
    assert error.facts()["at"] == "2026-03-10T12:00:00+08:00"


def test_the_same_is_told_where_the_daemon_kept_the_case_meanwhile(at: Opened, order: str) -> None:
    with at("2026-04-20T09:00") as desk:
        desk.catch_up()
    with at("2026-04-20T10:00") as desk:
        error = refused(desk, order, "order_objected", OBJECTION, "2026-03-10")

    assert error.facts()["states"] == {"main": "order_open"}
    assert error.facts()["states_now"] == {"main": "overdue"}


def test_what_cannot_come_as_supposed_is_told_of_that_day_and_not_of_now(at: Opened, order: str) -> None:
    with at("2026-03-03T10:00") as desk:
        with pytest.raises(Refused) as found:
            desk.forecast(order, [("order_objected", "2026-03-25", OBJECTION)])
        en, zh = told(desk, order, found.value), told(desk, order, found.value, "zh")

    assert "could not be recorded on Wed 25 Mar" in en
    assert "The case would then be in: Past the day to pay." in en
    assert "What could be recorded then:" in en
    assert "3月25日 周三 那天记不了" in zh
    assert " now" not in en.lower().replace("now in", "")
    assert "现在可以" not in zh
    assert found.value.facts()["states_now"] == {"main": "order_open"}


def test_a_branch_that_the_given_data_exclude_is_not_asked_for(at: Opened, order: str) -> None:
    with at("2026-04-20T10:00") as desk:
        error = refused(desk, order, "order_objected", OBJECTION, "2026-03-10")
        text = told(desk, order, error)

    assert [each["to"] for each in error.facts()["missing"]] == ["order_objection_waiting"]
    assert "oral" not in text


def test_a_refusal_keeps_the_only_branch_there_is_though_the_data_exclude_it(tmp_path: Path) -> None:
    text = PARCEL.read_text("utf-8")
    guarded = text.replace("requires: [evidence]", "when: \"event.channel == 'letter'\"", 1)
    assert guarded != text
    file = tmp_path / "parcel.yaml"
    file.write_text(guarded, "utf-8")
    with open_store(tmp_path / "c.db", now="2026-03-02T10:00") as desk:
        case = desk.open(str(file))
        error = refused(desk, case, "claim_sent", {"channel": "app", "amount": "300"}, None)

    assert [each["when"] for each in error.facts()["missing"]] == ["event.channel == 'letter'"]


def test_the_commands_that_a_refused_late_entry_names_let_it_in(at: Opened, order: str, tmp_path: Path) -> None:
    with at("2026-04-20T10:00") as desk:
        text = told(desk, order, refused(desk, order, "order_objected", OBJECTION, "2026-03-10"))
        commands = [shlex.split(line) for line in text.splitlines() if line.strip().startswith("escalation done")]
        for _, _, case, item, *when in commands:
            if re.search(r"copies|letter", item):
                desk.attach(case, PARCEL, item=item)
            desk.done(case, item, at=dict(zip(when[::2], when[1::2], strict=True))["--at"])
        state = desk.record(order, "order_objected", OBJECTION, at="2026-03-10")["tracks"][0]["state"]

    assert len(commands) == 7
    assert state == "order_objection_waiting"


def test_the_moment_is_told_where_the_entry_had_one(at: Opened, order: str) -> None:
    with at("2026-04-20T10:00") as desk:
        text = told(desk, order, refused(desk, order, "order_objected", OBJECTION, "2026-03-10T15:30"))

    assert "On Tue 10 Mar, 15:30 the case was in" in text
    assert "--at 2026-03-10T15:30" in text


def test_an_entry_of_now_is_refused_without_a_word_of_another_time(at: Opened, order: str) -> None:
    with at("2026-03-03T10:00") as desk:
        error = refused(desk, order, "order_objected", OBJECTION, None)
        text = told(desk, order, error)

    assert "The case is in: Payment order - fifteen days." in text
    assert "--at" not in text
    assert error.facts()["states"] == error.facts()["states_now"]


def test_a_late_entry_of_a_state_that_still_is_says_no_other_state(at: Opened, order: str) -> None:
    with at("2026-03-05T10:00") as desk:
        text = told(desk, order, refused(desk, order, "order_objected", OBJECTION, "2026-03-03"), "en")

    assert "The case is in: Payment order - fifteen days." in text
    assert "--at 2026-03-03" in text
    assert "Now it is" not in text


def test_facts_that_had_to_be_set_by_then_are_told_with_the_whole_command(tmp_path: Path) -> None:
    text = PARCEL.read_text("utf-8").replace("requires: [evidence]", 'when: "facts.offered > 1"', 1)
    file = tmp_path / "parcel.yaml"
    file.write_text(text, "utf-8")
    with open_store(tmp_path / "c.db", now="2026-03-02T10:00") as desk:
        case = desk.open(str(file))
    with open_store(tmp_path / "c.db", now="2026-03-06T10:00") as desk:
        error = refused(desk, case, "claim_sent", {"channel": "app", "amount": "300"}, "2026-03-04")

        assert f"escalation facts {case} offered=… --at 2026-03-04" in told(desk, case, error)


def on_screen(error: Exception, desk: Desk, case: str) -> list[str]:
    return refusal_lines(error, words("zh"), desk.titles(case), (), lambda name, text: None)


def test_a_form_says_where_the_case_was_then_and_names_no_command(at: Opened, order: str) -> None:
    with at("2026-04-20T10:00") as desk:
        lines = on_screen(refused(desk, order, "order_objected", OBJECTION, "2026-03-10"), desk, order)
    text = "\n".join(lines)

    assert "3月10日 周二那时还不能记" in lines[0]
    assert "没有写入" in lines[0]
    assert "现在是" in lines[1]
    assert "escalation" not in text
    assert "oral" not in text
    assert "要是3月10日 周二那时其实已经办好了" in text


def test_a_form_says_an_instant_before_the_opening_in_words(at: Opened, order: str) -> None:
    with at("2026-04-20T10:00") as desk:
        with pytest.raises(BadInput) as found:
            desk.record(order, "order_objected", OBJECTION, at="2026-02-27")
        (line,) = on_screen(found.value, desk, order)

    assert "2026年3月2日 周一 10:00" in line
    assert "T" not in line


# -- instants ----------------------------------------------------------------------------------------


def wrong(call: Callable[[], object], lang: str = "zh") -> str:
    with pytest.raises(BadInput) as found:
        call()
    return "\n".join(error_lines(found.value, lang))


def test_an_instant_in_a_message_is_local_and_said_like_everywhere(at: Opened, order: str) -> None:
    with at("2026-04-20T10:00") as desk:
        zh = wrong(lambda: desk.record(order, "order_objected", OBJECTION, at="2026-02-27"))
        en = wrong(lambda: desk.note(order, "x", at="2026-02-27T09:30"), "en")

    assert "2026年3月2日 周一 10:00" in zh
    assert "2026-02-27" in zh
    assert "Mon 2 Mar 2026, 10:00" in en
    assert not re.search(r"\d\dT\d\d:\d\d:|\+00:00", zh + en.replace("2026-02-27T09:30", ""))


def test_an_opening_that_is_moved_behind_an_entry_is_told_by_that_entry(at: Opened, order: str) -> None:
    with at("2026-04-20T10:00") as desk:
        zh = wrong(lambda: desk.amend(order, 1, at="2026-04-01"))

    assert "2026年3月2日 周一 10:00" in zh
    assert "2026-04-01" in zh
    assert "amend" not in zh


def test_a_clock_that_is_behind_is_told_in_local_words(at: Opened, order: str) -> None:
    with at("2026-03-01T10:00") as desk:
        zh = wrong(lambda: desk.note(order, "x"))

    assert "2026年3月2日 周一 10:00" in zh
    assert not re.search(r"\d\dT\d\d:\d\d:|\+00:00", zh)


# -- another procedure --------------------------------------------------------------------------------


def test_a_case_that_cannot_move_names_its_state_and_the_command(at: Opened, order: str) -> None:
    with at("2026-03-03T10:00") as desk:
        with pytest.raises(Unmapped) as found:
            desk.migrate(order, "alipay-repayment")
        text = told(desk, order, found.value)

    assert "Payment order - fifteen days" in text
    assert f"escalation migrate {order} --to alipay-repayment --map order_open=" in text
    assert "escalation procedure show alipay-repayment" in text
    assert 'migrate" cannot be recorded' not in text
    assert found.value.exit_code == 3


def test_a_state_that_was_mapped_to_a_near_miss_is_not_found(at: Opened, order: str) -> None:
    from escalation.errors import NotFound

    with at("2026-03-03T10:00") as desk, pytest.raises(NotFound) as found:
        desk.migrate(order, "alipay-repayment", mapping={"order_opn": "preparing"})

    assert (found.value.what, found.value.key, found.value.meant) == ("state", "order_opn", "order_open")
