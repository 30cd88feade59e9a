"""Where a wall node keeps what its programs share. Root writes all of it but the session's own."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Places:
    """The files and folders of one node; another `root` is for trials."""

    root: Path = Path("/")

    @property
    def layouts(self) -> Path:
        """What there is to show; deploys write it."""
        return self.root / "etc/watchfloor/wall/layouts.json"

    @property
    def chosen(self) -> Path:
        """The name of the layout that was chosen last: it outlives a restart."""
        return self.root / "var/lib/watchfloor/wall/chosen"

    @property
    def shown(self) -> Path:
        """The tiles of the layout on the wall, for the players and for `wall_status`."""
        return self.root / "run/watchfloor-layout/wall.json"

    @property
    def session(self) -> Path:
        """The session's runtime folder: sway's, Wayland's and the players' sockets."""
        return self.root / "run/wall"

    @property
    def sway(self) -> Path:
        return self.session / "sway.sock"

    @property
    def pages(self) -> Path:
        """The browsers' profiles."""
        return self.root / "var/lib/watchfloor-pages"

    def player(self, tile: str) -> Path:
        """The JSON IPC socket of a tile's mpv."""
        return self.session / f"tile-{tile}.sock"

    def heartbeat(self, tile: str) -> Path:
        """Touched while a tile's page answers."""
        return self.session / f"tile-{tile}.beat"
