"""The typed change that takes back what an earlier run did to one area of a target.

It is among `deploy.change.Change`.
"""

from typing import Annotated, Literal

from pydantic import StringConstraints

from deploy.typed_change import TypedChange

JournalName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""A run's or an area's name, as the journal on a host has a folder of it."""


class UndoChange(TypedChange):
    """All steps that a run made in one area are undone, the last one first."""

    kind: Literal["undo"] = "undo"
    run: JournalName
    area: JournalName
    is_certain: bool = True
    """Whether the run is known to have changed the area; if not, there may be nothing to undo."""

    @property
    def title(self) -> str:
        """One line for people."""
        return f"undo what run {self.run} did to {self.area}"
