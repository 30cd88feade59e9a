"""Child processes of tests: started with their output kept, ended with all their descendants."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.wait import NeverHappenedError, until


@dataclass(frozen=True, slots=True)
class Child:
    """A running child process that leads its own process group.

    stdout and stderr go to one file, so that a full pipe never stops it.
    """

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def output(self) -> str:
        """All that it has printed until now."""
        return self.log.read_text(errors="replace")

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def wait_for_output(self, text: str, timeout_s: float = 10) -> str:
        """Its output as soon as `text` is in it; fails at once if the child ends before that."""
        until(
            lambda: text in self.output or not self.alive,
            timeout_s,
            f"{text!r} in the output of {self.process.args!r}",
        )
        printed = self.output
        if text not in printed:
            raise NeverHappenedError(
                f"{self.process.args!r} ended with {self.process.returncode}"
                f" without printing {text!r}:\n{printed[-2000:]}"
            )
        return printed

    def interrupt(self, timeout_s: float = 10) -> int:
        """Ctrl-C, as a terminal sends it: to the whole group. Returns the exit status."""
        self.signal_group(signal.SIGINT)
        return self.process.wait(timeout_s)

    def signal_group(self, number: signal.Signals) -> None:
        # A group that is gone already is what a signal would have wanted.
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def end(self, patience_s: float = 5) -> None:
        """SIGTERM, then SIGKILL to whatever of the group is left; the child is reaped."""
        self.signal_group(signal.SIGTERM)
        # The SIGKILL below does not depend on the child's manners.
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(patience_s)
        self.signal_group(signal.SIGKILL)
        self.process.wait()


def start(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    log: Path | None = None,
) -> Child:
    """Starts `argv` with no stdin in its own process group; `env` is added to ours."""
    log = log or _new_log()
    with log.open("wb") as sink:
        process = _spawn(argv, sink, {**os.environ, **(env or {})}, cwd)
    return Child(process, log)


def _new_log() -> Path:
    with tempfile.NamedTemporaryFile(prefix="wf-child-", suffix=".log", delete=False) as file:
        return Path(file.name)


def _spawn(
    argv: Sequence[str | Path], sink: IO[bytes], env: Mapping[str, str], cwd: Path | None
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [str(word) for word in argv],
        stdin=subprocess.DEVNULL,
        stdout=sink,
        stderr=subprocess.STDOUT,
        env=env,
        cwd=cwd,
        start_new_session=True,
    )


@contextmanager
def child(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Iterator[Child]:
    """A child process for the length of a `with`; its log file goes with it."""
    started = start(argv, env=env, cwd=cwd)
    try:
        yield started
    finally:
        started.end()
        started.log.unlink(missing_ok=True)
