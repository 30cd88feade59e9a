"""A worker that is started ahead, and kept from job to job: its libraries load once.

Loading them takes the better part of a second, which is most of what a command takes that finds
nothing to do, and much of what a wave takes. This module imports next to nothing, so that it can
come first, while the command loads its own.
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
        give_back(Worker.start())


def take() -> Worker:
    """A spare that lives, or else a new one."""
    while _spare:
        worker = _spare.pop()
        if worker.process.poll() is None:
            return worker
        worker.close()
    return Worker.start()


def give_back(worker: Worker) -> None:
    """Keeps a worker that waits for a job, for whoever has the next one."""
    if not _spare:
        atexit.register(discard)
    _spare.append(worker)


def discard() -> None:
    """Ends the spares: without a job, the end of its stdin is a worker's own end."""
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
