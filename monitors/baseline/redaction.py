"""Takes out of a host's answer whatever looks like a secret, before it is hashed and kept."""

import base64
import binascii
import re
from collections.abc import Callable

MASK = "***"

_SHAPES = (
    re.compile(
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
    ),
    re.compile(r"\$(?:1|2[abxy]?|5|6|7|y|gy|sha1|argon2[a-z]*)\$[./A-Za-z0-9$,=+-]{8,}"),
)
_ASSIGNED = re.compile(
    r"(?i)\b(pass(?:word|wd|phrase)?|secret|community|token|api_?key)(\s*=\s*|:[ \t]+)[^\s*]\S*"
)
_IN_ADDRESS = re.compile(r"(://)[^/@\s]{1,200}@")
_FILE = re.compile(r"^(file\tfile \S+ \S+ \S+ )([A-Za-z0-9+/=]*)(\. /.*)$", re.MULTILINE)
"""A line of `inventory.facts.textfile.SHOW_FILE`, whose content is base64."""

Scrub = Callable[[str], str]


def redacted(text: str, scrub: Scrub) -> str:
    """The text without secrets: known ones by `scrub`, others by their shape."""
    return _FILE.sub(lambda match: _in_file(match, scrub), _plain(text, scrub))


def _plain(text: str, scrub: Scrub) -> str:
    text = scrub(text)
    for shape in _SHAPES:
        text = shape.sub(MASK, text)
    return _IN_ADDRESS.sub(rf"\1{MASK}@", _ASSIGNED.sub(rf"\1\2{MASK}", text))


def _in_file(match: re.Match[str], scrub: Scrub) -> str:
    try:
        content = base64.b64decode(match[2], validate=True)
    except binascii.Error:
        return match[0]  # the parser will say that it is not intact
    try:
        kept = content.decode()
    except UnicodeDecodeError:
        kept = content.decode("latin-1")
        changed = _plain(kept, scrub)
        return match[0] if changed == kept else _line(match, changed.encode("latin-1"))
    changed = _plain(kept, scrub)
    return match[0] if changed == kept else _line(match, changed.encode())


def _line(match: re.Match[str], content: bytes) -> str:
    return match[1] + base64.b64encode(content).decode() + match[3]
