"""A bundle is whole, the same each time, and says which of its files is not as it was packed."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from escalation import Desk, open_store
from escalation.bundle import member_name
from escalation.errors import BadInput
from escalation.evidence import path_of

ROOT = Path(__file__).parents[2]
NOW = "2026-03-20T10:00"


def told(folder: Path, lang: str = "zh") -> tuple[Desk, str]:
    """A case with files, contacts, a lapse by the clock and corrections; the desk is to be closed."""
    desk = open_store(folder / "cases.db", now="2026-03-05T10:00", lang=lang)
    case = desk.open("alipay-repayment", title="花呗 =1+1 *重要*", at="2026-03-02T10:00")
    for name, body in (("合同 (扫描).PDF", b"%PDF"), ("../=cmd.txt", b"chat"), ("录音.m4a", os.urandom(3_000_000))):
        file = folder / Path(name).name
        file.write_bytes(body)
        desk.attach(case, file, dated="2026-01-05" if name.endswith("PDF") else None)
    desk.record(case, "collector_contacted", {"channel": "call", "said": "| **马上还**\n否则"}, at="2026-03-03T23:00")
    desk.note(case, "记错了")
    desk.withdraw(case, 6, note="不是这件事")
    desk.amend(case, 2, data={"type": "contract"})
    desk.close()
    return open_store(folder / "cases.db", now=NOW, lang=lang), case


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened, _ = told(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def bundle(desk: Desk, tmp_path: Path) -> Path:
    made = tmp_path / "bundle.zip"
    desk.evidence.bundle(the_case(desk), made)
    return made


def the_case(desk: Desk) -> str:
    return desk.first_refs(1)[0]


def checked(bundle: Path) -> subprocess.CompletedProcess[str]:
    """What the script says that needs nothing of this program."""
    there = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, "-I", str(ROOT / "docs" / "verify_bundle.py"), str(bundle)],
        capture_output=True, text=True, encoding="utf-8", timeout=60, check=False, env=there | {"PYTHONUTF8": "1"},
    )  # fmt: skip


def test_a_bundle_holds_everything_under_names_that_any_machine_can_unpack(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        names = archive.namelist()

    assert names == sorted(names)
    assert set(names) - {"timeline.pdf"} == {
        "README.txt", "SHA256SUMS", "case.jsonl", "chain.csv", "exhibits.csv", "exhibits.md", "procedure.json",
        "timeline.md", "exhibits/E01-合同-扫描.pdf", "exhibits/E02-cmd.txt", "exhibits/E03-录音.m4a",
    }  # fmt: skip


@pytest.mark.parametrize(("title", "name", "member"), [
    ("../../etc/passwd", "x.pdf", "exhibits/E01-etc-passwd.pdf"),
    ("\u202egnp.exe", "x", "exhibits/E01-gnp-exe"),
    (None, "CON.txt", "exhibits/E01-CON.txt"),
    (None, "....", "exhibits/E01"),
    ("a\nb", "x.tar.gz", "exhibits/E01-a-b.gz"),
    ("长" * 90, "x.PDF", "exhibits/E01-" + "长" * 48 + ".pdf"),
    ("😀", "x.p/../df", "exhibits/E01"),
])  # fmt: skip
def test_a_members_name_has_only_letters_digits_and_chinese(title: str | None, name: str, member: str) -> None:
    assert member_name({"label": "E01", "title": title, "name": name}) == member


def test_the_same_case_gives_the_same_bytes(desk: Desk, bundle: Path, tmp_path: Path) -> None:
    found = desk.evidence.bundle(the_case(desk), tmp_path / "again.zip")

    assert (tmp_path / "again.zip").read_bytes() == bundle.read_bytes()
    assert found["sha256"] == hashlib.sha256(bundle.read_bytes()).hexdigest()
    assert found["size"] == bundle.stat().st_size


def test_only_its_owner_can_read_a_bundle(bundle: Path) -> None:
    assert bundle.stat().st_mode & 0o777 == 0o600


def test_what_a_bundle_that_was_killed_has_left_goes_with_the_next_one(
    desk: Desk, bundle: Path, tmp_path: Path
) -> None:
    half, young, foreign = (tmp_path / f".bundle.zip.0123456{n}" for n in range(3))
    for each in (half, young):
        each.write_bytes(bundle.read_bytes()[:-100])
    with zipfile.ZipFile(foreign, "w") as archive:
        archive.writestr("holiday.txt", "sun")
    for each in (half, foreign):
        os.utime(each, (0, 0))
    desk.evidence.bundle(the_case(desk), tmp_path / "again.zip")

    assert [each.exists() for each in (half, young, foreign)] == [False, True, True]


def test_the_sums_are_what_sha256sum_reads(bundle: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path / "out")
        lines = archive.read("SHA256SUMS").decode().splitlines()
    for line in lines:
        digest, _, name = line.partition("  ")
        assert hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest() == digest
    assert len(lines) == sum(1 for p in (tmp_path / "out").rglob("*") if p.is_file()) - 1


def test_the_log_in_a_bundle_can_be_imported_and_ends_in_the_hash_that_is_told(
    desk: Desk, bundle: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(bundle) as archive:
        lines, chain = archive.read("case.jsonl"), list(csv.DictReader(io.StringIO(archive.read("chain.csv").decode())))
        instructions = archive.read("README.txt").decode("utf-8-sig")
    with open_store(tmp_path / "other.db", now=NOW) as other:
        found = other.import_(io.BytesIO(lines))
        head = other.engine.store.case(found["cases"][0]["case"])

    assert found["skipped"] == []
    assert [int(row["seq"]) for row in chain] == list(range(1, head.head + 1))
    assert chain[-1]["hash"] == head.head_hash == desk.engine.store.case(the_case(desk)).head_hash
    assert instructions.count(head.head_hash) == 2


def test_the_timeline_tells_what_stands_and_what_was_corrected(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        text = archive.read("timeline.md").decode()
    table = [line for line in text.splitlines() if line.startswith("| 2026")]

    assert [line.split(" | ")[0] for line in table] == sorted(line.split(" | ")[0] for line in table)
    assert not any("记错了" in line for line in table)
    assert any("对方来催收了；怎么来的：电话" in line for line in table)
    assert "第 7 条：撤回第 6 条（备注）：不是这件事" in text
    assert "第 8 条：更正第 2 条：是什么：合同" in text


def test_what_people_wrote_is_never_a_sign_of_the_page_or_of_a_spreadsheet(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        text = archive.read("timeline.md").decode()
        rows = list(csv.DictReader(io.StringIO(archive.read("exhibits.csv").decode("utf-8-sig"))))

    assert "**马上还**" not in text
    assert r"\| \*\*马上还\*\*\\n否则" in text
    assert [row["name"] for row in rows] == ["合同 (扫描).PDF", "'=cmd.txt", "录音.m4a"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_instructions_are_in_both_languages_whatever_the_desk_speaks(tmp_path: Path, lang: str) -> None:
    desk, case = told(tmp_path, lang)
    desk.evidence.bundle(case, tmp_path / "b.zip")
    desk.close()
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        text = archive.read("README.txt").decode("utf-8-sig")

    assert "怎样核对有没有被改动过" in text
    assert "How to check that nothing was changed" in text
    assert "sha256sum -c SHA256SUMS" in text
    assert "{" not in text


def test_a_character_that_no_font_has_does_not_stand_in_the_way_of_a_bundle(tmp_path: Path) -> None:
    with open_store(tmp_path / "cases.db", now=NOW, lang="zh") as desk:
        case = desk.open("alipay-repayment", title="😀\U0002ffff")
        found = desk.evidence.bundle(case, tmp_path / "b.zip")

    assert checked(tmp_path / "b.zip").stdout == "ok\n"
    assert found["exhibits"] == 0


# -- checked by somebody else ----------------------------------------------------------------------------


def test_the_script_that_needs_nothing_says_that_a_bundle_is_whole(bundle: Path) -> None:
    ran = checked(bundle)

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "ok\n", "")


def members(bundle: Path) -> dict[str, int]:
    """Of each member, where its content begins in the archive."""
    with zipfile.ZipFile(bundle) as archive:
        return {each.filename: each.header_offset + 30 + len(each.filename.encode()) for each in archive.infolist()}


def test_one_flipped_byte_is_named_whichever_file_it_is_in(bundle: Path, tmp_path: Path) -> None:
    good = bundle.read_bytes()
    for name, begin in members(bundle).items():
        bad = bytearray(good)
        bad[begin + 1] ^= 1
        broken = tmp_path / "broken.zip"
        broken.write_bytes(bad)
        ran = checked(broken)

        assert ran.returncode == 1, name
        assert name in ran.stderr, name


def rewritten(bundle: Path, to: Path, changed: dict[str, bytes | None]) -> Path:
    """As somebody would who packs it again, with sums of the archive that fit. None: left out."""
    with zipfile.ZipFile(bundle) as archive, zipfile.ZipFile(to, "w") as out:
        for name in dict.fromkeys([*archive.namelist(), *changed]):
            body = changed.get(name, archive.read(name) if name in archive.namelist() else None)
            if body is not None:
                out.writestr(name, body)
    return to


def test_a_file_that_was_exchanged_added_or_taken_out_is_named(bundle: Path, tmp_path: Path) -> None:
    changes: list[dict[str, bytes | None]] = [
        {"exhibits/E02-cmd.txt": b"another chat"}, {"exhibits/E09-new.txt": b"new"}, {"exhibits/E03-录音.m4a": None},
    ]  # fmt: skip
    for change in changes:
        ran = checked(rewritten(bundle, tmp_path / "changed.zip", change))

        assert ran.returncode == 1
        assert next(iter(change)) in ran.stderr


def test_a_log_that_was_rewritten_with_fitting_sums_is_found_by_its_chain(bundle: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        log, sums = archive.read("case.jsonl"), archive.read("SHA256SUMS").decode()
    forged = log.replace("记错了".encode(), "没记错".encode())
    sums = sums.replace(hashlib.sha256(log).hexdigest(), hashlib.sha256(forged).hexdigest())
    ran = checked(rewritten(bundle, tmp_path / "forged.zip", {"case.jsonl": forged, "SHA256SUMS": sums.encode()}))

    assert ran.returncode == 1
    assert "case.jsonl: entry 6" in ran.stderr


@pytest.mark.parametrize("body", [b"", b"no archive", None])
def test_what_is_no_bundle_is_said_to_be_none(tmp_path: Path, body: bytes | None) -> None:
    file = tmp_path / "x.zip"
    if body is not None:
        file.write_bytes(body)
    ran = checked(file)

    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    assert "x.zip" in ran.stderr


# -- what can go wrong -----------------------------------------------------------------------------------


def test_an_exhibit_that_was_altered_or_is_gone_is_left_out_and_named(desk: Desk, tmp_path: Path) -> None:
    case = the_case(desk)
    rows: list[dict[str, Any]] = desk.evidence.exhibits(case)
    altered, gone = (path_of(rows[i]["sha256"], str(tmp_path)) for i in (1, 2))
    altered.chmod(0o600)
    altered.write_bytes(b"CHAT")
    gone.unlink()
    found = desk.evidence.bundle(case, tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        exhibits = [name for name in archive.namelist() if name.startswith("exhibits/")]
        states = [row["state"] for row in csv.DictReader(io.StringIO(archive.read("exhibits.csv").decode("utf-8-sig")))]
        instructions = archive.read("README.txt").decode()

    assert exhibits == ["exhibits/E01-合同-扫描.pdf"]
    assert [(row["label"], row["state"]) for row in found["left_out"]] == [("E02", "altered"), ("E03", "missing")]
    assert states == ["intact", "altered", "missing"]
    assert "E02 (=cmd.txt), E03 (录音.m4a)" in instructions
    assert checked(tmp_path / "b.zip").stdout == "ok\n"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no limits of file sizes")
def test_where_no_room_is_left_the_earlier_bundle_stays(desk: Desk, bundle: Path, tmp_path: Path) -> None:
    import resource

    good, names = bundle.read_bytes(), sorted(p.name for p in tmp_path.iterdir())
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        with pytest.raises(BadInput) as full:
            desk.evidence.bundle(the_case(desk), bundle)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert [p.expected for p in full.value.problems] == ["unwritable"]
    assert bundle.read_bytes() == good
    assert sorted(p.name for p in tmp_path.iterdir()) == names


def test_a_folder_that_is_not_there_is_named(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as wrong:
        desk.evidence.bundle(the_case(desk), tmp_path / "nowhere" / "b.zip")

    assert [p.value for p in wrong.value.problems] == [str(tmp_path / "nowhere" / "b.zip")]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes that are files")
def test_a_device_a_pipe_or_a_link_stays_what_it_is(desk: Desk, tmp_path: Path) -> None:
    case = desk.open("alipay-repayment")
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for to in (pipe, link, tmp_path):
        with pytest.raises(BadInput):
            desk.evidence.bundle(case, to)

    assert pipe.is_fifo()
    assert link.is_symlink()


def test_a_large_exhibit_does_not_fill_the_memory(tmp_path: Path) -> None:
    size = 300_000_000
    code = (
        "import resource, sys\n"
        "from escalation import open_store\n"
        "with open_store(sys.argv[1] + '/cases.db', now='2026-03-20T10:00') as desk:\n"
        "    case = desk.open('alipay-repayment')\n"
        "    desk.evidence.bundle(case, sys.argv[1] + '/none.zip')\n"
        "    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "    desk.attach(case, sys.argv[1] + '/video.mp4')\n"
        "    desk.evidence.bundle(case, sys.argv[1] + '/b.zip')\n"
        "    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    with (tmp_path / "video.mp4").open("wb") as out:
        out.truncate(size)
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=120, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    (tmp_path / "b.zip").unlink()
    more = int(ran.stdout) * (1 if sys.platform == "darwin" else 1024)

    assert more < size / 4
