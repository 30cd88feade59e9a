"""Evidence changed by hand, and signed anew by the key that the auditor knows."""

import json
from pathlib import Path

from monitors.baseline import signing
from monitors.baseline.canonical import canonical, digest
from tests.monitors.baseline.evidence import signing_key

CHAIN, HEAD, SIGNATURE, SIGNERS = "chain.jsonl", "head.json", "head.json.sig", "allowed_signers"


def largest_object(folder: Path) -> Path:
    return max((folder / "objects").iterdir(), key=lambda path: path.stat().st_size)


def lines_of(folder: Path) -> list[str]:
    return (folder / CHAIN).read_text().splitlines()


def forge(folder: Path, lines: list[str]) -> None:
    """A chain and a head that fit these lines, signed by the key the auditor knows."""
    previous, linked = "0" * 64, []
    for number, line in enumerate(lines):
        value = json.loads(line) | {"number": number, "previous": previous}
        linked.append(canonical(value))
        previous = digest(linked[-1])
    (folder / CHAIN).write_bytes(b"".join(line + b"\n" for line in linked))
    head = json.loads((folder / HEAD).read_text()) | {"records": len(lines), "head": previous}
    write_head(folder, head)


def write_head(folder: Path, head: dict[str, object]) -> None:
    content = canonical(head)
    (folder / HEAD).write_bytes(content)
    (folder / SIGNATURE).write_text(signing.sign(content, signing_key()))
