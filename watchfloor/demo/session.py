"""What a second terminal must know of the running demo: where it is, and how its gear is read."""

import socket
from contextlib import suppress
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

FILE = "session.json"
SOCKET = "demo.sock"
PATIENCE_S = 1.0


class Session(BaseModel):
    """A running demo, as its own user may know it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1] = 1
    center: Path
    runtime: Path
    """The monitor's folder, with the engine's socket."""
    endpoints: Path
    secrets: dict[str, str]
    """Environment variables that the demo made up for its simulated gear; never anybody's own."""

    def save(self, folder: Path) -> None:
        """Writes it so that only this user can read it."""
        path = folder / FILE
        path.touch(mode=0o600)
        path.write_text(self.model_dump_json())


def find_session(runtime: Path) -> Session | None:
    """The demo that runs below this runtime folder; None when none does.

    One that was killed leaves its file behind, so its socket has to answer as well.
    """
    folder = demo_folder(runtime)
    with suppress(OSError, ValidationError):
        session = Session.model_validate_json((folder / FILE).read_bytes())
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(PATIENCE_S)
            probe.connect(str(folder / SOCKET))
        return session
    return None


def demo_folder(runtime: Path) -> Path:
    """Where a demo keeps everything, below the runtime folder of this user."""
    return runtime / "demo"
