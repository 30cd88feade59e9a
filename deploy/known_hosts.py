"""Enrolls host keys: what a host shows is believed only if somebody saw it elsewhere, too.

A key is recorded when its fingerprint came from the host's console (typed in, or in a file), or
when a person says that they compared. A key that is on record is never replaced unasked.
"""

import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from inventory.errors import WatchfloorError
from inventory.host_keys import HostKey, HostKeyFileError, host_key

SCAN_TIMEOUT_S = 10
_OUTPUT_LIMIT = 64 * 1024
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_TYPES = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ssh-rsa")


class EnrollError(WatchfloorError):
    """Host keys cannot be scanned, or a list of fingerprints cannot be read."""


class Verdict(StrEnum):
    """What is to be done with what a host shows."""

    KNOWN = "known"
    """Its keys are on record already."""
    NEW = "new"
    """To be recorded: every key to record has been seen elsewhere, or will be by a person."""
    CHANGED = "changed"
    """Another key is on record."""
    MISMATCH = "mismatch"
    """None of its keys has a fingerprint that was given."""
    SILENT = "silent"
    """It shows no key."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One host's case. Nothing of it is recorded yet."""

    device: str
    verdict: Verdict
    shown: tuple[HostKey, ...]
    record: tuple[HostKey, ...] = ()
    """The keys that stand on record once it is accepted."""
    needs_person: bool = False
    """Whether somebody still has to compare the fingerprints at the console."""


def judge(
    device: str,
    shown: Iterable[HostKey],
    known: Iterable[HostKey],
    given: Iterable[str],
    *,
    replace: bool = False,
) -> Judgement:
    """Decides on one host. `given` are fingerprints from its console. Pure.

    With fingerprints only the keys that have one of them are recorded: the others were seen over
    the same unproven connection.
    """
    keys, old, trusted = tuple(shown), tuple(known), frozenset(given)
    if not keys:
        return Judgement(device, Verdict.SILENT, keys)
    if old and set(old) <= set(keys):
        return Judgement(device, Verdict.KNOWN, keys, old)
    proved = tuple(key for key in keys if key.fingerprint in trusted)
    if trusted and not proved:
        return Judgement(device, Verdict.MISMATCH, keys)
    if old and not replace:
        return Judgement(device, Verdict.CHANGED, keys)
    return Judgement(device, Verdict.NEW, keys, proved or keys, needs_person=not proved)


def scan(address: str, port: int) -> tuple[HostKey, ...]:
    """The keys that a host shows, by ssh-keyscan(1); none when it does not answer."""
    argv = ["ssh-keyscan", "-T", str(SCAN_TIMEOUT_S), "-p", str(port), "-t", "ed25519,ecdsa,rsa"]
    try:
        done = subprocess.run(
            [*argv, "--", address], capture_output=True, timeout=SCAN_TIMEOUT_S * 3, check=False
        )
    except FileNotFoundError as error:
        raise EnrollError(
            "ssh-keyscan is not installed; install the package openssh-client"
        ) from error
    except subprocess.TimeoutExpired:
        return ()
    return scanned_keys(done.stdout[:_OUTPUT_LIMIT].decode(errors="replace"))


def scanned_keys(output: str) -> tuple[HostKey, ...]:
    """The keys in ssh-keyscan's output, the strongest type first; other lines are skipped. Pure."""
    found: dict[HostKey, None] = {}
    for line in output.splitlines():
        if line.startswith("#"):
            continue
        try:
            found[host_key(line.partition(" ")[2])] = None
        except ValueError:
            continue  # a type that is not in use here, or noise
    return tuple(sorted(found, key=lambda key: _TYPES.index(key.type) if key.type in _TYPES else 9))


def fingerprints(texts: Iterable[str]) -> tuple[str, ...]:
    """Fingerprints as typed. Raises `EnrollError` for what is none."""
    found = []
    for text in texts:
        match = _FINGERPRINT.search(text)
        if match is None:
            raise EnrollError(
                f"{text[:60]!r} is no fingerprint; it looks like SHA256: and 43 characters, as"
                " `ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub` prints it at the console"
            )
        found.append(match[0])
    return tuple(found)


def read_fingerprints(path: Path) -> dict[str, tuple[str, ...]]:
    """Device -> its fingerprints, from a file of lines `DEVICE … SHA256:… …`.

    Raises `EnrollError`. Lines without a fingerprint have to be empty or start with `#`.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EnrollError(f"{path}: the fingerprints cannot be read: {error}") from error
    found: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        match = _FINGERPRINT.search(line)
        if match is None or len(words) < 2:
            raise EnrollError(f"{path}:{number}: write a device's name and SHA256:…")
        found[words[0]] = (*found.get(words[0], ()), match[0])
    return found


def save_host_keys(path: Path, keys: Mapping[str, Iterable[HostKey]]) -> None:
    """Writes the managed file, sorted, so that a reader sees the old one or the new one."""
    lines = sorted(f"{name} {key}\n" for name, all_keys in keys.items() for key in all_keys)
    beside = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text("".join(lines), encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise HostKeyFileError(
            f"{path}: the host keys cannot be written: {error.strerror}"
        ) from error
