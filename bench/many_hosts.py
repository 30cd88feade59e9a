"""Runs one command line of Watchfloor's with a simulated worker, and tells how much memory it took.

`python -m bench.many_hosts FACTS REPORT plan …`: FACTS is what each host answers, REPORT gets the
largest resident size in octets and the seconds of CPU time.
"""

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from deploy import spare
from watchfloor.cli import main as watchfloor


def main() -> None:
    """The command's own exit status is this program's."""
    facts, report, *words = sys.argv[1:]
    # A command line takes a spare worker where there is one.
    spare._spare.append(_worker(facts))
    sys.argv = ["watchfloor", *words]
    try:
        watchfloor()
    finally:
        used = resource.getrusage(resource.RUSAGE_SELF)
        cpu_s = used.ru_utime + used.ru_stime
        Path(report).write_text(f"{used.ru_maxrss * 1024} {cpu_s:.2f}")


def _worker(facts: str) -> spare.Worker:
    stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the worker
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.simulated_worker", facts],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        start_new_session=True,
    )
    return spare.Worker(process, stderr)


if __name__ == "__main__":
    main()
