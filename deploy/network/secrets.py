"""Secrets in the lines of network gear: markers in what is wanted, masks in what was read.

A plan, a diff and a record hold neither a secret nor what a device makes of one: even a salted hash
can be guessed at. What is masked keeps its place in the text, so that the worker, which read it,
can put it back.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from deploy.secret_text import MARKER
from inventory.errors import WatchfloorError
from inventory.gear import Platform

MASK = re.compile(r"<masked:(\d{1,6}):(strong|weak|plain)>")
_EITHER = re.compile(f"{MARKER.pattern}|{MASK.pattern}")

Strength = str
"""`strong`: a salted, slow hash; `weak`: one that can be turned back or guessed; `plain`."""


class SecretLineError(WatchfloorError):
    """A line whose secrets cannot be put in."""


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without its secrets, and these, in the order of their places."""

    text: str
    values: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Masked({len(self.text)} characters, {len(self.values)} secrets)"


def mask(platform: Platform, text: str) -> Masked:
    """Takes every secret, and every hash of one, out of what a device printed.

    What looks like a marker or a mask there is spoilt: a device must not ask for a secret.
    """
    values: list[str] = []
    text = text.replace("{{secret:", "{{ secret:").replace("<masked:", "< masked:")
    lines = [_mask_line(platform, line, values) for line in text.splitlines()]
    return Masked("\n".join(lines) + ("\n" if text.endswith("\n") else ""), tuple(values))


def resolve(line: str, secret: Callable[[str, str], str], masked: Sequence[str]) -> str:
    """A line as it is sent. `secret` gives a credential's field; `masked` is `Masked.values`.

    Raises `SecretLineError` for a mask of another reading, and for a secret that is no one word.
    """

    def value(found: re.Match[str]) -> str:
        if found[1]:
            return _typeable(found, secret(found[1], found[2]))
        if int(found[3]) >= len(masked):
            raise SecretLineError(f"{found[0]} is of another reading; read the device again")
        return masked[int(found[3])]

    # In one pass: a secret may hold what looks like a mask.
    return _EITHER.sub(value, line)


def _typeable(found: re.Match[str], value: str) -> str:
    """A command line takes a secret for one word: a space or a line break would make more of it."""
    if not value or not all("!" <= c <= "~" and c not in '?"' for c in value):
        raise SecretLineError(
            f"{found[1]}: its {found[2]} cannot be typed into a command line: choose one of "
            'letters, digits and signs, without a space, ? or "'
        )
    return value


def shown(line: str) -> str:
    """A line for people: what is secret is called so."""
    return MASK.sub("<secret>", MARKER.sub(r"<\1>", line))


@dataclass(frozen=True, slots=True)
class Hidden:
    """Where a secret stands in a line: group `v` is it, group `t` (if any) tells its type."""

    pattern: re.Pattern[str]
    strengths: Mapping[str, Strength]
    """Type -> strength; the empty type is what has none, `*` any other."""

    def strength(self, kind: str | None) -> Strength:
        return self.strengths.get(kind or "", self.strengths.get("*", "weak"))


def _mask_line(platform: Platform, line: str, values: list[str]) -> str:
    for hidden in HIDDEN[platform]:
        line = _mask_one(hidden, line, values)
    return line


def _mask_one(hidden: Hidden, line: str, values: list[str]) -> str:
    def replaced(found: re.Match[str]) -> str:
        value = found["v"]
        if MASK.fullmatch(value):
            return found[0]
        kind = found.groupdict().get("t")
        values.append(value)
        start, end = found.start("v") - found.start(), found.end("v") - found.start()
        mask = f"<masked:{len(values) - 1}:{hidden.strength(kind)}>"
        return found[0][:start] + mask + found[0][end:]

    return hidden.pattern.sub(replaced, line)


def _hidden(pattern: str, **strengths: Strength) -> Hidden:
    known = {key.removeprefix("t").replace("any", "*"): value for key, value in strengths.items()}
    return Hidden(re.compile(pattern), known)


_USM = r"^snmp-server user \S+ .*?\b"
_CISCO = (
    # Types 8 (PBKDF2) and 9 (scrypt) are salted and slow; 5 is MD5, 7 a cipher, 0 nothing.
    _hidden(
        r"^(?:username .*?|enable )(?:secret|password) (?:(?P<t>\d+) )?(?P<v>\S+)",
        t8="strong", t9="strong", t5="weak", t7="plain", t0="plain", t="plain",
    ),
    _hidden(r"^snmp-server community (?P<v>\S+)", t="plain"),
    _hidden(_USM + r"auth \S+ (?:(?:224|256|384|512) )?(?P<v>\S+)", t="strong"),
    _hidden(_USM + r"priv (?:aes(?:-128)? )?(?:128 |192 |256 )?(?P<v>\S+)", t="strong"),
    _hidden(r"^snmp-server host \S+ .*?version (?:1|2c) (?P<v>\S+)", t="plain"),
    _hidden(r"\bkey-string (?:(?P<t>\d+) )?(?P<v>\S+)", any="plain", t="plain", t6="strong"),
    # A server's key is kept as type 7 where there is no master key: it gets no better by being sent
    # again.
    _hidden(
        r"^\s*(?:tacacs|radius)-server (?:.* )?key (?:(?P<t>\d+) )?(?P<v>\"?\S+)",
        t6="strong", t7="strong", any="plain", t="plain",
    ),
    _hidden(
        r"^ *key (?:(?P<t>\d+) )?(?P<v>\S+)$",
        t6="strong", t7="strong", any="plain", t="plain",
    ),
    _hidden(r"\bntp authentication-key \d+ \S+ (?P<v>\S+)", t="plain"),
    _hidden(r"^ *neighbor \S+ password (?:(?P<t>\d+) )?(?P<v>\S+)", any="plain", t="plain"),
    _hidden(r"^ *password (?:(?P<t>\d+) )?(?P<v>\S+)", t8="strong", any="plain", t="plain"),
)  # fmt: skip
HIDDEN: Mapping[Platform, tuple[Hidden, ...]] = {
    Platform.IOS: _CISCO,
    Platform.IOSXE: _CISCO,
    Platform.NXOS: (
        # `password 5 $5$…` there is SHA-256 with a salt, not MD5.
        _hidden(r"^username \S+ password 5 (?P<v>\$5\$\S+)", t="strong"),
        *_CISCO,
    ),
    Platform.EOS: (
        _hidden(
            r"^username .*?secret (?:(?P<t>sha512|5|0) )?(?P<v>\S+)",
            tsha512="strong", t5="weak", t="plain",
        ),
        *_CISCO,
    ),
    Platform.FRR: _CISCO,
    Platform.JUNOS: (
        _hidden(r"\bencrypted-password (?P<v>\"[^\"]*\"|\S+)", t="strong"),
        _hidden(
            r"\b(?:secret|authentication-key|privacy-key|authentication-password|"
            r"privacy-password|key) (?P<v>\"\$\d[^\"]*\")",
            t="strong",
        ),
        _hidden(r"\bsnmp community (?P<v>\S+)", t="plain"),
    ),
    Platform.FORTIOS: (
        _hidden(
            r"^\s*set (?:password|passwd|auth-pwd|priv-pwd|key|secret|psksecret|"
            r"secondary-key|tertiary-key) (?:(?P<t>ENC) )?(?P<v>\S+)",
            tENC="strong", t="plain",
        ),
    ),
}  # fmt: skip
"""Every place in which these platforms print a secret that we know of."""
