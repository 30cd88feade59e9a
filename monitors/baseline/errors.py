"""What can go wrong in an audit beyond a finding."""

from inventory.errors import WatchfloorError


class AuditError(WatchfloorError):
    """An audit cannot be run, reported or replayed."""


class EvidenceError(AuditError):
    """Evidence is not what was recorded, or is of an unknown format. Names the record or file."""


class SigningError(AuditError):
    """The head of the evidence cannot be signed, or its signature does not hold."""
