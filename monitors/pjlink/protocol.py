"""The lines of PJLink: greeting, digest, commands and answers. Pure."""

import hashlib
import re
from dataclasses import dataclass

from monitors.pjlink.errors import RefusedError

PORT = 4352
LONGEST_LINE = 136
"""Bytes of the longest line, with its end (PJLink class 2 specification, section 2.2)."""
END = b"\r"
UNDEFINED = "ERR1"
BAD_PARAMETER = "ERR2"
UNAVAILABLE = "ERR3"
FAILURE = "ERR4"
_ERRORS = frozenset({UNDEFINED, BAD_PARAMETER, UNAVAILABLE, FAILURE})
_OPEN = b"PJLINK 0"
_WRONG_PASSWORD = b"PJLINK ERRA"
_CHALLENGE = re.compile(rb"PJLINK 1 ([0-9A-Za-z]{1,32})")


class NotPjlinkError(ValueError):
    """A line that no PJLink display sends."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """How a display opens the conversation."""

    salt: bytes | None
    """What the password is to be hashed with; None where no password is wanted."""


def parse_greeting(line: bytes) -> Greeting:
    """Raises NotPjlinkError for any other line."""
    if line == _OPEN:
        return Greeting(None)
    challenge = _CHALLENGE.fullmatch(line)
    if challenge is None:
        raise NotPjlinkError(shown(line))
    return Greeting(challenge[1])


def digest(salt: bytes, password: str) -> bytes:
    """What precedes the first command where a password is wanted. The protocol prescribes MD5."""
    salted = salt + password.encode()
    return hashlib.md5(salted, usedforsecurity=False).hexdigest().encode()


def query(klass: int, command: str, of: str = "") -> bytes:
    """The line that asks for a value; `of` names the input that INNM is asked of."""
    return f"%{klass}{command} ?{of}".encode() + END


def is_wrong_password(line: bytes) -> bool:
    """Whether the display rejects the digest."""
    return line == _WRONG_PASSWORD


def parse_answer(line: bytes, command: str) -> str | None:
    """The value in the answer to `command`; None for the answer to another command.

    Raises RefusedError for an error word, NotPjlinkError for what is no answer at all.
    """
    if len(line) < 7 or line[:1] != b"%" or line[1:2] not in b"12" or line[6:7] != b"=":
        raise NotPjlinkError(shown(line))
    if line[2:6].upper() != command.encode():
        return None
    value = line[7:].decode("utf-8", "replace")
    if value.upper() in _ERRORS:
        raise RefusedError(command, value.upper())
    return value


def shown(line: bytes) -> str:
    """The beginning of a strange line, for a message."""
    return repr(line[:24].decode("ascii", "replace"))
