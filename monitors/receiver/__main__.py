"""The receiver process: `python -P -m monitors.receiver CONFIG`.

It reads what anybody on the network may send, so it does nothing else: it polls nothing, writes to
no store, and hands plain events to the engine.
"""

import asyncio
import logging
import sys
import time
from contextlib import AsyncExitStack
from functools import partial

from inventory.endpoints import join_endpoint
from inventory.model import Purpose
from inventory.secrets import Secrets
from monitors.channel import ChannelClient, socket_path
from monitors.child import run_child
from monitors.config import MonitorConfig
from monitors.receiver.drops import Tally
from monitors.receiver.hop import Hop
from monitors.receiver.inbox import Inbox
from monitors.receiver.own_engine import start_engine
from monitors.receiver.senders import Senders, known_senders
from monitors.receiver.shield import Shield
from monitors.receiver.syslog_stream import SyslogStream
from monitors.receiver.udp_port import Handler, UdpPort

log = logging.getLogger(__name__)


async def run_receiver(config: MonitorConfig, stop: asyncio.Event) -> None:
    """Receives until `stop`. Raises `ListenError` when a port cannot be had."""
    senders = await asyncio.to_thread(_load_senders, config)
    engine = await asyncio.to_thread(start_engine, config.state, time.monotonic)
    tally = Tally()
    channel = ChannelClient(socket_path(config.runtime))
    hop = Hop(lambda body: channel.request("heard", body), tally)
    inbox = Inbox(senders, engine, hop.keep, tally)
    async with AsyncExitStack() as stack:
        await _listen(config, senders, inbox, stack)
        delivering = asyncio.create_task(hop.run())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait([delivering, stopped], return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if delivering.done():
            delivering.result()  # raises what made it end
        delivering.cancel()
        await asyncio.gather(delivering, return_exceptions=True)
    await hop.finish()


def _load_senders(config: MonitorConfig) -> Senders:
    center = config.load_center()
    secrets = Secrets([Purpose.MONITOR], config.center)
    return known_senders(center, config.load_endpoints(), secrets)


async def _listen(
    config: MonitorConfig, senders: Senders, inbox: Inbox, stack: AsyncExitStack
) -> None:
    ports: list[tuple[str, tuple[str, int] | None, Handler]] = [
        ("--traps", config.traps, inbox.trap),
        ("--syslog", config.syslog, inbox.syslog),
        ("--notices", config.notices, inbox.notice),
    ]
    for option, where, handler in ports:
        if where is not None:
            name = option.strip("-")
            lost = partial(inbox.tally.drop, name, "flood")
            port = UdpPort(where, option, handler, Shield(senders.addresses), lost)
            stack.callback(port.close)
            log.info("%s: listening on %s", name, join_endpoint(*where))
    if config.syslog is not None:
        stream = SyslogStream(senders, inbox.syslog, inbox.tally)
        await stream.start(config.syslog, "--syslog")
        stack.push_async_callback(stream.close)


if __name__ == "__main__":
    sys.exit(run_child("receiver", run_receiver))
