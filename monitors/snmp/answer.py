"""What came of one poll: the values as they stood on the wire, and why some are missing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from monitors.probe import Problem
from monitors.snmp.errors import DecodeError
from monitors.snmp.inquiry import Exchange
from monitors.snmp.oid import encode_oid, oid_text
from monitors.snmp.values import Value, decode_or_none, decode_value


@dataclass(frozen=True, slots=True)
class Answer:
    """Values by OID, both as BER bytes: decoding is left to who needs it."""

    values: Mapping[bytes, bytes] = field(default_factory=dict)
    """OID (content bytes) to the value's tag, length and content."""
    problem: Problem | None = None
    """None when everything was read that the agent has. With values, the answer is partial."""
    cut_short: bool = False
    """Not all was asked for: the agent stopped answering, or the time was over."""
    exchanges: Sequence[Exchange] = ()
    """What was asked and answered, from which a `Script` can be made; empty after a replay."""

    def value(self, oid: str) -> Value:
        """One value by its OID as text; None when it was not read or does not decode."""
        return decode_or_none(self.values.get(encode_oid(oid)))

    def varbinds(self) -> Iterator[tuple[str, int, Value]]:
        """Every (OID, tag, value) that decodes, in the order in which they were read."""
        for oid, tlv in self.values.items():
            try:
                yield oid_text(oid), tlv[0], decode_value(tlv)
            except DecodeError:
                continue
