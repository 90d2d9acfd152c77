"""Bad input on the command line: each gets its exit code, a message that names it, and changes nothing."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from escalation import open_store

ROOT = Path(__file__).parent.parent.parent
PARCEL = ROOT / "tests" / "procedures" / "parcel-dispute.yaml"
NOW = ("--now", "2026-03-03T09:00:00+08:00")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A store with one case that waits for an answer, and its id."""
    folder = tmp_path_factory.mktemp("bad")
    with open_store(folder / "cases.db", now="2026-03-02T10:00") as desk:
        case = desk.open(str(PARCEL), title="a vase")
        desk.attach(case, PARCEL, item="waybill")
        desk.done(case, "waybill")
        desk.done(case, "photos")
        desk.record(case, "claim_sent", {"channel": "app", "amount": "300"})
    before = dump(folder / "cases.db")
    yield folder, case
    assert dump(folder / "cases.db") == before


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def run(folder: Path, *words: str, lang: str = "en") -> subprocess.CompletedProcess[str]:
    there = {**os.environ, "ESCALATION_STORE": str(folder / "cases.db"), "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        [sys.executable, "-m", "escalation", *words, "--lang", lang],
        capture_output=True, text=True, env=there, cwd=folder, timeout=60, check=False,
    )  # fmt: skip


BAD: list[tuple[str, int, str]] = [
    # words ("CASE" stands for the id), exit code, what the message must say
    ("bogus", 2, "bogus"),
    ("open", 2, "PROCEDURE"),
    ("open no-such-procedure", 4, "no-such-procedure"),
    ("open alipay-repaymnt", 4, "alipay-repayment"),
    ("open nothing.yaml", 4, "nothing.yaml"),
    ("open PARCEL --set loss=abc", 2, "loss"),
    ("open PARCEL --set loss=-5", 2, "loss"),
    ("open PARCEL --set los=5", 2, "loss"),
    ("open PARCEL --set loss", 2, "loss"),
    ("open PARCEL --set pickup_on=2026-02-30", 2, "pickup_on"),
    ("open PARCEL --at 2030-01-01", 2, "2030"),
    ("open PARCEL --at yesterday", 2, "yesterday"),
    ("record CASE", 2, "EVENT"),
    ("record zzzz offer_made", 4, "zzzz"),
    ("record CASE offer_mad", 4, "offer_made"),
    ("record CASE no_answer", 2, "no_answer"),
    ("record CASE offer_made", 2, "amount"),
    ("record CASE offer_made --set amount=", 2, "amount"),
    ("record CASE offer_made --set amount=1.234", 2, "amount"),
    ("record CASE offer_made --set amount=1e3", 2, "amount"),
    ("record CASE offer_made --set amount=NaN", 2, "amount"),
    ("record CASE offer_made --set amount=1 amount=2", 2, "amount"),
    ("record CASE offer_made --set amoun=1", 2, "amount"),
    ("record CASE offer_made --set amount=1 --at 2026-03-04", 2, "2026-03-04"),
    ("record CASE offer_made --set amount=1 --at 2026-03-01", 2, "2026-03-01"),
    ("record CASE offer_made --set amount=1 --at 12:00", 2, "12:00"),
    ("record CASE offer_made --set amount=1 --at 2026-13-01", 2, "2026-13-01"),
    ("record CASE complained", 3, "Complained"),
    ("record CASE decided", 3, "Decided"),
    ("record CASE court_accepted", 3, "Court accepted"),
    ("record CASE claim_sent --set channel=fax amount=1", 2, "hotline"),
    ("record CASE papers_sent --attach missing.pdf", 2, "missing.pdf"),
    ("record CASE papers_sent --accept five", 2, "five"),
    ("record CASE papers_sent --head 2", 3, "2"),
    ("record CASE papers_sent --head x", 2, "x"),
    ("facts CASE", 2, "K=V"),
    ("facts CASE loss", 2, "loss"),
    ("facts CASE loss=", 2, "loss"),
    ("facts CASE loss=1,00", 2, "1,00"),
    ("facts CASE lost=1", 2, "loss"),
    ("facts CASE pickup_on=08/03/2026", 2, "08/03/2026"),
    ("done CASE nothing", 4, "nothing"),
    ("done CASE evidence.photo", 4, "evidence.photos"),
    ("done CASE photos --at 2027-01-01", 2, "2027"),
    ("note CASE", 2, "TEXT"),
    ("attach CASE nowhere.pdf", 2, "nowhere.pdf"),
    ("attach CASE nowhere nor-here", 2, "nor-here"),
    ("attach CASE PARCEL --for nothing", 4, "nothing"),
    ("follow-up CASE", 2, "ACTION"),
    ("follow-up CASE add", 2, "DATE"),
    ("follow-up CASE add soon ring", 2, "soon"),
    ("follow-up CASE add 2026-03-10 ring --every often", 2, "often"),
    ("follow-up CASE done 7", 4, "7"),
    ("follow-up CASE done x", 2, "x"),
    ("follow-up CASE move 1 2026-04-01", 4, "1"),
    ("amend CASE 5", 2, "--set"),
    ("amend CASE 99 --at 2026-03-02", 4, "99"),
    ("amend CASE 5 --set amount=x", 2, "amount"),
    ("amend CASE 5 --set amount=", 2, "amount"),
    ("amend CASE 5 --at 2026-04-01", 2, "2026-04-01"),
    ("amend CASE 5 --at 2026-03-01", 2, "2026-03-01"),
    ("amend CASE 1 --at 2026-03-03T08:00", 2, "2026-03-0"),
    ("amend CASE 3 --set colour=red", 2, "colour"),
    ("amend CASE five --note x", 2, "five"),
    ("withdraw CASE 1", 2, "1"),
    ("withdraw CASE 12", 4, "12"),
    ("withdraw CASE 0", 4, "0"),
    ("show", 2, "CASE"),
    ("show zzzz", 4, "zzzz"),
    ("show CASE --as-of never", 2, "never"),
    ("show CASE --as-of 2020-01-01", 4, "CASE"),
    ("list --limit many", 2, "many"),
    ("due --within soon", 2, "soon"),
    ("why CASE complaind", 4, "complained"),
    ("why CASE deadline anser", 4, "answer"),
    ("why CASE deadline", 4, "deadline"),
    ("why CASE one two three", 2, "one two three"),
    ("forecast CASE --if offer_made", 2, "offer_made"),
    ("forecast CASE --if offer_made@2020-01-01", 2, "2020-01-01"),
    ("forecast CASE --if decided@2026-03-05", 3, "Decided"),
    ("export CASE", 2, "--format"),
    ("export CASE --format pdf", 2, "jsonl"),
    ("export CASE --format xls", 2, "xes"),
    ("export --format json", 2, "--all"),
    ("export zzzz --format json", 4, "zzzz"),
    ("import nowhere.jsonl", 2, "nowhere.jsonl"),
    ("procedure", 2, "ACTION"),
    ("procedure show nothing-like-it", 4, "nothing-like-it"),
    ("procedure check nowhere.yaml", 4, "nowhere.yaml"),
    ("procedure draw alipay-repayment --format png", 2, "png"),
    ("procedure install nowhere.yaml", 4, "nowhere.yaml"),
    ("migrate CASE --to nothing-like-it", 4, "nothing-like-it"),
    ("migrate CASE", 2, "--to"),
    ("calendar show 20x6", 2, "20x6"),
    ("calendar show 1500", 2, "1500"),
    ("calendar show 2026 --calendar XX", 4, "XX"),
    ("calendar install nowhere.toml", 2, "nowhere.toml"),
    ("verify zzzz", 4, "zzzz"),
    ("show CASE --now whenever", 2, "whenever"),
    ("show CASE --lang de", 2, "de"),
    ("show CASE --bogus", 2, "--bogus"),
    ("show CASE --store mysql://x", 2, "mysql"),
]


def words(line: str, place: tuple[Path, str]) -> list[str]:
    folder, case = place
    there = {"CASE": case, "PARCEL": str(PARCEL), "FOLDER": str(folder)}
    return [there.get(word, word) for word in line.split()]


@pytest.mark.parametrize(("line", "code", "says"), BAD, ids=[line for line, _, _ in BAD])
def test_a_bad_command(line: str, code: int, says: str, place: tuple[Path, str]) -> None:
    now = () if "--now" in line else NOW
    found = run(place[0], *now, *words(line, place))
    if says in ("CASE", "FOLDER"):
        says = {"CASE": place[1], "FOLDER": str(place[0])}[says] if line != "show" else "CASE"

    assert found.returncode == code, found.stderr
    assert found.stdout == ""
    assert says in found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize(
    ("line", "lacks", "works"),
    [
        ("export", "nor the format", ["export CASE --format json", "export --all --format json"]),
        ("export --format csv", "Which cases", ["export CASE --format csv", "export --all --format csv"]),
        ("export ID", "The format", ["export ID --format json"]),
        ("export --all -o all.json", "The format", ["export --all --format json -o all.json"]),
        ("export ID --all --format json", "one of the two", ["export ID --format json", "export --all --format json"]),
    ],
)
def test_an_export_that_lacks_something_is_answered_with_commands_that_work(
    line: str, lacks: str, works: list[str], place: tuple[Path, str]
) -> None:
    folder, case = place
    en, zh = (run(folder, *NOW, *line.replace("ID", case).split(), lang=lang) for lang in ("en", "zh"))
    found = [each.strip() for each in en.stderr.splitlines() if each.startswith("  ")]

    assert (en.returncode, zh.returncode) == (2, 2)
    assert lacks in en.stderr.splitlines()[0]
    assert "The command is not right" not in en.stderr
    assert "命令没有写对" not in zh.stderr
    assert found == [f"escalation {each.replace('ID', case)}" for each in works]
    assert found == [each.strip() for each in zh.stderr.splitlines() if each.startswith("  ")]


@pytest.mark.parametrize("line", ["export --format bundle", "export CASE --all --format bundle -o b.zip"])
def test_a_bundle_is_of_one_case(line: str, place: tuple[Path, str]) -> None:
    found = run(place[0], *NOW, *words(line, place))

    assert found.returncode == 2
    assert "a bundle holds one case" in found.stderr
    assert ("--all" in found.stderr) == ("--all" in line)
    assert not (place[0] / "b.zip").exists()


@pytest.mark.parametrize("line", ["record CASE complained", "record CASE offer_made", "show zzzz", "bogus"])
def test_with_json_an_error_is_one_object_on_standard_error(line: str, place: tuple[Path, str]) -> None:
    found = run(place[0], *NOW, *words(line, place), "--json")
    error = json.loads(found.stderr)

    assert found.stdout == ""
    assert error["error"] in ("refused", "bad_input", "not_found", "usage")
    assert error["message"]


def test_every_message_is_said_in_chinese_too(place: tuple[Path, str]) -> None:
    for line in ("record CASE complained", "record CASE offer_made", "show zzzz", "amend CASE 99 --at 2026-03-02"):
        found = run(place[0], *NOW, *words(line, place), lang="zh")
        assert any("\u4e00" <= c <= "\u9fff" for c in found.stderr), found.stderr


@pytest.mark.parametrize("line", ["list", "", "attach CASE - --name chat", "calm -", "import -", "bogus"])
@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&- 2>&-"])
def test_a_program_without_a_terminal_or_pipes_does_not_trip_over_them(
    line: str, closed: str, place: tuple[Path, str]
) -> None:
    folder = place[0]
    there = {**os.environ, "PYTHONPATH": str(ROOT), "ESCALATION_STORE": str(folder / "cases.db"), "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-m", "escalation", *NOW, *words(line, place)]
    found = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", *command],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, env=there, timeout=60, check=False,
    )  # fmt: skip

    assert found.returncode in (0, 2)
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("attach CASE nothere.pdf", "没有这个文件"), ("calm .", "这是一个文件夹"),
        ("export CASE --format json -o no/x", "写不到这里"),
    ],
)  # fmt: skip
def test_what_the_machine_says_of_a_file_is_said_in_chinese(line: str, says: str, place: tuple[Path, str]) -> None:
    found = run(place[0], *NOW, *words(line, place), lang="zh")

    assert says in found.stderr
    assert "directory" not in found.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes that are files")
@pytest.mark.parametrize("line", ["export CASE --format json -o", "export CASE --format bundle -o", "backup --force"])
def test_what_is_no_ordinary_file_is_not_replaced_by_one(line: str, place: tuple[Path, str], tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    found = run(place[0], *NOW, *words(line, place), str(pipe))

    assert found.returncode == 2
    assert "no ordinary file" in found.stderr
    assert pipe.is_fifo()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_calendar_file_that_went_bad_is_named(tmp_path: Path, lang: str) -> None:
    with open_store(tmp_path / "cases.db", now="2026-03-02T10:00") as desk:
        case = desk.open("court-papers")
        desk.record(case, "papers_received", {"kind": "suit", "claimed": "12000", "case_number": "1"})
    (tmp_path / "calendars").mkdir()
    (tmp_path / "calendars" / "CN-2026.toml").write_text('calendar = "CN"\nyear: 2026\n')
    ran = run(tmp_path, "next", "--now", "2026-03-03T09:00", lang=lang)
    plain = run(tmp_path, "next", "--now", "2026-03-03T09:00", "--json")

    assert ran.returncode == 2
    assert "CN-2026.toml" in ran.stderr.replace("\n", "")
    assert {"zh": "第 2 行", "en": "line 2"}[lang] in ran.stderr
    assert "TOML:" not in ran.stderr
    assert not any(each in ran.stderr for each in ("Nothing was logged", "没有写入"))
    assert json.loads(plain.stderr)["error"] == "calendar_damaged"
    assert json.loads(plain.stderr)["problems"][0]["line"] == 2


FILLED = """
mount -t tmpfs -o size=1m none "$1" && cd "$1" && export ESCALATION_STORE="$1/cases.db" || exit 77
"$2" -m escalation open court-papers --title x >/dev/null || exit 78
cat /dev/zero >filling 2>/dev/null
"$2" -m escalation open court-papers --title y --lang "$3"
"""


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs a disk of its own")
@pytest.mark.parametrize(("lang", "says"), [("zh", ("磁盘满了", "腾出")), ("en", ("the disk is full", "room"))])
def test_a_disk_that_is_full_is_called_so(tmp_path: Path, lang: str, says: tuple[str, str]) -> None:
    words = ["unshare", "-r", "-m", "sh", "-c", FILLED, "sh", str(tmp_path), sys.executable, lang]
    there = {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
    ran = subprocess.run(words, capture_output=True, text=True, env=there, timeout=60, check=False)
    if ran.returncode in (1, 77):
        pytest.skip("this system gives no disk of one's own")

    assert ran.returncode == 5
    assert all(each in ran.stderr for each in says)
