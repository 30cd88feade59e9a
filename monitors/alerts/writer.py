"""The thread that writes the store: it acknowledges a record only after its commit.

While the disk is full or broken, records wait in memory, in order, and are tried again; the
monitor goes on and shows the problem. Nothing is dropped without being counted and said.
"""

import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from inventory.errors import WatchfloorError
from monitors.alerts.store import AlertStore, Record

T = TypeVar("T")

MOST_WAITING = 100_000
"""Records that may wait for the disk; beyond that, new ones are refused and counted."""
MOST_AT_ONCE = 500
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 15.0


class StoreBusyError(WatchfloorError):
    """The store cannot take more, or has been closed."""


@dataclass(slots=True)
class _Job:
    record: Record
    done: "Future[None]"


_Question = Callable[[AlertStore], None]


def _promise() -> "Future[T]":
    """A future that whoever waits cannot cancel: the thread that keeps it must not stumble."""
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()
    return future


class StoreWriter:
    """Owns the store and its thread."""

    def __init__(self, path: Path, open_store: Callable[[Path], AlertStore] = AlertStore) -> None:
        """Opens the store. Raises `StoreError` when that fails."""
        self._path = path
        self._open_store = open_store
        self._inbox: queue.SimpleQueue[_Job | _Question | None] = queue.SimpleQueue()
        self._waiting: deque[_Job] = deque()
        self._problem = ""
        self._refused = 0
        self._closing = threading.Event()
        self._opened: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name="alert-store", daemon=True)
        self._thread.start()
        self._opened.result()

    @property
    def problem(self) -> str:
        """One line while records cannot be written; empty when all is well."""
        waiting = len(self._waiting) + self._inbox.qsize()
        lost = f"; {self._refused} could not even be kept in memory" if self._refused else ""
        if not self._problem and not lost:
            return ""
        return f"{self._problem or 'alert store'}: {waiting} records wait to be written{lost}"

    def write(self, record: Record) -> "Future[None]":
        """Queues a record. The future is done after its commit; it fails only if refused."""
        done: Future[None] = _promise()
        if self._closing.is_set() or len(self._waiting) + self._inbox.qsize() >= MOST_WAITING:
            self._refused += 1
            done.set_exception(
                StoreBusyError("alert store: takes no more records; free disk space")
            )
        else:
            self._inbox.put(_Job(record, done))
        return done

    def ask(self, question: Callable[[AlertStore], T]) -> "Future[T]":
        """Reads from the store in its own thread."""
        answer: Future[T] = _promise()

        def run(store: AlertStore) -> None:
            try:
                answer.set_result(question(store))
            except Exception as error:
                answer.set_exception(error)

        self._inbox.put(run)
        return answer

    def close(self, patience_s: float = 5.0) -> int:
        """Writes what waits, as far as the disk lets it. Returns how many records are lost."""
        self._closing.set()
        self._inbox.put(None)
        self._thread.join(patience_s)
        return len(self._waiting)

    def _run(self) -> None:
        try:
            store = self._open_store(self._path)
        except BaseException as error:
            self._opened.set_exception(error)
            return
        self._opened.set_result(None)
        try:
            self._serve(store)
        finally:
            store.close()

    def _serve(self, store: AlertStore) -> None:
        pause_s = FIRST_PAUSE_S
        going = True
        while going or self._waiting:
            going = self._receive(store, pause_s) and going
            if self._write_waiting(store):
                pause_s = FIRST_PAUSE_S
            elif not going:
                return
            else:
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def _receive(self, store: AlertStore, pause_s: float) -> bool:
        """Takes what has come; waits when there is nothing to do. False once closed."""
        timeout = pause_s if self._waiting else None
        going = True
        try:
            item = self._inbox.get(timeout=timeout)
            while True:
                if item is None:
                    going = False
                elif isinstance(item, _Job):
                    self._waiting.append(item)
                else:
                    item(store)
                item = self._inbox.get_nowait()
        except queue.Empty:
            return going and not self._closing.is_set()

    def _write_waiting(self, store: AlertStore) -> bool:
        """Commits what waits, many at once. False when the disk did not take it."""
        while self._waiting:
            batch = [self._waiting[n] for n in range(min(len(self._waiting), MOST_AT_ONCE))]
            try:
                store.write(job.record for job in batch)
            except sqlite3.Error as error:
                self._problem = f"alert store {self._path}: {error}"
                return False
            except WatchfloorError:
                self._write_singly(store, batch)
                continue
            self._settle(len(batch))
        self._problem = ""
        return True

    def _write_singly(self, store: AlertStore, batch: list[_Job]) -> None:
        """One record of the batch is not acceptable: the others must not suffer for it."""
        for job in batch:
            try:
                store.write([job.record])
            except WatchfloorError as error:
                self._waiting.popleft()
                job.done.set_exception(error)
            except sqlite3.Error:
                return  # the rest waits, and the next round says what is wrong
            else:
                self._settle(1)

    def _settle(self, count: int) -> None:
        for _ in range(count):
            self._waiting.popleft().done.set_result(None)
