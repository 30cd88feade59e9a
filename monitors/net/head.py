"""The head of an answer over HTTP/1.1 (RFC 9112) or RTSP/1.0 (RFC 2326). Pure."""

import re
from dataclasses import dataclass

END = b"\r\n\r\n"
LONGEST_HEAD = 32 * 1024
MOST_HEADERS = 128
_STATUS = re.compile(rb"(HTTP/1\.[01]|RTSP/1\.0|RTSP/2\.0) ([1-5]\d\d)(?: ([^\r\n]*))?")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
_NUMBER = re.compile(r"\d{1,12}")


class MalformedHeadError(ValueError):
    """Octets that are no head of an answer."""


@dataclass(frozen=True, slots=True)
class Head:
    """A status line and its headers."""

    protocol: str
    """`HTTP/1.1`, `RTSP/1.0`."""
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    """Names in lower case, in the order sent."""

    def all(self, name: str) -> tuple[str, ...]:
        """The values of every header of this name."""
        return tuple(value for known, value in self.headers if known == name)

    def get(self, name: str) -> str:
        """The first header of this name; empty when there is none."""
        return next((value for known, value in self.headers if known == name), "")

    @property
    def length(self) -> int | None:
        """Content-Length; None when it is not said. Raises MalformedHeadError when it is not one
        number: two readers that differ about it would see different answers (RFC 9112, 6.3)."""
        said = set(self.all("content-length"))
        if not said:
            return None
        text = said.pop()
        if said or not _NUMBER.fullmatch(text):
            raise MalformedHeadError("an unclear Content-Length")
        return int(text)

    @property
    def chunked(self) -> bool:
        """Whether the body comes in chunks. Raises MalformedHeadError for other codings."""
        coding = self.get("transfer-encoding").lower()
        if coding not in ("", "chunked"):
            raise MalformedHeadError("an unknown Transfer-Encoding")
        return coding == "chunked"

    @property
    def keeps_open(self) -> bool:
        """Whether the connection can be used again."""
        said = self.get("connection").lower()
        return "close" not in said and (self.protocol != "HTTP/1.0" or "keep-alive" in said)


def parse_head(data: bytes) -> Head:
    """Reads a head, its empty line included or not. Raises MalformedHeadError, nothing else."""
    if len(data) > LONGEST_HEAD:
        raise MalformedHeadError(f"a head of more than {LONGEST_HEAD} bytes")
    first, *lines = data.removesuffix(END).split(b"\r\n")
    status = _STATUS.fullmatch(first)
    if status is None:
        raise MalformedHeadError(f"not an answer: {shown(first)}")
    if len(lines) > MOST_HEADERS:
        raise MalformedHeadError(f"more than {MOST_HEADERS} headers")
    headers = tuple(_header(line) for line in lines if line)
    return Head(status[1].decode(), int(status[2]), _phrase(status[3] or b""), headers)


def _header(line: bytes) -> tuple[str, str]:
    name, colon, value = line.partition(b":")
    if not colon or not _NAME.fullmatch(name):
        raise MalformedHeadError(f"not a header: {shown(line)}")
    return name.decode("ascii").lower(), value.strip(b" \t").decode("latin-1")


def _phrase(octets: bytes) -> str:
    text = octets[:60].decode("ascii", "replace")
    return "".join(letter for letter in text if letter.isprintable()).strip()


def shown(data: bytes, longest: int = 24) -> str:
    """The beginning of strange octets, for a message."""
    return repr(data[:longest].decode("ascii", "replace"))
