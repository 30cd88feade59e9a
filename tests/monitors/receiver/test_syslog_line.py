"""Syslog as RFC 5424 and RFC 3164 write it, as gear really sends it, and as nobody should."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.reading import State
from monitors.receiver.syslog_line import LONGEST_LINE, LONGEST_TEXT, read_line


@pytest.mark.parametrize(
    ("line", "severity", "app", "text"),
    [
        # The examples of RFC 5424 section 6.5 and RFC 3164 section 5.4.
        (
            b"<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - "
            b"\xef\xbb\xbf'su root' failed for lonvick on /dev/pts/8",
            "critical",
            "su",
            "'su root' failed for lonvick on /dev/pts/8",
        ),
        (
            b"<165>1 2003-10-11T22:14:15.003Z host.example evntslog - ID47 "
            b'[exampleSDID@32473 iut="3" eventSource="Appl\\]ication"]'
            b'[examplePriority@32473 class="high"] An entry',
            "notice",
            "evntslog",
            "An entry",
        ),
        (
            b"<34>Oct 11 22:14:15 mymachine su: 'su root' failed",
            "critical",
            "su",
            "'su root' failed",
        ),
        (b"<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!", "notice", "", "Use the BFG!"),
        (b"<38>Nov 22 22:10:00 sshd[4711]: closed", "info", "sshd", "closed"),
        # As switches write it.
        (
            b"<189>29: *Mar  1 18:46:11.123: %SYS-5-CONFIG_I: Configured",
            "notice",
            "29",
            "*Mar 1 18:46:11.123: %SYS-5-CONFIG_I: Configured",
        ),
        (b"<4>%LINK-3-UPDOWN: Gi1/0/4 down", "warning", "%LINK-3-UPDOWN", "Gi1/0/4 down"),
        (b"no priority at all", "notice", "", "no priority at all"),
        (b"<999>strange", "notice", "", "<999>strange"),
        (b"<0>\x1b]0;owned\x07\r\nline two\x00", "emergency", "", "]0;owned line two"),
        (b"<11>\xff\xfe not utf-8", "error", "", "\ufffd\ufffd not utf-8"),
    ],
)
def test_a_line_is_read(line: bytes, severity: str, app: str, text: str) -> None:
    read = read_line(line)
    assert (read.severity, read.app, read.text) == (severity, app, text)


def test_severities_are_graded() -> None:
    states = [read_line(b"<%d>x" % level).state for level in range(8)]
    assert states == [State.CRITICAL] * 3 + [State.WARNING] * 2 + [State.OK] * 3


@given(st.binary(max_size=2 * LONGEST_LINE))
def test_any_bytes_become_bounded_printable_text(data: bytes) -> None:
    read = read_line(data)
    assert len(read.text) <= LONGEST_TEXT
    assert read.text.isprintable()
    assert read.app.isprintable()


@pytest.mark.parametrize("part", [b'[a b="', b"[a ", b"1 " * 9, b'\\"' * 9, b"- "])
def test_no_line_takes_long(part: bytes) -> None:
    read_line(b"<1>1 a b c d e " + part * (LONGEST_LINE // len(part)))
