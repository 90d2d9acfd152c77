"""One archive to hand over: the case, its exhibits, its timeline, and what anybody needs to check them.

Deterministic: the same log, files and instant give the same bytes. Exhibits are poured in, never held in memory.
"""

from __future__ import annotations

import hashlib
import io
import re
import secrets
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from escalation import bundle_pages as pages
from escalation.beside import draft_of, forsaken, ordinary, poured, private
from escalation.errors import BadInput, FieldProblem, StoreError
from escalation.evidence import path_of, said
from escalation.letters.markdown import markdown
from escalation.transfer import export_jsonl
from escalation.wording import wording

if TYPE_CHECKING:
    from escalation.exhibits import Evidence
    from escalation.letters.blocks import Block

Data = dict[str, Any]
SUMS, README = "SHA256SUMS", "README.txt"
BEGINNING = (1980, 1, 1, 0, 0, 0)
"""The time of every member: the earliest that the format knows, for the bytes must not tell when they were made."""
_LONGEST = 48
"""Characters of a title in a member's name."""


def bundled(evidence: Evidence, case: str, to: Path) -> Data:
    """Write the bundle; what is in it and its SHA-256. Raises: BadInput, StoreError; then there is none."""
    rows = evidence.exhibits(case, anew=True)
    left_out = [row for row in rows if row["state"] != "intact"]
    names = {row["label"]: member_name(row) for row in rows if row not in left_out}
    written = _written_pages(evidence, case, rows, left_out, names)
    folder = evidence.desk.engine.store.folder
    files = {names[row["label"]]: (path_of(row["sha256"], folder), row) for row in rows if row["label"] in names}
    sums = {name: hashlib.sha256(body).hexdigest() for name, body in written.items()}
    sums |= {name: row["sha256"] for name, (_, row) in files.items()}
    written[SUMS] = "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)).encode()
    sha256, size = _archive(to, written, files)
    row = evidence.desk.engine.store.case(case)
    return {
        "case": row.ref, "file": str(to), "sha256": sha256, "size": size, "head": row.head, "hash": row.head_hash,
        "members": sorted([*written, *files]), "exhibits": len(files),
        "left_out": [{k: each[k] for k in ("label", "name", "title", "state")} for each in left_out],
    }  # fmt: skip


def member_name(row: Data) -> str:
    """What an exhibit is called in the archive: letters, digits and Chinese only, so that any machine can unpack it."""
    stem, ending = Path(row["name"]).stem, Path(row["name"]).suffix
    title = re.sub(r"[^0-9A-Za-z\u3400-\u9fff]+", "-", row["title"] or stem).strip("-")[:_LONGEST].strip("-")
    ending = ending.lower() if re.fullmatch(r"\.[0-9A-Za-z]{1,8}", ending) else ""
    return f"exhibits/{row['label']}{'-' + title if title else ''}{ending}"


def _written_pages(
    evidence: Evidence, case: str, rows: list[Data], left_out: list[Data], names: Mapping[str, str]
) -> dict[str, bytes]:
    """Every member but the exhibits and the sums."""
    desk = evidence.desk
    shown, log, titles = desk.show(case), desk.log(case), desk.titles(case)
    row, words = desk.engine.store.case(case), wording(desk.lang)
    hashes = [hash for _, hash in desk.engine.store.raw_log(row.id)]
    kept = desk.engine.store.definition(shown["procedure"]["hash"])
    assert kept is not None
    told = pages.Told(shown, log, rows, row.head_hash, titles, _choices(evidence, case))
    pdf = _pdf(words.say("bundle.timeline_of", title=shown["title"]), pages.timeline(told, words), desk.lang)
    facts = {
        "title": shown["title"], "case": row.ref, "procedure": shown["procedure"]["id"],
        "version": shown["procedure"]["version"], "entries": row.head, "recorded_at": log[-1]["recorded_at"],
        "exhibits": len(names), "hash": row.head_hash,
    }  # fmt: skip
    chain = ((each["seq"], each["recorded_at"], hash) for each, hash in zip(log, hashes, strict=True))
    return {
        README: pages.readme(facts, pdf is not None, left_out),
        "case.jsonl": b"".join(export_jsonl(desk.engine, [row])),
        "chain.csv": pages.chain_csv(chain),
        "exhibits.csv": pages.exhibits_csv(rows, words, names),
        "exhibits.md": markdown(pages.exhibit_blocks(rows, words, titles, names)).encode(),
        "procedure.json": kept[2],
        # A line that ends within a cell would end the table.
        "timeline.md": markdown(pages.timeline(told, words, words.say("bundle.joint"))).encode(),
        **({"timeline.pdf": pdf} if pdf is not None else {}),
    }


def _choices(evidence: Evidence, case: str) -> set[str]:
    """Answers and facts whose values are choices, as `Told` wants them."""
    desk = evidence.desk
    _, snapshot, _ = desk._read(case)
    procedure = desk.engine.shelf.table(snapshot.definition).procedure
    asks = {f"{id}.{name}": ask for id, event in procedure.events.items() for name, ask in event.asks.items()}
    return {name for name, each in [*asks.items(), *procedure.facts.items()] if each.type == "choice"}


def _pdf(title: str, blocks: list[Block], lang: str) -> bytes | None:
    """The timeline set for printing; None without the extra that can, or without a Chinese font."""
    from escalation.letters.pdf import pdf

    try:
        return pdf(title, blocks, lang)
    except BadInput as error:
        if error.problems[0].expected != "letter_glyph":
            return None
    return pdf(_printable(title), [_redrawn(each) for each in blocks], lang)


def _redrawn(block: Block) -> Block:
    """With a box for what no font here can draw, an emoji say; `timeline.md` has it as it was typed."""
    import msgspec

    from escalation.letters.blocks import Block as AnyBlock

    body = msgspec.json.encode(block).decode()
    drawn: Block = msgspec.json.decode(_printable(body), type=AnyBlock)
    return drawn


def _printable(text: str) -> str:
    from escalation.letters.fonts import absent, fonts

    faces = fonts().serif
    return text.translate({ord(sign): _box(faces) for sign in absent(text, faces)})


def _box(faces: Any) -> str:
    from escalation.letters.fonts import absent

    return next((sign for sign in "\u25a1\u3013?" if not absent(sign, faces)), "?")


# -- the archive ----------------------------------------------------------------------------------------


def _archive(to: Path, pages: Mapping[str, bytes], files: Mapping[str, tuple[Path, Data]]) -> tuple[str, int]:
    """SHA-256 and size of the archive, whole in its place, or nothing."""
    ordinary(to)
    _sweep(to.parent)
    draft = draft_of(to, secrets.token_hex(4))
    try:
        with private(draft) as out:
            with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
                for name in sorted([*pages, *files]):
                    if name in pages:
                        _pour(archive, name, io.BytesIO(pages[name]), len(pages[name]))
                        continue
                    path, row = files[name]
                    with path.open("rb") as source:
                        if _pour(archive, name, source, row["size"]) != row["sha256"]:
                            raise StoreError(str(path.parent), f"{row['sha256'][:12]} was changed while it was packed")
            out.seek(0)
            sha256, size = poured(out, ()), out.tell()
        draft.replace(to)
        return sha256, size
    except OSError as error:
        raise BadInput(FieldProblem("file", said(to), "unwritable", limit=error.strerror)) from error
    finally:
        with suppress(OSError):
            draft.unlink()


def _sweep(folder: Path) -> None:
    """Take away what a bundle that was killed has left there."""
    for draft in forsaken(folder, r"\..+\.[0-9a-f]{8}"):
        with suppress(OSError):
            if draft.is_file() and _is_ours(draft):
                draft.unlink()


def _is_ours(file: Path) -> bool:
    """Whether it begins as a bundle does: with its instructions."""
    with file.open("rb") as source:
        head = source.read(30 + len(README))
    return head[:4] == b"PK\x03\x04" and head[30:] == README.encode()


def _pour(archive: zipfile.ZipFile, name: str, source: BinaryIO, size: int) -> str:
    """Put one member in, stored as it is; the answer is its SHA-256."""
    header = zipfile.ZipInfo(name, BEGINNING)
    header.create_system = 3  # of whatever machine: the rights below are those of Unix
    header.external_attr = 0o100600 << 16
    header.file_size = size
    with archive.open(header, "w") as out:
        return poured(source, [out])  # type: ignore[list-item]
