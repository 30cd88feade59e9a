"""A worker that is started ahead: its libraries load while the command loads its own.

Loading them takes the better part of a second, which is most of what a command takes that finds
nothing to do. This module imports next to nothing, so that it can come first.
"""

import atexit
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

PATIENCE_S = 5.0
"""How long a spare that nobody needed may take to end."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker process, which waits for its job, and the file that its complaints go to."""

    process: subprocess.Popen[bytes]
    stderr: IO[bytes]

    @classmethod
    def start(cls) -> "Worker":
        stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the worker
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "deploy.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            # Ctrl-C in a terminal goes to all of its processes; the worker must end its step first.
            start_new_session=True,
        )
        return cls(process, stderr)

    def close(self) -> None:
        """Lets go of its pipes and its file; the process has ended."""
        for pipe in (self.process.stdin, self.process.stdout, self.stderr):
            if pipe is not None:
                with suppress(BrokenPipeError):  # it did not want the rest
                    pipe.close()


_spare: list[Worker] = []


def prepare() -> None:
    """Starts a spare worker, unless there is one."""
    if not _spare:
        _spare.append(Worker.start())
        atexit.register(discard)


def take() -> Worker:
    """The spare, or else a new one."""
    return _spare.pop() if _spare else Worker.start()


def discard() -> None:
    """Ends a spare that nobody needed: without a job, the end of its stdin is its own end."""
    while _spare:
        worker = _spare.pop()
        assert worker.process.stdin is not None
        worker.process.stdin.close()
        try:
            worker.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            worker.process.kill()
            worker.process.wait()
        worker.close()
