"""What makes a host a video-wall processor: its areas, in the order in which they are done."""

from types import ModuleType

from deploy.walls import wall_session, wall_status, wall_tiles

AREAS: tuple[ModuleType, ...] = (wall_session, wall_tiles, wall_status)
