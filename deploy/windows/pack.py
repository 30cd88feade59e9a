"""Renders the hand-over pack: a folder for each console, checksums over all of it, a signature."""

import hashlib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from deploy.signing import SIGNER, allowed_signer, sign
from deploy.windows.policy import AUDITED, policy, windows_consoles
from inventory.assets import templates
from inventory.errors import WatchfloorError
from inventory.model import Center

NAMESPACE = "watchfloor-handover"
SUMS = "SHA256SUMS"


class PackError(WatchfloorError):
    """The pack cannot be made, or not there."""


def pack(center: Center, today: date) -> dict[str, str]:
    """Every file by its path in the pack. Raises `PackError` without any Windows console."""
    devices = windows_consoles(center)
    if not devices:
        raise PackError(f"{center.name}: has no device with `os: windows-11`")
    files: dict[str, str] = {}
    for device in devices:
        values = {
            "center": center,
            "policy": policy(center, device, today),
            "audited": AUDITED,
            "today": today,
        }
        for template, name in (
            ("console.ps1", "Console.ps1"),
            ("account-policy.inf", "account-policy.inf"),
            ("checklist.md", "CHECKLIST.md"),
        ):
            files[f"{device.name}/{name}"] = _render(template, **values)
    names = [device.name for device in devices]
    files["README.md"] = _render(
        "readme.md", center=center, names=names, signer=SIGNER, namespace=NAMESPACE, today=today
    )
    return files


def write(files: Mapping[str, str], folder: Path, state: Path) -> None:
    """Writes and signs the pack. Raises `PackError` where something is in the way."""
    if folder.exists() and any(folder.iterdir()):
        raise PackError(f"{folder}: is not empty; name a new folder")
    sums = "".join(f"{_sum(text)}  {name}\n" for name, text in sorted(files.items()))
    signature = sign(state, NAMESPACE, sums.encode())
    whole = {
        **files,
        SUMS: sums,
        f"{SUMS}.sig": signature,
        "allowed_signers": allowed_signer(state, NAMESPACE),
    }
    try:
        for name, text in whole.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
    except OSError as error:
        raise PackError(f"{folder}: the pack cannot be written: {error.strerror}") from error


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def quoted(text: object) -> str:
    """A string of PowerShell's in which nothing is expanded (about_Quoting_Rules)."""
    # PowerShell takes typographic quotes for plain ones.
    escaped = "".join(
        sign * 2 if sign in "'\u2018\u2019\u201a\u201b" else sign for sign in str(text)
    )
    return f"'{escaped}'"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(templates() / "windows"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - scripts and Markdown; `quoted` guards the former
    )
    environment.filters["quoted"] = quoted
    return environment


def _render(template: str, **values: object) -> str:
    text = _environment().get_template(f"{template}.j2").render(**values)
    # Windows PowerShell 5.1 reads a script without a byte order mark as the local code page.
    return f"\ufeff{text}" if template.endswith(".ps1") and not text.isascii() else text
