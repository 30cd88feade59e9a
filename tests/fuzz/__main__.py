"""Feeds mutated packets to everything that reads the network, for a bounded time.

    python -m tests.fuzz [--seconds 20] [--seed N]

Exit status 1 when a reader raised what it may not, or took too long; the last lines say which seed
and which octets to try it with.
"""

import argparse
import itertools
import random
import secrets
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.fuzz.mutation import mutated
from tests.fuzz.readers import READERS, Reader

SLOW_S = 0.5
"""Of CPU time that no packet may take: the engine stands still in the meantime."""
AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Finding:
    """What went wrong, and the octets that did it."""

    reader: str
    octets: bytes
    what: str

    def __str__(self) -> str:
        return f"{self.reader}: {self.what}: {self.octets.hex()}"


def tried(reader: Reader, octets: bytes) -> Finding | None:
    """Reads the octets once; None when all is as it should be."""
    began = time.process_time()
    try:
        reader.read(octets)
    except reader.allowed:
        pass
    except Exception as error:
        return Finding(reader.name, octets, f"{type(error).__name__}: {error}"[:200])
    spent_s = time.process_time() - began
    if spent_s > SLOW_S:
        return Finding(reader.name, octets, f"took {spent_s:.2f} s")
    return None


def fuzz(readers: Sequence[Reader], seconds: float, seed: int) -> tuple[int, list[Finding]]:
    """How many packets were read, and the first finding of each reader."""
    chance = random.Random(seed)
    found: dict[str, Finding] = {}
    count = 0
    until = time.monotonic() + seconds
    for reader in itertools.cycle(readers):
        for _ in range(AT_ONCE):
            finding = tried(reader, mutated(reader.examples, chance))
            count += 1
            if finding is not None:
                found.setdefault(reader.name, finding)
        if time.monotonic() >= until and count >= AT_ONCE * len(readers):
            break
    return count, list(found.values())


def main() -> int:
    """Prints how many packets were read, and what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = secrets.randbelow(1 << 32) if options.seed is None else options.seed
    count, found = fuzz(READERS, options.seconds, seed)
    head = f"{count} packets, {len(READERS)} readers, seed {seed}: {len(found)} findings"
    sys.stdout.write("\n".join([head, *map(str, found)]) + "\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
