"""What one conversation with one agent needs to remember, and how an answer is judged (v2c)."""

from dataclasses import dataclass
from typing import Protocol

from monitors.probe import ProblemKind
from monitors.snmp.errors import DecodeError
from monitors.snmp.message import (
    RESPONSE,
    Ask,
    Pdu,
    community_preamble,
    decode_pdu,
    encode_community_message,
)
from monitors.snmp.target import Community
from monitors.snmp.template import Template


@dataclass(frozen=True, slots=True)
class AskAgain:
    """The agent told something that the request lacked (its engine, its clock): ask once more."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The agent says why it will not answer."""

    kind: ProblemKind
    reason: str
    authentic: bool
    """Whether the agent proved to be itself. If not, an authentic answer may still come."""


@dataclass(frozen=True, slots=True)
class Disbelieved:
    """A reply that fails a security check; it is dropped and counted."""

    reason: str


Verdict = Pdu | AskAgain | Refused | Disbelieved


class Session(Protocol):
    """Seals requests for one agent and judges its replies."""

    def encode(self, ask: Ask, message_id: int, now: float) -> bytes:
        """The whole message."""

    def judge(
        self,
        packet: bytes,
        at: int,
        end: int,
        message_id: int,
        now: float,
        *,
        expected: Template | None = None,
    ) -> Verdict:
        """What a reply is worth, from its PDU (v2c) or from behind its version (v3).

        `expected` is the form that the answer had the last time.

        Raises:
            DecodeError: It is not an SNMP message of this session's version.
        """

    def silence_hint(self) -> str:
        """What the agent's silence points to, as far as this session knows more than that."""

    def reset(self) -> None:
        """Forgets what the agent told about itself; after silence it may be another one."""


class CommunitySession:
    """SNMPv2c: there is nothing to remember."""

    def __init__(self, credential: Community) -> None:
        self._preamble = community_preamble(credential.value.encode())

    def encode(self, ask: Ask, message_id: int, now: float) -> bytes:
        """The whole v2c message."""
        del now
        return encode_community_message(self._preamble, ask, message_id)

    def judge(
        self,
        packet: bytes,
        at: int,
        end: int,
        message_id: int,
        now: float,
        *,
        expected: Template | None = None,
    ) -> Verdict:
        """Any Response with the right id is believed: v2c offers no more."""
        del now
        pdu = decode_pdu(packet, at, end, expected)
        if pdu.tag != RESPONSE or pdu.request_id != message_id:
            raise DecodeError("not a Response to this request")
        return pdu

    def silence_hint(self) -> str:
        """Nothing: a v2c agent drops a wrong community without a word."""
        return ""

    def reset(self) -> None:
        """There is nothing to forget."""
