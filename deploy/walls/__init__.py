"""What makes a host a video-wall processor: its areas, in the order in which they are done."""

from types import ModuleType

AREAS: tuple[ModuleType, ...] = ()
