"""Tells whether a wall node's outputs are driven and its tiles show moving pictures.

`wall_status watch` runs beside sway as its user: it looks at sway and at every tile, again and
again, and writes what it saw. `wall_status report` prints that, a line for each part; snmpd runs it
(`extend wall …`) and so never waits for sway or a player. Standard library only, Python 3.10;
run as `python3 …/wall_status COMMAND`.
"""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from eye import Eye
from lines import line, publish, report
from setup import Setup, SetupError

SETUP = Path("/etc/watchfloor/wall.json")
STATUS = Path("/run/watchfloor-wall/status.json")


async def watch(setup_path: Path, status: Path, runtime: Path, every_s: float) -> None:
    """Looks until it is ended. A setup that cannot be read is said, and read again."""
    eye = Eye(runtime)
    while True:
        try:
            lines = await eye.look(Setup.read(setup_path))
        except SetupError as error:
            sys.stderr.write(f"wall-status: {error}\n")
            lines = [line("watcher", "wall-status", "broken")]
        publish(status, lines)
        await asyncio.sleep(every_s)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("command", choices=("watch", "report"))
    parser.add_argument("--setup", type=Path, default=SETUP)
    parser.add_argument("--status", type=Path, default=STATUS)
    parser.add_argument("--every", type=float, default=2.0, metavar="SECONDS")
    runtime = os.environ.get("XDG_RUNTIME_DIR", f"/run/user/{os.getuid()}")
    parser.add_argument("--runtime", type=Path, default=Path(runtime))
    given = parser.parse_args()
    if given.command == "watch":
        asyncio.run(watch(given.setup, given.status, given.runtime, given.every))
    else:
        sys.stdout.write("".join(f"{each}\n" for each in report(given.setup, given.status)))


if __name__ == "__main__":
    main()
