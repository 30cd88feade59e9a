"""A console's desk: its screens, what its browsers open, and whether dispatch keeps it unlocked."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from inventory.reach import Part, url_of
from inventory.walls import Connector
from inventory.words import Day

Site = Annotated[
    str, StringConstraints(pattern=r"^(https?://)?[A-Za-z0-9.\[\]:-]{1,253}(/[!-~]{0,200})?$")
]
"""A server, with its port and a path where these matter: `cad.riverside.example:8443/app`."""


class Screen(Part):
    """One monitor of a desk; they stand side by side, in their order from the left."""

    output: Connector
    resolution: Annotated[str, StringConstraints(pattern=r"^\d{3,5}x\d{3,5}$")] = "1920x1080"
    rate_hz: Annotated[float, Field(ge=20, le=240)] = 60.0
    primary: bool = False
    """Where windows open; the first screen when no one says so."""
    upright: bool = False
    """Turned by a quarter to the right."""


class Dispatch(Part):
    """Why an idle console is not locked: it serves dispatch inside a secure place (CJIS AC-11)."""

    reason: Annotated[str, Field(min_length=1, max_length=300)]
    place: Annotated[str, Field(min_length=1, max_length=100)]
    """The physically secure location, which is staffed while the console is on."""
    approver: Annotated[str, Field(min_length=1, max_length=100)]
    expires: Day
    """Inclusive, UTC; from the next day on the console is locked as any other."""

    def holds(self, today: date) -> bool:
        """Whether it still counts."""
        return today <= self.expires


class Desk(Part):
    """What stands before a person."""

    screens: Annotated[tuple[Screen, ...], Field(max_length=8)] = ()
    """Empty: as the desktop finds them."""
    start_pages: Annotated[
        tuple[Annotated[str, url_of("http", "https")], ...], Field(max_length=20)
    ] = ()
    """What the browsers open by themselves."""
    sites: Annotated[tuple[Site, ...], Field(max_length=500)] = ()
    """The only servers that the browsers reach, besides those of the start pages; everything where
    none is named."""
    downloads: Literal["blocked", "safe"] = "blocked"
    """`safe`: whatever the browser does not think dangerous."""
    dispatch: Dispatch | None = None

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        outputs = [screen.output for screen in self.screens]
        if len(set(outputs)) < len(outputs):
            raise ValueError("two screens have the same output: each has one of its own")
        if sum(screen.primary for screen in self.screens) > 1:
            raise ValueError("two screens are primary: keep one")
        return self
