"""Attached files: whatever they are called and whatever they are, they are kept as they came, or nothing is."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from escalation import Desk, open_store
from escalation.core.entries import Attach, canonical, decode_entry
from escalation.errors import BadInput, NotFound, StoreError
from escalation.evidence import LARGEST, files_of, keep_file, kept_name, path_of

NOW = "2026-03-02T10:00"
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="there are no such files")


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Desk]:
    with open_store(tmp_path / "cases.db", now=NOW) as desk:
        yield desk


@pytest.fixture
def case(opened: Desk, parcel: Path) -> str:
    return opened.open(str(parcel))


def paper(folder: Path, name: str = "contract.pdf", body: bytes = b"%PDF of a contract") -> Path:
    file = folder / name
    file.write_bytes(body)
    return file


def kept(folder: Path) -> list[Path]:
    return [path for path in (folder / "files").rglob("*") if path.is_file()]


# -- what is said of a file --------------------------------------------------------------------------


def test_what_is_said_of_a_file_comes_back_from_an_export_with_the_same_hashes(
    opened: Desk, case: str, tmp_path: Path
) -> None:
    opened.attach(case, paper(tmp_path), type="contract", dated="2025-01-31", proves="what was agreed", item="waybill")
    opened.amend(case, 2, data={"proves": "", "type": "statement"})
    lines = b"".join(opened.export("jsonl", [case]))
    (tmp_path / "lines.jsonl").write_bytes(lines)
    with open_store(tmp_path / "other.db", now=NOW) as other, (tmp_path / "lines.jsonl").open("rb") as source:
        found = other.import_(source)
        again = b"".join(other.export("jsonl", [found["cases"][0]["case"]]))
        row = other.log(found["cases"][0]["case"])[1]

    assert found["skipped"] == []
    assert row["now"] == {"type": "statement", "proves": None}
    assert (row["type"], row["dated"], row["proves"]) == ("contract", "2025-01-31", "what was agreed")
    assert [line.split(b",", 1)[1] for line in again.splitlines()[1:]] == [
        line.split(b",", 1)[1] for line in lines.splitlines()[1:]
    ]


def test_an_entry_of_before_there_were_types_keeps_its_bytes() -> None:
    body = (
        b'{"at":"2026-03-02T02:00:00Z","kind":"attach","name":"a.pdf","recorded_at":"2026-03-02T02:00:00Z",'
        b'"seq":2,"sha256":"' + b"0" * 64 + b'","size":1}'
    )

    assert canonical(decode_entry(body)) == body


def test_everything_that_is_wrong_with_what_is_said_is_told_at_once(opened: Desk, case: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as wrong:
        opened.attach(case, paper(tmp_path), type="recipe", dated="yesterday", proves="x" * 1001)

    assert {p.field: p.expected for p in wrong.value.problems} == {
        "type": "choice", "dated": "date", "proves": "max_length",
    }  # fmt: skip
    assert kept(tmp_path) == []


def test_what_is_said_of_a_file_can_be_corrected_and_taken_out(opened: Desk, case: str, tmp_path: Path) -> None:
    opened.attach(case, paper(tmp_path), type="chat", proves="nothing yet")
    opened.amend(case, 2, data={"type": "contract", "proves": "", "dated": "2025-01-31"})
    (row,) = opened.evidence.exhibits(case)
    with pytest.raises(BadInput):
        opened.amend(case, 2, data={"sha256": "0" * 64})

    assert (row["type"], row["proves"], row["day"]) == ("contract", None, "2025-01-31")
    assert opened.log(case)[1]["now"] == {"type": "contract", "proves": None, "dated": "2025-01-31"}


# -- once, and unaltered -----------------------------------------------------------------------------


def test_the_same_content_is_attached_once_and_again_only_for_another_item(
    opened: Desk, case: str, tmp_path: Path
) -> None:
    first = opened.attach(case, paper(tmp_path), item="waybill")
    same = opened.attach(case, paper(tmp_path, "copy.pdf"))
    same_item = opened.attach(case, paper(tmp_path), item="waybill")
    other_item = opened.attach(case, paper(tmp_path), item="photos")

    assert (same["seq"], same["already"]) == (first["seq"], True)
    assert (same_item["seq"], same_item["already"]) == (first["seq"], True)
    assert "already" not in other_item
    assert other_item["head"] == 3
    assert [(row["label"], row["seqs"], row["items"]) for row in opened.evidence.exhibits(case)] == [
        ("E01", [2, 3], ["evidence.waybill", "evidence.photos"])
    ]


def test_a_file_whose_attachment_was_withdrawn_can_be_attached_anew(opened: Desk, case: str, tmp_path: Path) -> None:
    opened.attach(case, paper(tmp_path))
    opened.withdraw(case, 2)

    assert "already" not in opened.attach(case, paper(tmp_path))


def test_the_same_content_may_stand_in_two_cases(opened: Desk, case: str, parcel: Path, tmp_path: Path) -> None:
    other = opened.open(str(parcel))
    opened.attach(case, paper(tmp_path))

    assert "already" not in opened.attach(other, paper(tmp_path))
    assert len(kept(tmp_path)) == 1


def test_the_copy_can_be_read_by_its_owner_only_and_written_by_nobody(opened: Desk, case: str, tmp_path: Path) -> None:
    opened.attach(case, paper(tmp_path))
    (copy,) = kept(tmp_path)

    assert copy.stat().st_mode & 0o777 == 0o400
    assert copy.parent.stat().st_mode & 0o777 == 0o700


def test_an_altered_and_a_missing_copy_are_named(opened: Desk, case: str, tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        opened.attach(case, paper(tmp_path, name, name.encode()))
    altered, gone, _ = (Path(path_of(row["sha256"], str(tmp_path))) for row in opened.evidence.exhibits(case))
    altered.chmod(0o600)
    altered.write_bytes(b"A.txt")
    gone.unlink()
    found = opened.evidence.verify(case)

    assert (found["files"], found["ok"]) == (3, False)
    assert [(p["name"], p["state"]) for p in found["problems"]] == [("a.txt", "altered"), ("b.txt", "missing")]


def test_a_list_that_is_shown_again_sees_a_change_and_verify_sees_even_one_that_hides(
    opened: Desk, case: str, tmp_path: Path
) -> None:
    opened.attach(case, paper(tmp_path))
    (copy,) = kept(tmp_path)
    states = [opened.evidence.exhibits(case)[0]["state"]]
    then = copy.stat().st_mtime_ns
    copy.chmod(0o600)
    copy.write_bytes(b"%PDF of a contracT")
    os.utime(copy, ns=(then, then))
    hidden = opened.evidence.verify(case)["ok"]
    os.utime(copy, ns=(then + 1, then + 1))
    states.append(opened.evidence.exhibits(case)[0]["state"])

    assert states == ["intact", "altered"]
    assert not hidden


def test_attaching_the_file_once_more_makes_an_altered_copy_whole(opened: Desk, case: str, tmp_path: Path) -> None:
    opened.attach(case, paper(tmp_path))
    (copy,) = kept(tmp_path)
    copy.chmod(0o600)
    copy.write_bytes(b"something else")
    opened.attach(case, paper(tmp_path))

    assert opened.evidence.verify(case)["ok"]


def test_exhibits_are_numbered_by_the_day_on_the_paper(opened: Desk, case: str, tmp_path: Path) -> None:
    opened.attach(case, paper(tmp_path, "new", b"1"))
    opened.attach(case, paper(tmp_path, "old", b"2"), dated="2024-05-01")
    opened.attach(case, paper(tmp_path, "middle", b"3"), dated="2025-05-01")

    assert [(r["label"], r["name"], r["day"]) for r in opened.evidence.exhibits(case)] == [
        ("E01", "old", "2024-05-01"), ("E02", "middle", "2025-05-01"), ("E03", "new", "2026-03-02"),
    ]  # fmt: skip


def test_items_that_want_a_file_are_named_until_they_have_one(opened: Desk, case: str, tmp_path: Path) -> None:
    before = [(row["item"], row["now"]) for row in opened.evidence.missing(case)]
    opened.attach(case, paper(tmp_path), item="waybill")

    assert before == [("evidence.waybill", True)]
    assert opened.evidence.missing(case) == []


def test_what_no_present_step_needs_comes_after_what_one_does(opened: Desk) -> None:
    case = opened.open("alipay-repayment")

    wanted = opened.evidence.missing(case)

    assert [row["item"] for row in wanted if row["now"]] == ["hardship.proof"]
    assert wanted[0]["item"] == "hardship.proof"
    assert "court_answer.papers" in [row["item"] for row in wanted if not row["now"]]


# -- hostile files -----------------------------------------------------------------------------------


@POSIX
@pytest.mark.parametrize(("name", "shown"), [
    (b"a\nb.txt", "a_b.txt"),
    (b"\x1b[31mred.txt", "_[31mred.txt"),
    ("\u202egnp.exe".encode(), "_gnp.exe"),
    (b"..\\..\\evil.txt", "evil.txt"),
    (b"\xff\xfe.pdf", "??.pdf"),
    ("长" * 80 + ".pdf", "长" * 80 + ".pdf"),
    (b"-rf", "-rf"),
])  # fmt: skip
def test_a_name_that_could_do_something_is_made_harmless_and_the_content_stays(
    opened: Desk, case: str, tmp_path: Path, name: bytes | str, shown: str
) -> None:
    file = os.fsdecode(os.path.join(os.fsencode(tmp_path), name.encode() if isinstance(name, str) else name))
    with open(file, "wb") as out:
        out.write(b"content")
    opened.attach(case, file)
    (row,) = opened.evidence.exhibits(case)

    assert row["name"] == shown
    assert row["sha256"] == hashlib.sha256(b"content").hexdigest()
    assert b"".join(opened.export("jsonl", [case]))


@pytest.mark.parametrize(("name", "shown"), [
    ("../../etc/passwd", "passwd"), ("C:\\x\\y.pdf", "y.pdf"), ("..", "file"), ("", "file"), ("a\u3000b", "a b"),
    ("n" * 300 + ".pdf", "n" * 116 + ".pdf"),
])  # fmt: skip
def test_a_kept_name_has_no_path_and_an_end(name: str, shown: str) -> None:
    assert kept_name(name) == shown


@POSIX
def test_a_pipe_and_a_device_are_refused_without_waiting_for_them(opened: Desk, case: str, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero"), tmp_path):
        with pytest.raises(BadInput) as refused:
            opened.attach(case, path)
        assert [p.expected for p in refused.value.problems] == ["plain_file"]
    assert kept(tmp_path) == []


@POSIX
def test_a_sparse_file_above_the_limit_is_refused_before_it_is_read(opened: Desk, case: str, tmp_path: Path) -> None:
    file = tmp_path / "huge.bin"
    with file.open("wb") as out:
        out.truncate(LARGEST + 1)
    with pytest.raises(BadInput) as refused:
        opened.attach(case, file)

    assert [(p.expected, p.limit) for p in refused.value.problems] == [("file_size", str(LARGEST))]
    assert kept(tmp_path) == []


def test_an_empty_file_is_refused_and_leaves_nothing(opened: Desk, case: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as refused:
        opened.attach(case, paper(tmp_path, "empty", b""))

    assert [p.expected for p in refused.value.problems] == ["file_empty"]
    assert kept(tmp_path) == []


@POSIX
@pytest.mark.skipif(sys.platform != "win32" and os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(opened: Desk, case: str, tmp_path: Path) -> None:
    file = paper(tmp_path)
    file.chmod(0)
    with pytest.raises(BadInput) as refused:
        opened.attach(case, file)

    assert [p.value for p in refused.value.problems] == [str(file)]


@POSIX
def test_what_cannot_be_read_to_its_end_leaves_nothing(opened: Desk, case: str, tmp_path: Path) -> None:
    # The memory of this process, of which the first byte can never be read.
    with pytest.raises(BadInput):
        opened.attach(case, "/proc/self/mem")

    assert kept(tmp_path) == []
    assert opened.show(case)["head"] == 1


class Growing:
    """A file that is written to while it is copied."""

    def __init__(self, file: Path) -> None:
        self.file, self.raw, self.reads = file, file.open("rb", buffering=0), 0

    def read(self, size: int = -1) -> bytes:
        self.reads += 1
        if self.reads == 2:
            with self.file.open("ab") as more:
                more.write(b"and more")
        return self.raw.read(min(size, 4)) or b""


def test_of_a_file_that_changes_meanwhile_the_hash_is_of_what_was_copied(tmp_path: Path) -> None:
    from escalation.evidence import _taken

    file = paper(tmp_path, "growing", b"begun ")
    source = Growing(file)
    sha256, size = _taken(source, "growing", str(tmp_path), True)  # type: ignore[arg-type]
    source.raw.close()

    assert path_of(sha256, str(tmp_path)).read_bytes() == b"begun and more"
    assert (sha256, size) == (hashlib.sha256(b"begun and more").hexdigest(), 14)


@contextmanager
def room(size: int) -> Iterator[None]:
    """No file can grow beyond `size` bytes, as on a disk that is full."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@POSIX
def test_where_no_room_is_left_nothing_is_kept_and_nothing_recorded(opened: Desk, case: str, tmp_path: Path) -> None:
    file = paper(tmp_path, "recording.m4a", b"x" * 3_000_000)
    with room(1_000_000), pytest.raises(StoreError):
        opened.attach(case, file)

    assert kept(tmp_path) == []
    assert opened.show(case)["head"] == 1


def test_an_archive_is_kept_as_it_is_and_never_opened(opened: Desk, case: str, tmp_path: Path) -> None:
    import zipfile

    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(20_000_000))
    opened.attach(case, bomb)
    (copy,) = kept(tmp_path)

    assert copy.read_bytes() == bomb.read_bytes()


def test_a_wrong_item_records_nothing(opened: Desk, case: str, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        opened.attach(case, paper(tmp_path), item="wallet")

    assert opened.show(case)["head"] == 1


# -- folders and pasted text -------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "papers"
    (made / "deep" / "deeper").mkdir(parents=True)
    paper(made, "b.txt", b"b")
    paper(made, "a.txt", b"a")
    paper(made / "deep" / "deeper", "c.txt", b"c")
    paper(made, ".hidden", b"h")
    paper(made, "empty", b"")
    (made / ".git").mkdir()
    paper(made / ".git", "config", b"g")
    if sys.platform != "win32":
        (made / "link.txt").symlink_to("/etc/passwd")
        (made / "round").symlink_to(made, target_is_directory=True)
        os.mkfifo(made / "pipe")
    return made


@POSIX
def test_a_folder_is_taken_to_its_bottom_without_links_and_hidden_files(opened: Desk, case: str, folder: Path) -> None:
    found = opened.evidence.attach(case, [folder], type="chat", title="chat")

    assert [Path(row["path"]).name for row in found["attached"]] == ["a.txt", "b.txt", "c.txt"]
    assert {Path(row["path"]).name: row["why"] for row in found["skipped"]} == {
        ".git": "hidden", ".hidden": "hidden", "empty": "empty", "link.txt": "link", "round": "link",
        "pipe": "special",
    }  # fmt: skip
    assert [(row["title"], row["type"]) for row in opened.evidence.exhibits(case)] == [
        ("chat 1", "chat"), ("chat 2", "chat"), ("chat 3", "chat"),
    ]  # fmt: skip


def test_a_folder_in_which_the_store_lies_gives_no_part_of_the_store(opened: Desk, case: str, tmp_path: Path) -> None:
    opened.attach(case, paper(tmp_path))
    found = opened.evidence.attach(case, [tmp_path])

    assert [Path(row["path"]).name for row in found["already"]] == ["contract.pdf"]
    assert found["attached"] == []
    assert {"cases.db", "files"} <= {Path(row["path"]).name for row in found["skipped"] if row["why"] == "own"}


def test_a_folder_attached_twice_adds_nothing(opened: Desk, case: str, folder: Path) -> None:
    first = opened.evidence.attach(case, [folder])
    again = opened.evidence.attach(case, [folder])

    assert [row["seq"] for row in again["already"]] == [row["seq"] for row in first["attached"]]
    assert again["attached"] == []


def test_a_preview_of_a_folder_keeps_nothing(opened: Desk, case: str, folder: Path, tmp_path: Path) -> None:
    found = opened.evidence.attach(case, [folder], preview=True)

    assert len(found["attached"]) == 3
    assert opened.show(case)["head"] == 1
    assert kept(tmp_path) == []


def test_paths_that_are_not_there_are_all_named_before_anything_is_attached(
    opened: Desk, case: str, folder: Path
) -> None:
    with pytest.raises(BadInput) as wrong:
        opened.evidence.attach(case, [folder / "a.txt", folder / "x", folder / "y"])

    assert [p.value for p in wrong.value.problems] == [str(folder / "x"), str(folder / "y")]
    assert opened.show(case)["head"] == 1


def test_a_file_that_goes_away_after_it_was_found_is_left_out_and_the_rest_goes_in(
    opened: Desk, case: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attach: Callable[..., Any] = Desk.attach

    def with_a_thief(desk: Desk, *words: Any, **options: Any) -> Any:
        (folder / "b.txt").unlink(missing_ok=True)
        return attach(desk, *words, **options)

    monkeypatch.setattr(Desk, "attach", with_a_thief)
    found = opened.evidence.attach(case, [folder])

    assert [Path(row["path"]).name for row in found["attached"]] == ["a.txt", "c.txt"]
    assert (str(folder / "b.txt"), "gone") in [(row["path"], row["why"]) for row in found["skipped"]]


def test_a_folder_with_too_many_files_is_taken_for_a_mistake(tmp_path: Path) -> None:
    many = tmp_path / "home"
    many.mkdir()
    for n in range(1001):
        paper(many, f"{n}.txt", b"x")
    with pytest.raises(BadInput) as refused:
        files_of([many])

    assert [p.expected for p in refused.value.problems] == ["many_files"]


def test_pasted_text_becomes_a_text_file_of_that_name(opened: Desk, case: str, tmp_path: Path) -> None:
    opened.attach(case, "chat/with support", text="你好\n不支持协商", type="chat")
    (row,) = opened.evidence.exhibits(case)

    assert row["name"] == "with support.txt"
    assert path_of(row["sha256"], str(tmp_path)).read_text("utf-8") == "你好\n不支持协商"


def test_keeping_a_file_that_is_only_looked_at_writes_nothing(tmp_path: Path) -> None:
    found = keep_file(paper(tmp_path), str(tmp_path), write=False)

    assert found.sha256 == hashlib.sha256(b"%PDF of a contract").hexdigest()
    assert kept(tmp_path) == []


# -- contacts ----------------------------------------------------------------------------------------


def test_a_contact_has_the_files_that_were_attached_along_with_it(tmp_path: Path) -> None:
    with open_store(tmp_path / "cases.db", now="2026-03-10T10:00", lang="zh") as desk:
        case = desk.open("alipay-repayment", at="2026-03-02T10:00")
        desk.attach(case, paper(tmp_path, "other.txt", b"other"), dated="2026-01-01")
        said = {"channel": "hotline", "direction": "mine", "promise": "回电", "promised_on": "2026-03-09"}
        desk.record(case, "contact_logged", said, at="2026-03-05T23:10", attach=[paper(tmp_path, "call.m4a")])
        (row,) = desk.evidence.contacts(case)

    assert row["exhibits"] == ["E02"]
    assert (row["night"], row["promise_overdue"], row["theirs"]) == (True, True, False)
    assert row["lacks"] == ["who", "said", "ticket"]


def test_a_file_attached_along_with_a_contact_of_this_moment_belongs_to_it(tmp_path: Path) -> None:
    with open_store(tmp_path / "cases.db") as desk:
        case = desk.open("alipay-repayment", at="2026-03-02T10:00")
        desk.attach(case, paper(tmp_path, "old.txt", b"old"), at="2026-03-02T11:00")
        desk.record(case, "contact_logged", {"channel": "app"}, attach=[paper(tmp_path, "shot.png")])
        (row,) = desk.evidence.contacts(case)

    assert row["exhibits"] == ["E02"]


def test_conduct_cites_only_what_was_in_force_on_the_day(tmp_path: Path) -> None:
    with open_store(tmp_path / "cases.db", now="2026-03-10T10:00") as desk:
        case = desk.open("alipay-repayment", at="2025-03-02T10:00")
        for day in ("2025-06-01", "2026-02-01"):
            desk.record(case, "collector_contacted", {"channel": "call"}, at=f"{day}T23:00")
        found = desk.evidence.conduct(case)

    assert [(m["day"], len(m["sources"])) for m in found["marks"]] == [("2025-06-01", 1), ("2026-02-01", 2)]
    assert {m["certainty"] for m in found["marks"]} == {"reported"}


def test_what_happened_later_than_the_pretended_now_is_not_counted(opened: Desk, case: str, tmp_path: Path) -> None:
    opened.attach(case, paper(tmp_path))
    with open_store(tmp_path / "cases.db", now="2026-03-05T10:00") as later:
        later.attach(case, paper(tmp_path, "late", b"late"))

    assert [row["name"] for row in opened.evidence.exhibits(case)] == ["contract.pdf"]


def test_an_attach_entry_without_description_has_no_new_keys_in_its_bytes() -> None:
    from cases import instant

    at = instant(NOW)
    plain = Attach(seq=2, recorded_at=at, occurred_at=at, sha256="0" * 64, size=1, name="a")

    assert not {b"type", b"dated", b"proves"} & set(canonical(plain).replace(b'"', b" ").split())
