"""Addresses to listen on: the good one, the taken one, and the one that is open to all."""

import socket
from collections.abc import Iterator

import click
import pytest

from inventory.settings import Settings
from watchfloor.cli.listening import ListenAddressError, listen_address

SETTINGS = Settings.from_environment({"HOME": "/nonexistent"}, root=False)


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield int(server.getsockname()[1])


def test_a_port_that_is_taken_is_named_with_the_way_out(taken: int) -> None:
    with pytest.raises(ListenAddressError, match=rf"127\.0\.0\.1:{taken} .*address already in use"):
        listen_address(f"127.0.0.1:{taken}", SETTINGS, remote_remedy="stay here")


def test_an_address_that_others_reach_is_refused_with_the_remedy() -> None:
    with pytest.raises(ListenAddressError, match="needs no login: stay here"):
        listen_address("0.0.0.0:8720", SETTINGS, remote_remedy="stay here")


def test_without_a_remedy_others_may_reach_it(taken: int) -> None:
    with pytest.raises(ListenAddressError, match="already in use"):
        listen_address(f"0.0.0.0:{taken}", SETTINGS, remote_remedy="")


@pytest.mark.parametrize("text", ["here", "localhost:8720", "127.0.0.1:99999", "::1:8720"])
def test_what_is_no_address_is_a_wrong_usage(text: str) -> None:
    with pytest.raises(click.BadParameter, match=r"write 127\.0\.0\.1:8720"):
        listen_address(text, SETTINGS, remote_remedy="stay here")


def test_a_free_address_is_taken_as_it_is() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    found = listen_address(f"127.0.0.1:{port}", SETTINGS, remote_remedy="stay here")
    assert found == ("127.0.0.1", port)
