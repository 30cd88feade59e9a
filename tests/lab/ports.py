"""Which ports are listened on, asked from this machine."""

import socket

from tests.wait import until


def port_answers(address: str, port: int, timeout_s: float = 0.5) -> bool:
    """True when a TCP connection is accepted."""
    try:
        socket.create_connection((address, port), timeout_s).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    """A TCP port of the loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def wait_for_port(address: str, port: int, timeout_s: float, what: str) -> None:
    until(lambda: port_answers(address, port), timeout_s, f"{what} at {address}:{port}")
