"""The packets of NTP version 4, as a client sends and reads them (RFC 5905). Pure."""

import struct
from dataclasses import dataclass

PORT = 123
LENGTH = 48
_CLIENT, _SERVER = 3, 4
_VERSION = 4
UNSYNCHRONISED_LEAP = 3
UNSYNCHRONISED_STRATUM = 16
_ERA_S = 1 << 32
_EPOCH_S = 2_208_988_800
"""Seconds from 1900, where NTP counts from, to 1970."""
_PACKET = struct.Struct("!BBbbII4sQQQQ")
LEAPS = ("none", "61 seconds", "59 seconds", "not synchronised")


class MalformedReplyError(ValueError):
    """Octets that are no reply of an NTP server to our request."""


class KissError(Exception):
    """The server asks to be left alone (section 7.4). `code` is its word, `RATE`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server says of its clock. Times in seconds."""

    offset_s: float
    """How far its clock is ahead of ours."""
    round_trip_s: float
    stratum: int
    leap: int
    root_delay_s: float
    root_dispersion_s: float
    reference: str
    """Its own source: `GPS` for a reference clock, else an address or hash."""

    @property
    def synchronised(self) -> bool:
        """Whether it says that its clock is set."""
        return self.leap != UNSYNCHRONISED_LEAP and 1 <= self.stratum < UNSYNCHRONISED_STRATUM


def request(cookie: int) -> bytes:
    """A client's packet. The cookie, 64 random bits, stands where our time would: a reply repeats
    it, and nobody learns our clock (draft-ietf-ntp-data-minimization)."""
    return _PACKET.pack(_VERSION << 3 | _CLIENT, 0, 0, 0, 0, 0, b"", 0, 0, 0, cookie)


def parse_reply(packet: bytes, cookie: int, sent_at: float, received_at: float) -> Reply:
    """Reads a reply; times are our own clock's, in seconds since 1970.

    Raises MalformedReplyError for everything else, KissError where the server wants quiet.
    """
    if len(packet) < LENGTH:
        raise MalformedReplyError(f"{len(packet)} bytes")
    first, stratum, _, _, delay, dispersion, reference, _, origin, receive, transmit = (
        _PACKET.unpack_from(packet)
    )
    leap, version, mode = first >> 6, first >> 3 & 7, first & 7
    if mode != _SERVER or not 1 <= version <= _VERSION:
        raise MalformedReplyError(f"mode {mode} of version {version}")
    if origin != cookie:
        raise MalformedReplyError("a reply to somebody else's request")
    if stratum == 0:
        raise KissError(_word(reference))
    if not transmit or not receive:
        raise MalformedReplyError("a reply without a time")
    there, back = _seconds(receive, sent_at), _seconds(transmit, received_at)
    return Reply(
        offset_s=((there - sent_at) + (back - received_at)) / 2,
        round_trip_s=max((received_at - sent_at) - (back - there), 0.0),
        stratum=stratum,
        leap=leap,
        root_delay_s=delay / 65536,
        root_dispersion_s=dispersion / 65536,
        reference=_word(reference) if stratum == 1 else ".".join(map(str, reference)),
    )


def stamp(seconds: float) -> int:
    """The NTP timestamp of a time since 1970."""
    return int((seconds + _EPOCH_S) * _ERA_S) & ((1 << 64) - 1)


def _seconds(stamp_: int, near: float) -> float:
    """The time since 1970, in the era that lies nearest to a time (section 6: eras last 136 years,
    and a timestamp does not say its own)."""
    seconds = stamp_ / _ERA_S - _EPOCH_S
    return seconds + round((near - seconds) / _ERA_S) * _ERA_S


def _word(reference: bytes) -> str:
    text = reference.rstrip(b"\0").decode("ascii", "replace")
    return "".join(letter for letter in text if letter.isprintable())
