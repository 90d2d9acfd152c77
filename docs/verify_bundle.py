"""Check a bundle of evidence without the program that made it: python verify_bundle.py BUNDLE.zip

Names every file that is not as it was packed; ends with 0 if all is well, with 1 if not. Unpacks nothing.
"""

import csv
import hashlib
import io
import re
import sys
import zipfile


def check(archive: zipfile.ZipFile) -> list[str]:
    wrong: list[str] = []
    bodies: dict[str, bytes] = {}
    found: dict[str, str] = {}
    for name in archive.namelist():
        try:
            with archive.open(name) as member:
                digest = hashlib.sha256()
                while block := member.read(1 << 20):
                    digest.update(block)
                    if not name.startswith("exhibits/"):
                        bodies[name] = bodies.get(name, b"") + block
            found[name] = digest.hexdigest()
        except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
            wrong.append(f"{name}: {error}")
    lines = (line.split("  ", 1) for line in bodies.get("SHA256SUMS", b"").decode().splitlines())
    sums = {line[-1]: line[0] for line in lines}
    listed = sorted(sums.keys() | found.keys() - {"SHA256SUMS"})
    wrong += [f"{name}: not what SHA256SUMS says" for name in listed if found.get(name) != sums.get(name)]
    chain = [row["hash"] for row in csv.DictReader(io.StringIO(bodies.get("chain.csv", b"").decode()))]
    previous, hashes = "", []
    for line in bodies.get("case.jsonl", b"").decode().splitlines():
        if line.startswith('{"case":'):
            body = re.sub(r'^\{"case":"[^"]*",', "{", line).rpartition(',"hash":')[0].removesuffix(',"title":""') + "}"
            previous = hashlib.sha256((previous + body).encode()).hexdigest()
            hashes.append(previous)
            if previous != line[-66:-2]:
                wrong.append(f"case.jsonl: entry {len(hashes)} does not fit its hash")
    return wrong if hashes == chain else [*wrong, "chain.csv: not the chain of case.jsonl"]


try:
    wrong = check(zipfile.ZipFile(sys.argv[1]))
except (zipfile.BadZipFile, OSError, ValueError) as error:
    wrong = [f"{sys.argv[1]}: {error}"]
sys.exit("\n".join(wrong)) if wrong else sys.stdout.write("ok\n")
