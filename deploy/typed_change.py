"""What every typed change has, whichever module it is in."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

AbsolutePath = Annotated[str, StringConstraints(pattern=r"^/[^\x00\n]+$", max_length=4096)]


class TypedChange(BaseModel):
    """Pure data: decided on by an area, carried out by a visit, shown to people."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @property
    def diff(self) -> tuple[str, ...]:
        """A unified diff for what has lines; empty otherwise."""
        return ()

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secrets that the worker needs for it, and no others: `CREDENTIAL.secret`."""
        return ()

    @property
    def parcels(self) -> tuple[str, ...]:
        """The SHA-256 of the files that have to be on the host before it is made."""
        return ()
