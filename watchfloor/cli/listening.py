"""The `--listen` address: read, kept on loopback, and found to be free before anything starts."""

import os
import socket
from ipaddress import ip_address

import click

from inventory.endpoints import Endpoint, join_endpoint, split_endpoint
from inventory.errors import WatchfloorError
from inventory.settings import Settings


class ListenAddressError(WatchfloorError):
    """An address that should not, or cannot, be listened on."""


def listen_address(listen: str | None, settings: Settings, *, remote_remedy: str) -> Endpoint:
    """Host and port, free to be listened on. Raises ListenAddressError.

    With a `remote_remedy`, an address that others can reach is refused, and that is the remedy.
    """
    try:
        host, port = split_endpoint(listen) if listen else settings.web
    except ValueError as error:
        raise click.BadParameter(f"{error}; write 127.0.0.1:8720", param_hint="--listen") from error
    if remote_remedy and not ip_address(host).is_loopback:
        raise ListenAddressError(
            f"{host} can be reached by others, and the page needs no login: {remote_remedy}"
        )
    _try(host, port)
    return host, port


def receiving_address(given: str | None, default: Endpoint | None, option: str) -> Endpoint | None:
    """Where something is to be received that gear sends; None for nowhere.

    Whether the port is free is found by the process that binds it. Raises click.BadParameter.
    """
    if given is None:
        return default
    if given == "off":
        return None
    try:
        return split_endpoint(given)
    except ValueError as error:
        remedy = f"{error}; write 10.20.9.5:8762, or off"
        raise click.BadParameter(remedy, param_hint=option) from error


def _try(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ListenAddressError(
                f"{join_endpoint(host, port)} cannot be listened on"
                f" ({os.strerror(error.errno or 0).lower()}); name another with --listen HOST:PORT"
            ) from error
