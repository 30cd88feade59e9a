"""IPMI messages on the LAN: how a request becomes bytes, and what a response must look like."""

from dataclasses import dataclass
from typing import NamedTuple

from monitors.ipmi.errors import MalformedPacketError

BMC_ADDRESS = 0x20
"""The slave address that every BMC answers to (IPMI 2.0, table 13-8)."""
CONSOLE_ADDRESS = 0x81
"""The software id of a remote console (IPMI 2.0, table 5-4)."""
SHORTEST_RESPONSE = 8
LARGEST_RESPONSE = 300
"""Bytes. More than any command that is used here may answer; LAN messages end at 272."""

OK = 0x00
NODE_BUSY = 0xC0
INVALID_COMMAND = 0xC1
OUT_OF_RANGE = 0xC9
TOO_MANY_BYTES = 0xCA
NOT_PRESENT = 0xCB
NO_PRIVILEGE = 0xD4

_COMPLETIONS = {
    NODE_BUSY: "node busy",
    INVALID_COMMAND: "invalid command",
    0xC2: "command invalid for this unit",
    0xC3: "timeout inside the BMC",
    0xC4: "out of space",
    0xC5: "reservation cancelled",
    0xC6: "request data truncated",
    0xC7: "request data length invalid",
    0xC8: "request data too long",
    OUT_OF_RANGE: "parameter out of range",
    TOO_MANY_BYTES: "cannot return that many bytes",
    NOT_PRESENT: "not present",
    0xCC: "invalid data field",
    0xCD: "command illegal for this sensor",
    0xCE: "no response available",
    0xD0: "repository in update mode",
    0xD1: "device in firmware update mode",
    0xD2: "initialising",
    0xD3: "destination unavailable",
    NO_PRIVILEGE: "privilege too low",
    0xD5: "not supported in the present state",
    0xD6: "subfunction disabled",
    0xFF: "unspecified error",
}


@dataclass(frozen=True, slots=True)
class Request:
    """One command to the BMC."""

    netfn: int
    command: int
    data: bytes = b""
    lun: int = 0


class Response(NamedTuple):
    """The BMC's answer to one command."""

    code: int
    """Completion code; 0 is success (IPMI 2.0, table 5-2)."""
    data: bytes


class Reply(NamedTuple):
    """A response as it came, with what tells which request it belongs to."""

    netfn: int
    sequence: int
    command: int
    response: Response


def completion(code: int) -> str:
    """A completion code in words."""
    return _COMPLETIONS.get(code, "error of the vendor's own") + f" ({code:#04x})"


def checksum(data: bytes) -> int:
    """The two's complement sum that makes a header or body add up to zero."""
    return -sum(data) & 0xFF


def encode_request(request: Request, sequence: int) -> bytes:
    """The message of figure 13-4; `sequence` is the 6-bit number that the answer repeats."""
    head = bytes((BMC_ADDRESS, request.netfn << 2 | request.lun))
    body = bytes((CONSOLE_ADDRESS, sequence << 2, request.command)) + request.data
    return b"%b%c%b%c" % (head, checksum(head), body, checksum(body))


def parse_reply(message: bytes) -> Reply:
    """A response to the console; raises MalformedPacketError for anything else."""
    if not SHORTEST_RESPONSE <= len(message) <= LARGEST_RESPONSE:
        raise MalformedPacketError(f"IPMI message of {len(message)} bytes")
    if sum(message[:3]) & 0xFF or sum(message[3:]) & 0xFF:
        raise MalformedPacketError("IPMI message with a wrong checksum")
    netfn = message[1] >> 2
    if message[0] != CONSOLE_ADDRESS or not netfn & 1:
        raise MalformedPacketError("IPMI message that is no response to a console")
    return Reply(netfn, message[4] >> 2, message[5], Response(message[6], message[7:-1]))
