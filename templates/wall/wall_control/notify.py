"""Tells systemd how this service is: sd_notify(3), the part of it that is needed here."""

import os
import socket


def notify(*lines: str) -> None:
    """Sends the lines; does nothing where systemd does not listen."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.connect(address)
        told.sendall("\n".join(lines).encode())
