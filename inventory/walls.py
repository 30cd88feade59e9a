"""Video walls: their displays, the processors that drive them, and the layouts that they show.

Lengths are in pixels of the wall: the pictures of its displays, with the bezels between them as if
there was a picture behind, so that a line that crosses a bezel stays straight.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from inventory.reach import Part, RtspCheck, locate, url_of
from inventory.words import Name

Connector = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{1,16}(-[A-Za-z0-9]{1,4}){1,3}$")]
"""An output as the kernel and sway name it: `DP-1`, `HDMI-A-2`."""
Terminal = Annotated[str, StringConstraints(pattern=r"^[1-6][1-9A-Z]$")]
"""An input of a display as PJLink numbers it (INPT): `31` is the first digital one."""
GridSize = Annotated[float, Field(gt=0, le=16)]
GridPlace = Annotated[float, Field(ge=1, le=17)]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]

_SIZE = r"^\d{3,5}x\d{3,5}$"
_LENGTH = r"^\d{1,4}(\.\d{1,3})?(mm|px)$"
_PICTURE = r"^\d{2,4}(\.\d{1,3})?x\d{2,4}(\.\d{1,3})?mm$"


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A part of the wall, in its pixels."""

    x: int
    y: int
    width: int
    height: int

    def holds(self, other: "Rectangle") -> bool:
        """Whether the other one lies wholly inside."""
        return (
            self.x <= other.x
            and self.y <= other.y
            and other.x + other.width <= self.x + self.width
            and other.y + other.height <= self.y + self.height
        )

    def meets(self, other: "Rectangle") -> bool:
        """Whether they share a pixel."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


class Tile(Part):
    """One picture of a layout: where it is, and what it shows.

    Without `camera`, `url`, `page` or `text` it shows the camera or recorder of its own name.
    """

    column: GridPlace = 1
    """Where its left edge is: 1 is the left edge of the wall, 2.5 the middle of the second."""
    row: GridPlace = 1
    """Where its upper edge is: 1 is the upper edge of the wall."""
    columns: GridSize = 1
    """How many displays it is wide."""
    rows: GridSize = 1
    """How many displays it is high."""
    camera: Name | None = None
    """A camera or recorder; its stream is an `rtsp` entry of its `monitoring.reach`."""
    stream: Annotated[str, Field(max_length=60)] = ""
    """The title of that entry, where the camera has several; the first when empty."""
    url: Annotated[str, url_of("rtsp")] | None = None
    """A stream that no device of the inventory gives."""
    credential: str | None = None
    """For the stream, in place of the wall's `credentials.streams`."""
    page: Annotated[str, url_of("http", "https")] | None = None
    """A web page, shown without anything around it."""
    text: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """Words, such as the name of what is shown beside them."""
    background: Colour = "#101820"
    """Behind a text."""
    vital: bool = False
    """Whether the wall does not do its work while this picture is missing."""

    @property
    def sources(self) -> tuple[str, ...]:
        """The kinds of source that are written; at most one makes sense."""
        return tuple(
            key for key in ("camera", "url", "page", "text") if getattr(self, key) is not None
        )

    def shows_same(self, other: "Tile") -> bool:
        """Whether a running picture of the other one can be moved to here as it is."""
        place = {"column", "row", "columns", "rows", "vital"}
        return self.model_dump(exclude=place) == other.model_dump(exclude=place)


class Layout(Part):
    """What the wall shows, until another layout is chosen."""

    title: str = ""
    tiles: Annotated[dict[Name, Tile], Field(max_length=64)] = Field(default_factory=dict)
    preset: Annotated[int, Field(ge=1, le=128)] | None = None
    """The window preset that an Extron-style processor keeps it in."""


class Driver(Part):
    """How a processor drives the wall."""

    outputs: Annotated[dict[Connector, Name], Field(max_length=32)] = Field(default_factory=dict)
    """Output -> the display that hangs on it; of a Linux processor."""
    input: Terminal | None = None
    """The displays' input that this processor's cable goes to."""
    canvas: Annotated[int, Field(ge=1, le=10)] = 1
    """Of an Extron-style processor: the canvas that the wall is."""
    headless: bool = False
    """Draws into memory alone: for a trial on a machine without displays."""


class WallCredentials(Part):
    """With what the deploying side logs in; each has `purpose: deploy`."""

    streams: str | None = None
    """RTSP: what the wall's players log in to cameras and recorders with."""
    displays: str | None = None
    """PJLink: for power and input of the displays."""
    presets: str | None = None
    """SIS: for the presets of an Extron-style processor."""


class Wall(Part):
    """One video wall."""

    name: Name
    title: str = ""
    displays: Annotated[
        tuple[Annotated[tuple[Name, ...], Field(min_length=1, max_length=16)], ...],
        Field(min_length=1, max_length=16),
    ]
    """Row by row, as they are seen from the room."""
    resolution: Annotated[str, StringConstraints(pattern=_SIZE)] = "1920x1080"
    """Pixels of each display."""
    bezel: Annotated[str, StringConstraints(pattern=_LENGTH)] = "0px"
    """From picture to picture: `3.5mm` or `24px`."""
    bezel_down: Annotated[str, StringConstraints(pattern=_LENGTH)] | None = None
    """The same between rows, where it differs."""
    picture: Annotated[str, StringConstraints(pattern=_PICTURE)] | None = None
    """The size of a display's picture, `1209.6x680.4mm`; needed for a bezel in mm."""
    processors: Annotated[dict[Name, Driver], Field(min_length=1, max_length=8)]
    """By device. Several that drive the same displays stand in for each other."""
    layouts: Annotated[dict[Name, Layout], Field(min_length=1, max_length=100)]
    start: Name | None = None
    """The layout of a wall that nobody has chosen one for; the first when not given."""
    credentials: WallCredentials = WallCredentials()

    @model_validator(mode="after")
    def _measured(self) -> Self:
        in_mm = [b for b in (self.bezel, self.bezel_down) if b is not None and b.endswith("mm")]
        if in_mm and self.picture is None:
            raise ValueError(
                f"a bezel of {in_mm[0]} needs `picture`, the size of a display's picture such as"
                " 1209.6x680.4mm: add it, or write the bezel in px"
            )
        return self

    @property
    def rows(self) -> int:
        return len(self.displays)

    @property
    def columns(self) -> int:
        return len(self.displays[0])

    @property
    def first_layout(self) -> str:
        """The layout that it starts with."""
        return self.start or next(iter(self.layouts))

    @property
    def display_names(self) -> tuple[str, ...]:
        return tuple(name for row in self.displays for name in row)

    @property
    def picture_px(self) -> tuple[int, int]:
        """Width and height of one display."""
        width, _, height = self.resolution.partition("x")
        return int(width), int(height)

    @property
    def gaps_px(self) -> tuple[int, int]:
        """The pixels behind a bezel, between columns and between rows."""
        sizes = re.findall(r"[\d.]+", self.picture or "")
        down = self.bezel if self.bezel_down is None else self.bezel_down
        return tuple(  # type: ignore[return-value] # two axes make a pair
            _pixels(bezel, pixels, float(sizes[axis]) if sizes else 0)
            for axis, (bezel, pixels) in enumerate(
                zip((self.bezel, down), self.picture_px, strict=True)
            )
        )

    def place_of(self, display: str) -> Rectangle:
        """The picture of a display of this wall."""
        (width, height), (across, down) = self.picture_px, self.gaps_px
        row, column = next(
            (r, names.index(display)) for r, names in enumerate(self.displays) if display in names
        )
        return Rectangle(column * (width + across), row * (height + down), width, height)

    def place_of_tile(self, tile: Tile) -> Rectangle:
        """Edges on the grid lie on the edges of displays, so that a bezel belongs to no tile."""
        (width, height), (across, down) = self.picture_px, self.gaps_px
        left = _begin(tile.column - 1, width, across)
        top = _begin(tile.row - 1, height, down)
        right = _end(tile.column - 1 + tile.columns, width, across)
        bottom = _end(tile.row - 1 + tile.rows, height, down)
        return Rectangle(left, top, max(1, right - left), max(1, bottom - top))


def stream_of(checks: tuple[object, ...], title: str) -> RtspCheck | None:
    """The stream of that title among a device's checks; the first one without a title."""
    streams = [check for check in checks if isinstance(check, RtspCheck)]
    return next((check for check in streams if title in ("", check.title)), None)


def stream_url(check: RtspCheck, address: object) -> str:
    """The URL to play, without a user or a password."""
    at = locate(check.rtsp, "rtsp")
    host = at.host or str(address)
    shown = f"[{host}]" if ":" in host else host
    return f"rtsp://{shown}:{at.port}{at.target}"


def walls_of(walls: Mapping[str, Wall], device: str) -> Iterator[Wall]:
    """The walls that a processor drives."""
    return (wall for wall in walls.values() if device in wall.processors)


def _pixels(length: str, pixels: int, picture_mm: float) -> int:
    number = float(length[:-2])
    return round(number if length.endswith("px") else number * pixels / picture_mm)


def _begin(units: float, size: int, gap: int) -> int:
    whole = int(units)
    return whole * (size + gap) + round((units - whole) * size)


def _end(units: float, size: int, gap: int) -> int:
    whole = int(units)
    if units == whole:
        return whole * (size + gap) - gap
    return _begin(units, size, gap)
