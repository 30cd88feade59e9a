"""The controller's side of a wave: gives a worker its job and passes its events on."""

import queue
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import IO

from pydantic import ValidationError

from deploy.failure import Reason, one_line
from deploy.messages import EVENTS, Event, HostDone, Job, JobDone
from deploy.spare import give_back, take

LINE_LIMIT = 64 * 1024**2
"""Octets of one line from the worker; facts of one host are the longest."""
SILENCE_S = 900.0
"""A worker that says nothing for so long is ended; its own timeouts are shorter."""
_STDERR_TAIL = 4000
_WAITING = 1000
"""Lines that may wait to be taken."""
_LOOKS_UP_S = 0.2
_LAST = JobDone().model_dump_json().encode() + b"\n"
"""Nothing is read after it: the next job has a reader of its own."""


def run_job(job: Job, on_event: Callable[[Event], None]) -> None:
    """Runs one wave to its end; every host of the job gets exactly one `HostDone`.

    On Ctrl-C the worker is told to begin no further step, and is waited for; a second Ctrl-C leaves
    it to the hosts' dead-men.
    """
    worker = take()
    is_over = threading.Event()
    try:
        waiting, is_well = _carry_out(worker.process, job, on_event, is_over)
    except BaseException:
        is_over.set()
        _hang_up(worker.process)
        worker.process.wait()
        worker.close()
        raise
    if is_well and not waiting:
        give_back(worker)
        return
    is_over.set()
    _end(worker.process)
    complaint = _tail(worker.stderr)
    worker.close()
    for name in sorted(waiting):
        message = f"the worker ended early{f': {complaint}' if complaint else ''}"
        on_event(HostDone(host=name, reason=Reason.INTERNAL, message=message))


def _carry_out(
    worker: subprocess.Popen[bytes],
    job: Job,
    on_event: Callable[[Event], None],
    is_over: threading.Event,
) -> tuple[set[str], bool]:
    """The hosts that had no last word, and whether the worker said that it is done."""
    waiting = {host.name for host in job.hosts}
    is_done = False
    for event in _events(worker, job, is_over):
        if isinstance(event, JobDone):
            is_done = True
            continue
        if isinstance(event, HostDone):
            waiting.discard(event.host)
        on_event(event)
    return waiting, is_done


def _events(
    worker: subprocess.Popen[bytes], job: Job, is_over: threading.Event
) -> Iterator[Event | JobDone]:
    lines: queue.Queue[bytes] = queue.Queue(maxsize=_WAITING)
    reader = threading.Thread(target=_read, args=(worker.stdout, lines, is_over), daemon=True)
    reader.start()
    try:
        _give(worker, job)
        yield from _parsed(lines)
    except KeyboardInterrupt:
        _hang_up(worker)
        yield from _parsed(lines)
        raise


def _give(worker: subprocess.Popen[bytes], job: Job) -> None:
    assert worker.stdin is not None
    try:
        worker.stdin.write(job.model_dump_json().encode() + b"\n")
        worker.stdin.flush()
    except BrokenPipeError:
        return  # it could not even start; its stderr says why


def _read(stdout: IO[bytes] | None, lines: "queue.Queue[bytes]", is_over: threading.Event) -> None:
    """Passes on what the worker says; nobody wants it after `is_over`, and it may go on."""
    assert stdout is not None
    while line := stdout.readline(LINE_LIMIT):
        _put(line, lines, is_over)
        if line == _LAST:
            return
    _put(b"", lines, is_over)


def _put(line: bytes, lines: "queue.Queue[bytes]", is_over: threading.Event) -> None:
    while not is_over.is_set():
        with suppress(queue.Full):
            lines.put(line, timeout=_LOOKS_UP_S)
            return


def _parsed(lines: "queue.Queue[bytes]") -> Iterator[Event | JobDone]:
    """What the worker says of one job; `JobDone` is the last, unless it ends or talks nonsense."""
    while True:
        try:
            line = lines.get(timeout=SILENCE_S)
        except queue.Empty:
            return
        if not line:
            return
        try:
            event = EVENTS.validate_json(line)
        except ValidationError:
            return  # something else wrote to its stdout: nothing after it can be trusted
        yield event
        if isinstance(event, JobDone):
            return


def _hang_up(worker: subprocess.Popen[bytes]) -> None:
    if worker.stdin is not None and not worker.stdin.closed:
        # A worker that is gone already is what hanging up is for.
        with suppress(BrokenPipeError):
            worker.stdin.close()


def _end(worker: subprocess.Popen[bytes]) -> None:
    _hang_up(worker)
    try:
        worker.wait(timeout=10)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()


def _tail(stderr: IO[bytes]) -> str:
    size = stderr.seek(0, 2)
    stderr.seek(max(0, size - _STDERR_TAIL))
    lines = [line for line in stderr.read().decode(errors="replace").splitlines() if line.strip()]
    return one_line(lines[-1]) if lines else ""
