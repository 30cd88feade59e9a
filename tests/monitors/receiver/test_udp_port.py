"""A flood at a real port: the others get through, and the processor stays free."""

import asyncio
import socket
from collections import Counter

import pytest

from monitors.receiver.shield import Shield
from monitors.receiver.udp_port import ListenError, UdpPort
from tests.wait import until_async

CALM, LOUD, STRANGER = "127.0.0.21", "127.0.0.22", "127.0.0.23"


@pytest.fixture(autouse=True)
def busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood is a rate, and a busy machine sends slowly: less of it counts as one here."""
    monkeypatch.setattr("monitors.receiver.udp_port.MOST_IN_WINDOW", 200)


class Sink:
    """Counts who got through."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    def take(self, data: bytes, address: str) -> None:
        self.seen[address] += 1


def sender(address: str) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    made.bind((address, 0))
    return made


@pytest.mark.parametrize("most", [1500, 1], ids=["lets in", "keeps out"])
@pytest.mark.parametrize("loud", [LOUD, STRANGER])
async def test_a_flood_is_kept_out_and_the_others_get_through(
    loud: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitors.receiver.shield.MOST_ADDRESSES", most)
    sink, shield = Sink(), Shield([CALM, LOUD, "127.0.0.24"])
    lost: list[int] = []
    port = UdpPort(("127.0.0.1", 0), "--traps", sink.take, shield, lost.append)
    with sender(loud) as flooding, sender(CALM) as calm:
        try:

            def flood() -> bool:
                for _ in range(200):
                    flooding.sendto(b"x" * 100, port.address)
                return shield.is_up

            await until_async(flood, 20, "the flood to be noticed")
            before = sink.seen[loud]
            for _ in range(20):
                for _ in range(500):
                    flooding.sendto(b"x" * 100, port.address)
                calm.sendto(b"a real trap", port.address)
                await asyncio.sleep(0.02)
            await until_async(lambda: sink.seen[CALM] == 20, 10, "every real trap")
            assert sink.seen[loud] - before < 1000, "the kernel keeps out nearly all of it"
            assert sum(lost) > 5000, "and that is counted"
        finally:
            port.close()


async def test_the_shield_goes_down_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitors.receiver.udp_port.UP_S", 0.3)
    sink, shield = Sink(), Shield([CALM])
    port = UdpPort(("127.0.0.1", 0), "--traps", sink.take, shield)
    with sender(STRANGER) as stranger, sender(CALM) as calm:
        try:

            def flood() -> bool:
                for _ in range(200):
                    stranger.sendto(b"x", port.address)
                return shield.is_up

            await until_async(flood, 20, "the flood to be noticed")

            def calmed() -> bool:
                calm.sendto(b"x", port.address)
                return not shield.is_up

            await until_async(calmed, 20, "the flood to be forgotten")
            before = sink.seen[STRANGER]
            stranger.sendto(b"x", port.address)
            await until_async(lambda: sink.seen[STRANGER] > before, 10, "a stranger to be counted")
        finally:
            port.close()


async def test_the_only_sender_is_heard_again_after_it_flooded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody else sends anything by which the port could notice that time has passed."""
    monkeypatch.setattr("monitors.receiver.udp_port.UP_S", 0.3)
    sink, shield = Sink(), Shield([LOUD])
    port = UdpPort(("127.0.0.1", 0), "--traps", sink.take, shield)
    with sender(LOUD) as loud:
        try:

            def flood() -> bool:
                for _ in range(200):
                    loud.sendto(b"x", port.address)
                return shield.is_up

            await until_async(flood, 20, "the flood to be noticed")
            await until_async(lambda: not shield.is_up, 5, "the flood to be forgotten")
            before = sink.seen[LOUD]
            loud.sendto(b"x", port.address)
            await until_async(lambda: sink.seen[LOUD] > before, 5, "it to be heard again")
        finally:
            port.close()


async def test_a_port_in_use_is_one_line_with_the_remedy() -> None:
    with sender("127.0.0.1") as taken:
        where = taken.getsockname()
        with pytest.raises(ListenError) as caught:
            UdpPort(where, "--traps", Sink().take, Shield([]))
    assert str(caught.value) == (
        f"127.0.0.1:{where[1]} cannot be listened on (address already in use);"
        " name another with --traps ADDRESS:PORT"
    )
