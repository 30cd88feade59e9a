"""Several steps of an area in one go: one round trip instead of one for each step. Pure.

The host looks between the steps whether the run still holds its lock, which is gone as soon as the
worker or its controller is: so a batch stops as early as steps that are sent one by one.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from deploy.change import CertificateChange, Change, CommandChange, PackageChange
from deploy.operations.journal import input_document
from deploy.shipped_change import ReleaseChange

OWNER = "/run/watchfloor/owner"
"""Names the run that holds the host's lock; see `deploy.remote.hostlock`."""
MOST = 25
"""Steps of one batch: somebody wants to see that it goes on."""
INSTALL_S = 780
"""A desktop from a slow mirror takes minutes."""

_DONE = "watchfloor-step"
_REPORT = re.compile(rf"^{_DONE} (\d{{1,4}}) (-?\d{{1,9}})$", re.MULTILINE)
_HEAD = """\
held() {{
  read -r card <{owner} && case $card in *'"run": "{run}"'*) ;; *) false ;; esac
}} 2>/dev/null
now() {{ read -r up idle </proc/uptime; now=${{up%.*}}${{up#*.}}; }}
"""
_STEP = """\
held || {{ echo 'watchfloor: stopped, because its lock is lost' >&2; exit 75; }}
now; began=$now
{run}code=$?
[ $code = 0 ] || exit $code
now; echo {done} {number} $((now - began))
"""


def batches(changes: Iterable[Change]) -> Iterator[list[tuple[int, Change]]]:
    """The changes with their numbers from 1, as many together as can be.

    A certificate begins another batch: what comes before it may bring what makes its key. So does
    a change whose content is shipped first, which takes its time.
    """
    found: list[tuple[int, Change]] = []
    for number, change in enumerate(changes, start=1):
        is_prepared = isinstance(change, CertificateChange) or change.parcels
        if found and (len(found) == MOST or is_prepared):
            yield found
            found = []
        found.append((number, change))
    if found:
        yield found


def batch(run: str, steps: Sequence[str]) -> str:
    """The script that runs the steps in their order, up to the first that fails."""
    return _HEAD.format(owner=OWNER, run=run) + "".join(
        _STEP.format(run=input_document("/bin/sh -s", text), done=_DONE, number=number)
        for number, text in enumerate(steps)
    )


def longest(change: Change) -> float:
    """Seconds that a change may take when it is one that takes long; 0 for any other."""
    if isinstance(change, PackageChange):
        return INSTALL_S
    return change.timeout_s if isinstance(change, CommandChange | ReleaseChange) else 0


def done(output: str) -> dict[int, float]:
    """Which steps a batch's output says are done, by their place from 0 -> seconds."""
    return {int(found[1]): int(found[2]) / 100 for found in _REPORT.finditer(output)}
