"""Whether somebody listens at an address, asked from this machine."""

import socket

from tests.wait import until


def port_answers(address: str, port: int, timeout_s: float = 0.5) -> bool:
    """True when a TCP connection is accepted."""
    try:
        socket.create_connection((address, port), timeout_s).close()
    except OSError:
        return False
    return True


def wait_for_port(address: str, port: int, timeout_s: float, what: str) -> None:
    until(lambda: port_answers(address, port), timeout_s, f"{what} at {address}:{port}")
