"""One syslog message as gear sends it: RFC 5424, RFC 3164, or whatever comes near them. Pure."""

import re
from dataclasses import dataclass

from monitors.printable import printable
from monitors.reading import State

LONGEST_LINE = 8192
"""Bytes; RFC 5424 section 6.1 asks receivers for 2048 and lets them cut off what is longer."""
LONGEST_TEXT = 1000
LONGEST_APP = 48
_MOST_ELEMENTS = 32
SEVERITIES = ("emergency", "alert", "critical", "error", "warning", "notice", "info", "debug")
"""RFC 5424 table 2, by number."""
_STATES = (
    *(State.CRITICAL, State.CRITICAL, State.CRITICAL),
    *(State.WARNING, State.WARNING),
    *(State.OK, State.OK, State.OK),
)
_NOTICE = 5
_PRIORITY = re.compile(r"<(\d{1,3})>")
_MODERN = re.compile(r"1 \S{1,64} \S{1,255} (\S{1,48}) \S{1,128} \S{1,32} ")
"""VERSION TIMESTAMP HOSTNAME APP-NAME PROCID MSGID, RFC 5424 section 6."""
_ELEMENT = re.compile(r'\[[^\s="\]]{1,32}(?: [^\s="\]]{1,32}="(?:\\.|[^"\\\]])*")*\]')
_STAMP = re.compile(r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (?:\S{0,254}[^\s:] )?")
"""TIMESTAMP and HOSTNAME, RFC 3164 section 4.1.2."""
_TAG = re.compile(r"([%\w./-]{1,48})(?:\[\d{1,10}\])?: ?")


@dataclass(frozen=True, slots=True)
class SyslogLine:
    """What a message says, bounded and without control characters."""

    severity: str
    state: State
    app: str
    """Empty where it does not say."""
    text: str


def read_line(data: bytes) -> SyslogLine:
    """Reads any bytes: what is no syslog becomes the text of a notice (RFC 3164 section 4.3.3)."""
    line = data[:LONGEST_LINE].decode("utf-8", "replace")
    level, at = _NOTICE, 0
    priority = _PRIORITY.match(line)
    if priority is not None and int(priority[1]) < 192:
        level, at = int(priority[1]) % 8, priority.end()
    app, text = _split(line, at)
    return SyslogLine(
        SEVERITIES[level],
        _STATES[level],
        "" if app == "-" else printable(app)[:LONGEST_APP],
        printable(text.removeprefix("\ufeff"))[:LONGEST_TEXT],
    )


def _split(line: str, at: int) -> tuple[str, str]:
    modern = _MODERN.match(line, at)
    if modern is not None:
        return modern[1], line[_after_elements(line, modern.end()) :]
    stamp = _STAMP.match(line, at)
    at = stamp.end() if stamp is not None else at
    tag = _TAG.match(line, at)
    return (tag[1], line[tag.end() :]) if tag is not None else ("", line[at:])


def _after_elements(line: str, at: int) -> int:
    """Where MSG begins, behind STRUCTURED-DATA (`-` or elements in brackets)."""
    if line.startswith("-", at):
        return min(at + 2, len(line))
    for _ in range(_MOST_ELEMENTS):
        element = _ELEMENT.match(line, at)
        if element is None:
            break
        at = element.end()
    return at
