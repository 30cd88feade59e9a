"""Keeps the monitor's processes running: starts, restarts with growing pauses, ends them all."""

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from inventory.errors import WatchfloorError
from monitors.child import EX_CONFIG
from monitors.config import MonitorConfig
from monitors.environment import plain_environment, snmp_environment
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


def roles_of(config: MonitorConfig) -> tuple[Role, ...]:
    """The processes that a monitor with this configuration has."""
    return (ENGINE, WEB, RECEIVER) if config.receives else (ENGINE, WEB)


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


class Supervisor:
    """Runs the roles until it is told to stop."""

    def __init__(
        self,
        config: MonitorConfig,
        roles: Iterable[Role] | None = None,
        hung_after_s: float = HUNG_AFTER_S,
    ) -> None:
        self._config = config
        self._children = [_Child(role) for role in roles or roles_of(config)]
        self._hung_after_s = hung_after_s

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
        usable = self._inventory_is_usable()
        for child in self._children:
            process = child.process
            if process is not None and process.returncode is None:
                if child.role == ENGINE:
                    process.send_signal(signal.SIGHUP)
                elif usable:
                    child.renewed = True
                    process.terminate()

    def _inventory_is_usable(self) -> bool:
        try:
            self._config.load_center()
        except WatchfloorError as error:
            log.error("the inventory is not taken over: %s", error)
            return False
        return True

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
        environment = await asyncio.to_thread(self._environment, role)
        # Held open and never written to: when this process dies, the child's stdin ends.
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                child.process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-P",
                    "-m",
                    role.module,
                    self._config.model_dump_json(),
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

    def _environment(self, role: Role) -> dict[str, str]:
        if role.secrets == "all":
            return dict(os.environ)
        if role.secrets == "snmp":
            # With a mistake in the inventory, the process itself says which one.
            with suppress(WatchfloorError):
                return snmp_environment(os.environ, self._config.load_center())
        return plain_environment(os.environ)

    async def _end(self, child: _Child) -> None:
        process = child.process
        if process is None or process.returncode is not None:
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


async def supervise(config: MonitorConfig) -> None:
    """Runs the monitor in the foreground until SIGTERM or SIGINT; SIGHUP reloads the inventory."""
    _private_folder(config.state)
    _private_folder(config.runtime)
    stop = asyncio.Event()
    supervisor = Supervisor(config)
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
