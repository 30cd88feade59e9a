"""Reads the inventory for the web process: `python -P -m monitors.inventory_reader CONFIG`.

In a process that ends at once: what reading takes for a moment would stay with the one that serves
pages, in holes between what it keeps.
"""

import asyncio
import pickle
import sys

from inventory.errors import WatchfloorError
from inventory.model import Center
from monitors.config import MonitorConfig
from monitors.orders import EX_CONFIG

PATIENCE_S = 60.0
"""A thousand devices are read in a few seconds; a disk that hangs answers nobody."""


class UnreadInventoryError(WatchfloorError):
    """The inventory cannot be used; the text is the reader's."""


async def center_of(config: MonitorConfig) -> Center:
    """What `config.load_center` gives. Raises `UnreadInventoryError`."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", __name__, config.model_dump_json()),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            told, why = await process.communicate()
    except (asyncio.CancelledError, TimeoutError) as error:
        process.kill()
        await process.wait()
        if isinstance(error, TimeoutError):
            raise UnreadInventoryError(
                f"{config.center}: not read within {PATIENCE_S:g} s; is its disk well?"
            ) from error
        raise
    if process.returncode:
        raise UnreadInventoryError(why.decode(errors="replace").strip())
    center = pickle.loads(told)  # noqa: S301 - the words of our own child, over its own pipe
    assert isinstance(center, Center)
    return center


def main() -> int:
    """Writes the pickled center; one line on a mistake."""
    try:
        center = MonitorConfig.model_validate_json(sys.argv[1]).load_center()
    except WatchfloorError as error:
        print(error, file=sys.stderr)  # noqa: T201 - whoever started it reads this
        return EX_CONFIG
    sys.stdout.buffer.write(pickle.dumps(center, pickle.HIGHEST_PROTOCOL))
    return 0


if __name__ == "__main__":
    sys.exit(main())
