"""Keeps the monitor's processes running: starts, restarts with growing pauses, ends them all.

As a process of its own: `python -P -m monitors.supervisor CONFIG`. It lives as long as they do, so
it loads nothing that only they need.
"""

import asyncio
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from inventory.errors import WatchfloorError
from monitors.environment import engine_environment, plain_environment, snmp_environment
from monitors.orders import EX_CONFIG, Orders
from monitors.pulse import Pulse

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STEADY_S = 60.0
"""A process that ran for so long starts anew without a pause when it dies."""
PROVEN_S = 10.0
"""A process that ran for so long has found everything that it needs."""
PATIENCE_S = 10.0
"""How long a process may take to end before it is killed."""

HUNG_AFTER_S = 30.0
"""Without a sign of life for so long, a process is killed and started again."""
STARTS_WITHIN_S = 90.0
"""The first sign of life may take as long as a busy machine needs to start a process."""


class InventoryMistake(WatchfloorError):  # noqa: N818 - it is reported, and ends nothing
    """The inventory cannot be used as it stands."""


class GivenUpError(WatchfloorError):
    """A process ends at once, and a restart would not help."""


@dataclass(frozen=True, slots=True)
class Role:
    """One process of the monitor."""

    name: str
    module: str
    secrets: Literal["none", "snmp", "all"] = "none"
    """Which of the secrets in the environment it gets."""


ENGINE = Role("engine", "monitors.engine_process", secrets="all")
WEB = Role("web", "monitors.web")
RECEIVER = Role("receiver", "monitors.receiver", secrets="snmp")


def roles_of(orders: Orders) -> tuple[Role, ...]:
    """The processes that a monitor with this configuration has."""
    return (ENGINE, WEB, RECEIVER) if orders.receives else (ENGINE, WEB)


@dataclass(slots=True)
class _Child:
    role: Role
    process: asyncio.subprocess.Process | None = None
    pause_s: float = FIRST_PAUSE_S
    proven: bool = False
    """It has run before, so that whatever stops it now may pass."""
    renewed: bool = False
    """It was told to end, so that it starts anew."""
    pulse: Pulse | None = None

    @property
    def running(self) -> asyncio.subprocess.Process | None:
        """Its process, while there is one."""
        process = self.process
        return process if process is not None and process.returncode is None else None


class Supervisor:
    """Runs the roles until it is told to stop."""

    def __init__(
        self,
        orders: Orders,
        roles: Iterable[Role] | None = None,
        hung_after_s: float = HUNG_AFTER_S,
    ) -> None:
        self._orders = orders
        self._children = [_Child(role) for role in roles or roles_of(orders)]
        self._hung_after_s = hung_after_s
        self._reloads: set[asyncio.Task[None]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Raises `GivenUpError` when a process fails in a way that a restart does not cure."""
        keepers = [asyncio.create_task(self._keep(child)) for child in self._children]
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([*keepers, stopped], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*keepers, stopped):
                task.cancel()
            ended = await asyncio.gather(*keepers, return_exceptions=True)
            await asyncio.gather(*(self._end(child) for child in self._children))
        for outcome in ended:
            if isinstance(outcome, Exception):
                raise outcome

    @property
    def pulses(self) -> list[Pulse]:
        """Of every process that has been started."""
        return [child.pulse for child in self._children if child.pulse is not None]

    def reload(self) -> None:
        """Lets every process read the inventory again: the engine goes on, the others start anew.

        With a mistake in it, the engine says so and goes on, and the others are left alone.
        """
        for child in self._children:
            if child.role == ENGINE and child.running is not None:
                child.running.send_signal(signal.SIGHUP)
        task = asyncio.create_task(self._renew_others())
        self._reloads.add(task)
        task.add_done_callback(self._reloads.discard)

    async def _renew_others(self) -> None:
        try:
            await _names_for_snmp(self._orders)
        except InventoryMistake as error:
            log.error("the inventory is not taken over: %s", error)
            return
        for child in self._children:
            if child.role != ENGINE and child.running is not None:
                child.renewed = True
                child.running.terminate()

    async def _keep(self, child: _Child) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            status = await self._run_once(child)
            child.proven = child.proven or loop.time() - began >= PROVEN_S
            if status == EX_CONFIG and not child.proven:
                raise GivenUpError(f"{child.role.name} cannot run; its last line above says why")
            if loop.time() - began >= STEADY_S:
                child.pause_s = FIRST_PAUSE_S
            if child.renewed:
                child.renewed = False
                continue
            log.error(
                "%s ended with status %s; starting it again in %g s",
                child.role.name,
                status,
                child.pause_s,
            )
            await asyncio.sleep(child.pause_s)
            child.pause_s = min(child.pause_s * 2, LONGEST_PAUSE_S)

    async def _run_once(self, child: _Child) -> int:
        role = child.role
        environment = await self._environment(role)
        # Held open and never written to: when this process dies, the child's stdin ends.
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                child.process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-P",
                    "-m",
                    role.module,
                    self._orders.text,
                    stdin=theirs.fileno(),
                    env=environment,
                )
            log.info("%s runs as process %d", role.name, child.process.pid)
            child.pulse = Pulse(ours, STARTS_WITHIN_S, self._hung_after_s)
            watching = asyncio.create_task(_end_when_hung(role, child.process, child.pulse))
            try:
                return await child.process.wait()
            finally:
                watching.cancel()

    async def _environment(self, role: Role) -> dict[str, str]:
        if role.secrets == "all":
            return engine_environment(os.environ)
        if role.secrets == "none":
            return plain_environment(os.environ)
        try:
            names = await _names_for_snmp(self._orders)
        except InventoryMistake:
            names = frozenset()  # the process itself says what the mistake is
        return snmp_environment(os.environ, names)

    async def _end(self, child: _Child) -> None:
        process = child.running
        if process is None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(PATIENCE_S):
                await process.wait()
        except TimeoutError:
            log.error("%s did not end in %g s and was killed", child.role.name, PATIENCE_S)
            process.kill()
            await process.wait()


async def _end_when_hung(role: Role, process: asyncio.subprocess.Process, pulse: Pulse) -> None:
    await pulse.stopped()
    log.error("%s gave no sign of life for %g s and is killed", role.name, pulse.patience_s)
    process.kill()


async def _names_for_snmp(orders: Orders) -> frozenset[str]:
    """What of the environment the receiver may get. Raises `InventoryMistake`."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "monitors.inventory_check", orders.text),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=plain_environment(os.environ),
    )
    printed, why = await process.communicate()
    if process.returncode:
        raise InventoryMistake(why.decode(errors="replace").strip())
    return frozenset(json.loads(printed))


async def supervise(orders: Orders) -> None:
    """Runs the monitor in the foreground until SIGTERM or SIGINT; SIGHUP reloads the inventory."""
    _private_folder(orders.state)
    _private_folder(orders.runtime)
    stop = asyncio.Event()
    supervisor = Supervisor(orders)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, supervisor.reload)
    await supervisor.run(stop)


def _private_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise GivenUpError(f"{folder}: cannot be made: {error.strerror}") from error


def main() -> int:
    """Supervises by the orders on the command line; 1 and one line when it gives up."""
    logging.basicConfig(level="INFO", format="%(asctime)s monitor %(levelname)s %(message)s")
    try:
        asyncio.run(supervise(Orders.of(sys.argv[1])))
    except WatchfloorError as error:
        print(f"watchfloor: {error}", file=sys.stderr)  # noqa: T201 - as the command line would
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
