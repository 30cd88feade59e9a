"""What hangs is ended and started again; who stood still himself accuses nobody."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from monitors.config import MonitorConfig
from monitors.environment import names_for_snmp, plain_environment, snmp_environment
from monitors.orders import Orders
from monitors.pulse import Pulse
from monitors.supervisor import RECEIVER, Role, Supervisor, roles_of
from tests.monitors.sites import children_of, free_port, make_site
from tests.wait import until_async

HUNG_AFTER_S = 3.0


def config(folder: Path, **more: object) -> MonitorConfig:
    site = make_site(folder, "  sw-1: {kind: switch, feeds: [utility], address: 10.0.0.4}\n", {})
    (folder / "state").mkdir()
    return MonitorConfig.model_validate(
        {"center": site.folder, "state": folder / "state", "runtime": folder / "run", **more}
    )


def orders(folder: Path, **more: object) -> Orders:
    return Orders.of(config(folder, **more).model_dump_json())


@asynccontextmanager
async def supervised(supervisor: Supervisor) -> AsyncIterator[None]:
    stop = asyncio.Event()
    running = asyncio.create_task(supervisor.run(stop))
    try:
        yield
    finally:
        stop.set()
        await running


def child(role: Role) -> int:
    return children_of(os.getpid()).get(role.module, 0)


async def test_a_process_that_hangs_is_killed_and_started_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    supervisor = Supervisor(
        orders(tmp_path, traps=("127.0.0.1", free_port())), [RECEIVER], hung_after_s=HUNG_AFTER_S
    )
    async with supervised(supervisor):
        hung = await until_async(lambda: child(RECEIVER), 20, "the receiver")
        await until_async(lambda: _beats(supervisor), 60, "its first sign of life")
        os.kill(hung, signal.SIGSTOP)
        await until_async(lambda: child(RECEIVER) not in (0, hung), 60, "another receiver")
    assert "receiver gave no sign of life for 3 s and is killed" in caplog.text


def _beats(supervisor: Supervisor) -> bool:
    return any(pulse.begun for pulse in supervisor.pulses)


async def test_a_pulse_that_goes_on_is_not_missed_and_one_that_ends_is() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        pulse = Pulse(ours, first_s=0.4, then_s=0.2)
        watching = asyncio.create_task(pulse.stopped())
        for _ in range(20):
            theirs.send(b".")
            await asyncio.sleep(0.04)
        assert not watching.done()
        assert pulse.begun
        async with asyncio.timeout(5):
            await watching


async def test_a_child_s_end_is_no_sign_of_life() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        theirs.close()
        async with asyncio.timeout(5):
            await Pulse(ours, first_s=0.2, then_s=0.2).stopped()


def test_a_receiver_runs_only_where_something_is_received(tmp_path: Path) -> None:
    quiet = config(tmp_path)
    heard = quiet.model_copy(update={"syslog": ("127.0.0.1", 8714)})
    assert RECEIVER not in roles_of(Orders.of(quiet.model_dump_json()))
    assert RECEIVER in roles_of(Orders.of(heard.model_dump_json()))
    assert heard.receives


def test_the_receiver_gets_the_secrets_of_snmp_only(tmp_path: Path) -> None:
    devices = """\
  sw-1: {kind: switch, feeds: [utility], address: 10.0.0.4, bmc: 10.0.0.5,
         monitoring: {snmp: host, ipmi: bmc}}
"""
    site = make_site(tmp_path, devices, {})
    center = MonitorConfig(center=site.folder, state=tmp_path, runtime=tmp_path).load_center()
    around = {**site.secrets, "PATH": "/bin", "AWS_SECRET_ACCESS_KEY": "x", "VAULT_TOKEN": "x"}
    given = snmp_environment(around, names_for_snmp(center))
    assert set(given) - set(plain_environment({})) == {"PATH", "TINY_AUTH", "TINY_PRIV"}
    assert set(plain_environment(around)) - set(plain_environment({})) == {"PATH"}
