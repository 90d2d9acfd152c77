"""Letters from a case: what is offered and missing, what is written, and what never is."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from letters import CLAIM, DOCUMENTS, procedure_with_letters
from pypdf import PdfReader

from escalation import Desk, open_store
from escalation.errors import BadInput, NotFound
from escalation.wording import error_lines
from states.errors import ProcedureError

At = Callable[[str], Desk]
LATER = "2026-03-05T10:00"
NAME = {"my_name": "王喆堃"}


@pytest.fixture
def at(tmp_path: Path) -> Iterator[At]:
    """Opens the test's store at an instant; the one before is closed."""
    opened: list[Desk] = []

    def desk(now: str, lang: str = "zh") -> Desk:
        while opened:
            opened.pop().close()
        opened.append(open_store(tmp_path / "store" / "cases.db", now=now, lang=lang))
        return opened[-1]

    yield desk
    for each in opened:
        each.close()


@pytest.fixture
def case(at: At, tmp_path: Path) -> str:
    """A case that has been claimed, with a waybill attached."""
    desk = at("2026-03-02T10:00")
    case = desk.open(str(procedure_with_letters(tmp_path / "mine")))
    (tmp_path / "waybill.txt").write_text("waybill")
    desk.attach(case, tmp_path / "waybill.txt", title="运单", item="waybill")
    desk.done(case, "waybill")
    desk.done(case, "photos")
    desk.record(case, "claim_sent", {"channel": "app", "amount": "300"})
    return case


def test_letters_that_fit_the_present_state_stand_first(at: At, case: str) -> None:
    rows = at(LATER).letters.offered(case)

    assert [(row["document"], row["fits"], row["ready"]) for row in rows] == [
        ("claim_letter", True, False), ("thanks", False, False),
    ]  # fmt: skip
    assert [each["title"] for each in rows[0]["missing"]] == ["我的姓名"]


def test_a_letter_says_what_the_case_knows(at: At, case: str) -> None:
    found = at(LATER).letters.text(case, "claim_letter", NAME)

    assert "本人王喆堃于2026年3月2日提出索赔，损失**300.00元**（叁佰元整）。" in found["markdown"]
    assert "1. 2026年3月2日，我：已提出索赔。" in found["markdown"]
    assert "| 1 | 2026年3月2日 | 运单 |" in found["markdown"]
    assert found["plain"].endswith("王喆堃\n2026年3月5日\n")
    assert (found["limit"], found["length"]) == (400, len(found["plain"].strip()))
    assert found["basis"][0]["certainty"] == "statute"
    assert (found["notes"], found["to"]) == ("附上照片再寄", "快递公司")
    assert [each["name"] for each in found["left_out"]] == ["id_number"]


def test_everything_that_is_missing_is_named_with_where_it_could_come_from(at: At, case: str, tmp_path: Path) -> None:
    desk = at("2026-03-02T10:00")
    bare = desk.open(str(tmp_path / "mine" / "parcel-dispute.yaml"))

    lacks = {each["name"]: (each["required"], each["how"]) for each in desk.letters.missing(bare, "claim_letter")}
    assert lacks == {
        "my_name": (True, "--set my_name=..."),
        "loss": (True, f"facts {bare} loss=..."),
        "claim_sent": (True, f"record {bare} claim_sent"),
        "id_number": (False, "--set id_number=..."),
    }
    with pytest.raises(BadInput) as caught:
        desk.letters.write(bare, "claim_letter", tmp_path / "a.md")
    assert [p.field for p in caught.value.problems] == ["my_name", "loss", "claim_sent"]
    assert not (tmp_path / "a.md").exists()


def test_what_is_given_goes_before_the_fact_and_is_kept_nowhere(at: At, case: str, tmp_path: Path) -> None:
    desk = at(LATER)
    values = NAME | {"loss": "350.5", "id_number": "330102199001011234"}

    text = desk.letters.text(case, "claim_letter", values)["markdown"]
    desk.letters.write(case, "claim_letter", tmp_path / "a.pdf", values)
    assert "350.50元" in text
    assert "身份证号330102199001011234" in text
    assert desk.show(case)["facts"]["loss"] == "300.00"
    assert len(desk.log(case)) == 5
    kept = b"".join(p.read_bytes() for p in (tmp_path / "store").rglob("*") if p.is_file())
    assert b"330102199001011234" not in kept


def test_an_emptied_field_is_not_taken_from_the_case(at: At, case: str) -> None:
    with pytest.raises(BadInput) as caught:
        at(LATER).letters.text(case, "claim_letter", NAME | {"loss": ""})

    assert [(p.field, p.expected) for p in caught.value.problems] == [("loss", "letter_fact")]


def test_a_wrong_value_is_named(at: At, case: str) -> None:
    with pytest.raises(BadInput) as caught:
        at(LATER).letters.text(case, "claim_letter", {"my_nam": "x", "loss": "much"})

    assert {(p.field, p.expected, p.meant) for p in caught.value.problems} == {
        ("my_nam", "unknown", "my_name"), ("loss", "money", None),
    }  # fmt: skip


def test_a_corrected_entry_is_said_as_corrected_and_a_withdrawn_one_not_at_all(at: At, case: str) -> None:
    desk = at(LATER)
    seq = desk.log(case)[-1]["seq"]
    desk.amend(case, seq, at="2026-03-03")
    assert "于2026年3月3日提出索赔" in desk.letters.text(case, "claim_letter", NAME)["markdown"]

    desk.withdraw(case, seq)
    assert "claim_sent" in {each["name"] for each in desk.letters.missing(case, "claim_letter")}


def test_the_english_version_is_to_read(at: At, case: str) -> None:
    found = at(LATER).letters.text(case, "claim_letter", NAME, english=True)

    assert (found["language"], found["title"]) == ("en", "Claim")
    assert "I, 王喆堃, claimed on 2 March 2026: **300.00 yuan**." in found["markdown"]
    with pytest.raises(NotFound):
        at(LATER).letters.text(case, "thanks", NAME, english=True)


@pytest.mark.parametrize("suffix", [".pdf", ".md", ".docx", ".txt", ".PDF"])
def test_a_file_is_private_and_the_same_each_time(at: At, case: str, tmp_path: Path, suffix: str) -> None:
    for name in ("a", "b"):
        at(LATER).letters.write(case, "claim_letter", tmp_path / (name + suffix), NAME)
    one, other = (tmp_path / (name + suffix) for name in "ab")

    assert one.read_bytes() == other.read_bytes()
    assert stat.S_IMODE(os.stat(one).st_mode) == 0o600
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


def test_a_file_that_is_there_is_left_as_it_is(at: At, case: str, tmp_path: Path) -> None:
    there = tmp_path / "a.md"
    there.write_text("mine")
    letters = at(LATER).letters

    with pytest.raises(BadInput) as caught:
        letters.write(case, "claim_letter", there, NAME)
    assert caught.value.problems[0].expected == "letter_exists"
    assert there.read_text() == "mine"
    letters.write(case, "claim_letter", there, NAME, overwrite=True)
    assert there.read_text("utf-8").startswith("# 索赔函")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a", "letter_format"), ("a.exe", "letter_format"), ("no/a.md", "letter_folder"), ("folder.md", "letter_exists"),
     ("a" * 300 + ".md", "new_file"), ("a\0.md", "new_file"), ("link.md", "letter_exists")],
)  # fmt: skip
def test_where_no_letter_can_go_is_said_and_nothing_written(
    at: At, case: str, tmp_path: Path, name: str, expected: str
) -> None:
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "link.md").symlink_to(tmp_path / "elsewhere.md")
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises(BadInput) as caught:
        at(LATER).letters.write(case, "claim_letter", tmp_path / name, NAME)
    assert caught.value.problems[0].expected == expected
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["folder.md", "link.md"])
def test_overwriting_follows_no_link_and_replaces_no_folder(at: At, case: str, tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "elsewhere.md").write_text("mine")
    (tmp_path / "link.md").symlink_to(tmp_path / "elsewhere.md")

    with pytest.raises(BadInput) as caught:
        at(LATER).letters.write(case, "claim_letter", tmp_path / name, NAME, overwrite=True)
    assert caught.value.problems[0].expected == "letter_no_file"
    assert (tmp_path / "elsewhere.md").read_text() == "mine"


def test_a_kept_letter_is_attached_and_is_no_evidence_for_itself(at: At, case: str, tmp_path: Path) -> None:
    desk = at(LATER)
    found = desk.letters.write(case, "claim_letter", tmp_path / "a.pdf", NAME, keep=True)

    entry = desk.log(case)[-1]
    assert (entry["seq"], entry["kind"], entry["title"], entry["type"]) == (found["seq"], "attach", "索赔函", "letter")
    assert "索赔函 |" not in desk.letters.text(case, "claim_letter", NAME)["markdown"]


def test_a_character_that_no_font_has_leaves_no_file(at: At, case: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        at(LATER).letters.write(case, "claim_letter", tmp_path / "a.pdf", {"my_name": "王\U0010ffff"})

    assert "U+10FFFF" in "\n".join(error_lines(caught.value, "zh"))
    assert not list(tmp_path.glob("*.pdf"))


@pytest.mark.parametrize(
    "name",
    ["**粗**", "#sys.inputs", "{{ today }}", "[x](y)", "|列|", "</w:t>", "\u202e反\x1b[31m", "王" * 10_000, "a\n\n# b"],
    ids=range(9),
)
def test_what_a_person_typed_is_said_as_it_is(at: At, case: str, tmp_path: Path, name: str) -> None:
    letters = at(LATER).letters
    letters.write(case, "claim_letter", tmp_path / "a.pdf", NAME | {"id_number": name})
    letters.write(case, "claim_letter", tmp_path / "a.docx", NAME | {"id_number": name})

    blocks = letters.text(case, "claim_letter", NAME | {"id_number": name})["blocks"]
    said = "".join(name.replace("\u202e", "").replace("\x1b", "").split())
    assert [block["kind"] for block in blocks] == [
        "heading", "paragraph", "paragraph", "heading", "list", "table", "note", "paragraph", "paragraph", "right",
    ]  # fmt: skip
    printed = "".join(page.extract_text() for page in PdfReader(io.BytesIO((tmp_path / "a.pdf").read_bytes())).pages)
    if len(name) < 100:
        assert said in "".join(printed.split())
    assert said in "".join("".join(run["text"] for run in blocks[2]["runs"]).split())


def test_the_templates_of_an_opened_file_are_kept_with_the_store(at: At, case: str, tmp_path: Path) -> None:
    for file in (tmp_path / "mine").rglob("*.*"):
        file.unlink()

    assert "王喆堃" in at(LATER).letters.text(case, "claim_letter", NAME)["plain"]
    kept = list((tmp_path / "store" / "templates").rglob("*.md"))
    assert {stat.S_IMODE(p.stat().st_mode) for p in kept} == {0o600}
    assert {stat.S_IMODE(p.parent.stat().st_mode) for p in kept} == {0o700}


def test_an_installed_procedure_brings_its_templates(at: At, tmp_path: Path) -> None:
    desk = at(LATER)
    desk.install(str(procedure_with_letters(tmp_path / "mine")))
    (tmp_path / "mine" / "templates" / "claim.md").unlink()

    assert "claim_letter" in {row["document"] for row in desk.letters.offered(desk.open("parcel-dispute"))}


def test_a_template_that_is_gone_is_said_and_hides_no_other(at: At, case: str, tmp_path: Path) -> None:
    for file in (tmp_path / "store" / "templates").rglob("claim.md"):
        file.unlink()
    letters = at(LATER).letters

    rows = {row["document"]: row["problem"] for row in letters.offered(case)}
    assert rows["thanks"] is None
    assert "claim.md" in str(rows["claim_letter"])
    with pytest.raises(NotFound):
        letters.text(case, "claim_letter", NAME)


def test_a_letter_that_the_procedure_does_not_have_is_not_found(at: At, case: str) -> None:
    with pytest.raises(NotFound) as caught:
        at(LATER).letters.text(case, "clam_letter")

    assert caught.value.meant == "claim_letter"


@pytest.mark.parametrize(
    ("claim", "documents", "code"),
    [
        (CLAIM.replace("{{ loss | money }}", "{{ losses }}"), DOCUMENTS, "template-undefined"),
        (CLAIM.replace("last.claim_sent]", "last.claim_snt]"), DOCUMENTS, "undefined-event"),
        (CLAIM.replace("loss", "lost"), DOCUMENTS, "template-no-fact"),
        (CLAIM.replace("id_number", "identity"), DOCUMENTS, "template-differs"),
        (CLAIM, DOCUMENTS.replace("thanks.md", "../thanks.md"), "undefined-template"),
        (CLAIM, DOCUMENTS.replace("thanks.md", "thanks.typ"), "undefined-template"),
    ],
    ids=["name", "event", "fact", "language", "folder", "none"],
)
def test_a_procedure_with_a_template_that_cannot_be_used_is_refused(
    at: At, tmp_path: Path, claim: str, documents: str, code: str
) -> None:
    file = procedure_with_letters(tmp_path / "mine", claim=claim, documents=documents)

    with pytest.raises(ProcedureError) as caught:
        at(LATER).open(str(file))
    assert code in {finding.code for finding in caught.value.problems}
    assert not (tmp_path / "store" / "templates").exists()


def test_what_a_form_asks_says_what_is_kept(at: At, case: str) -> None:
    rows: dict[str, Any] = {row["name"]: row for row in at(LATER).letters.asked(case, "claim_letter", NAME)}

    assert list(rows) == ["my_name", "loss", "id_number"]
    assert (rows["loss"]["value"], rows["loss"]["kept"], rows["loss"]["type"]) == ("300.00", True, "money")
    assert (rows["my_name"]["value"], rows["my_name"]["kept"]) == ("王喆堃", False)
    assert rows["id_number"]["why"] == "对方要核对是不是本人"
