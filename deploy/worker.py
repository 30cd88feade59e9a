"""The worker process: `python -P -m deploy.worker` takes JSON jobs on stdin, prints JSON lines.

It is a process of its own because pyinfra needs gevent, whose patches must not reach anything else,
and because a run that hangs is then one process to end. When stdin ends, the controller is gone,
and no further step begins.
"""

# ruff: noqa: E402 - gevent has to patch before anything else is imported
from gevent import monkey

monkey.patch_all()

import os
import resource
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import gevent
import gevent.event
import gevent.queue
from gevent.fileobject import FileObject
from gevent.pool import Pool
from pyinfra.api.state import State, StateStage
from pyinfra.context import ctx_config, ctx_host, ctx_state

from deploy.messages import Event, HostJob, Job, JobDone, WayName
from deploy.remote.fleet import fleet, silence
from deploy.remote.visit import Surroundings, Visit
from deploy.remote.visits import visit_of

MEMORY_LIMIT = 4 * 1024**3
"""Octets of address space: a host that sends without end costs its wave, not this machine."""
JOB_LIMIT = 256 * 1024**2
_LEAVING_STATE: frozenset[WayName] = frozenset({"ipmi"})
"""Ways whose libraries keep a session's state for the whole process (pyghmi), so that it does not
do another job."""


class Controller:
    """The other end of our stdin and stdout."""

    def __init__(self) -> None:
        self._jobs: gevent.queue.Queue[bytes] = gevent.queue.Queue()
        self._gone = gevent.event.Event()

    def listen(self) -> None:
        """Takes jobs until stdin ends; runs in a greenlet of its own."""
        stdin = FileObject(sys.stdin.buffer, "rb")
        while line := stdin.readline(JOB_LIMIT):
            self._jobs.put(line)
        self._gone.set()
        self._jobs.put(b"")

    def jobs(self) -> Iterator[Job]:
        """Each job, one line, until there is none to do. Raises `ValueError` for another line."""
        while line := self._jobs.get():
            yield Job.model_validate_json(line)

    def tell(self, event: Event | JobDone) -> None:
        """One JSON line; the whole of it, or the controller counts as gone."""
        try:
            sys.stdout.write(event.model_dump_json() + "\n")
            sys.stdout.flush()
        except OSError:
            self._gone.set()

    @property
    def is_gone(self) -> bool:
        return bool(self._gone.is_set())

    def wait_for_end(self) -> None:
        """Returns as soon as it is gone."""
        self._gone.wait()


def main() -> None:
    """Runs each job to its end. The exit status is 0 whenever every host had its last word."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    silence()
    controller = Controller()
    gevent.spawn(controller.listen)
    for job in controller.jobs():
        _run(job, controller)
        if not _LEAVING_STATE.isdisjoint(target.way for target in job.hosts):
            return
        controller.tell(JobDone())


def _run(job: Job, controller: Controller) -> None:
    with tempfile.TemporaryDirectory(prefix="watchfloor-") as folder:
        state = fleet(job, Path(folder))
        state.set_stage(StateStage.Execute)
        state.is_executing = True
        around = Surroundings(
            job, controller.tell, lambda: controller.is_gone, controller.wait_for_end
        )
        # pyinfra's state is one plain global and is set once for all greenlets of a job.
        ctx_state.set(state)  # type: ignore[no-untyped-call] # pyinfra's own signature
        pool = Pool(job.parallel)
        for target in job.hosts:
            pool.spawn(_visit, around, state, target, visit_of(target.way))
        pool.join()


def _visit(around: Surroundings, state: State, target: HostJob, kind: type[Visit]) -> None:
    host = state.inventory.get_host(target.name)
    with ctx_config.use(state.config.copy()), ctx_host.use(host):
        kind(around, target, host).run()


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    # Taking the libraries down costs a tenth of a second, and nothing of theirs has to be kept.
    os._exit(0)
