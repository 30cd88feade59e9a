"""What can go wrong in SNMP before or after the wire: bad settings and bytes that are not SNMP."""

from inventory.errors import WatchfloorError


class SnmpError(WatchfloorError):
    """The root of this package's errors."""


class DecodeError(SnmpError):
    """Bytes that are not the BER or the SNMP message they claim to be."""


class TargetError(SnmpError):
    """A target or credential that cannot be used as written; the message holds no secret."""


class OidError(SnmpError):
    """A text that is not an object identifier."""
