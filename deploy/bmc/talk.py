"""What the visit to a BMC is told to read; secrets by their names alone."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict


class BmcReading(BaseModel):
    """The areas, and whose passwords are tried."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    areas: tuple[str, ...]
    passwords: Mapping[str, str] = {}
    """User -> `CREDENTIAL.secret`."""
