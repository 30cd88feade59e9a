"""A worker whose hosts are simulated: each of them answers with what one real host answered.

It speaks the protocol of `deploy.messages` and is started by `bench.many_hosts` alone.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def main() -> None:
    """Takes one job and says what a worker says that only reads."""
    output = Path(sys.argv[1]).read_text()
    job = json.loads(sys.stdin.readline() or "null")
    if job is None:
        return
    for host in job["hosts"]:
        for event in _events(host["name"], output):
            sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.write('{"event":"job-done"}\n')
    sys.stdout.flush()
    sys.stdin.read()


def _events(host: str, output: str) -> Iterator[dict[str, Any]]:
    told = {"client": "10.64.255.1", "port": 22, "os": "debian-12"}
    yield {"event": "connected", "host": host, **told}
    yield {"event": "facts", "host": host, "when": "before", "output": output}
    yield {"event": "host-done", "host": host}


if __name__ == "__main__":
    main()
