"""Running a program to its end, with its output kept and a failure told in one line."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab.errors import LabError

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Finished:
    """What a program left behind; undecodable bytes are replaced."""

    argv: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str


def attempt(
    argv: Sequence[str | Path],
    *,
    stdin: str = "",
    timeout_s: float = 60,
    env: Mapping[str, str] | None = None,
) -> Finished:
    """Runs `argv` and reports how it ended; raises LabError only when it does not end in time.

    The environment is the caller's unless `env` is given; administrators' programs are found
    even where PATH leaves them out.
    """
    words = tuple(str(word) for word in argv)
    environment = dict(os.environ if env is None else env)
    environment["PATH"] = f"{environment.get('PATH', '')}:{SYSTEM_PATH}".lstrip(":")
    try:
        done = subprocess.run(
            words,
            input=stdin,
            env=environment,
            capture_output=True,
            timeout=timeout_s,
            check=False,
            errors="replace",
        )
    except FileNotFoundError as error:
        raise LabError(f"{words[0]} is not installed; run tests/setup as root") from error
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{' '.join(words)} did not end within {timeout_s:g} s") from error
    return Finished(words, done.returncode, done.stdout, done.stderr)


def run(argv: Sequence[str | Path], *, stdin: str = "", timeout_s: float = 60) -> str:
    """The stdout of `argv`; a non-zero exit is a LabError with the last line of stderr."""
    done = attempt(argv, stdin=stdin, timeout_s=timeout_s)
    if done.exit_code:
        raise LabError(failure(done))
    return done.stdout


def launch(argv: Sequence[str | Path], log: Path, env: Mapping[str, str] | None = None) -> None:
    """Starts a program that outlives its starter, output into `log`.

    It becomes init's child, so that whoever ends it leaves no zombie; control groups find it again.
    """
    with log.open("ab") as sink:
        subprocess.run(
            ["setsid", "--fork", *(str(word) for word in argv)],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            check=True,
        )


def failure(done: Finished) -> str:
    """One line: the command, its exit code, and the last thing that it said."""
    said = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1]
    return f"{' '.join(done.argv)} failed with {done.exit_code}: {said}"
