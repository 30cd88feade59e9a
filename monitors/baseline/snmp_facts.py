"""What an SNMP agent lets strangers and weaker requests have; one polite question for each."""

from dataclasses import dataclass
from enum import StrEnum

DEFAULT_WORDS = ("public", "private", "cisco", "snmp", "monitor", "write", "community")
"""Communities that gear is shipped with or that people try first."""


class Reply(StrEnum):
    """What came of one question."""

    ANSWERED = "answered"
    """The value was given."""
    REFUSED = "refused"
    """The agent said no, or sent nothing that could be used."""
    SILENT = "silent"
    NOT_ASKED = "not asked"
    """There is no credential to ask with."""


@dataclass(frozen=True, slots=True)
class SnmpFacts:
    """One agent. It answered the monitor's own credential, or there would be no facts."""

    address: str
    protocol: str
    """How the monitor reads it: `snmp-v2c` or `snmp-v3`."""
    words_tried: tuple[str, ...]
    words_answered: tuple[str, ...]
    """Default communities that v2c gave a value for."""
    without_privacy: Reply
    """SNMPv3 authNoPriv, as the monitor's user."""
    without_authentication: Reply
    """SNMPv3 noAuthNoPriv, as the monitor's user."""
