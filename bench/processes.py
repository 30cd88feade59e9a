"""Processes that the bench starts, and what they cost: CPU, memory and sockets from /proc."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
PATIENCE_S = 10.0


class BenchError(Exception):
    """A row cannot be measured; the text says why in one line."""


@contextmanager
def running(
    argv: Sequence[str | Path], *, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process for the length of a `with`; what it printed is in the error if it ended early."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [str(word) for word in argv],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            ended = process.poll()
            end(process)
            if ended is not None:
                log.seek(0)
                last = log.read().decode(errors="replace").strip()[-400:]
                raise BenchError(f"{argv[0]} ended with {ended}: {last}")


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a process that leads a session of its own, and waits for it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(condition: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
    """Returns once the condition holds. Raises `BenchError` when it takes too long."""
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            raise BenchError(f"{what} did not happen in {patience_s:g} s")
        time.sleep(0.05)


def cpu_s(pid: int) -> float:
    """User and system time that a process and the children it has waited for have used.

    proc(5), /proc/PID/stat, fields 14 to 17.
    """
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) * TICK_S


def precise_cpu_s(pid: int) -> float:
    """Time on a CPU of all threads of a process, to the nanosecond (/proc/PID/task/*/schedstat)."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def resident_bytes(pid: int) -> int:
    """Resident memory; what processes share counts once in all (Pss of /proc/PID/smaps_rollup)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def udp_sockets(pid: int) -> int:
    """How many UDP sockets a process holds open."""
    known = {
        line.split()[9]
        for table in ("udp", "udp6")
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
    }
    held = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            held.add(str(link.readlink()))
    return sum(f"socket:[{inode}]" in held for inode in known)


@dataclass(frozen=True, slots=True)
class Family:
    """A process and its children."""

    pid: int

    def members(self) -> list[int]:
        """The process and all of its descendants."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        found = [self.pid]
        for child in children:
            with suppress(OSError):
                found += Family(int(child)).members()
        return found
