"""Ships a file to a host: its octets through an open login's stdin, checked there before use.

What has come stays there, so that the next try goes on where the last one ended.
"""

import time
from collections.abc import Callable
from pathlib import Path
from shlex import quote
from typing import Any

from deploy.failure import HostFailure, Reason, command_failure
from deploy.operations.journal import main_script
from deploy.operations.shipments import FOLDER, KEPT_DAYS, place

_BLOCK = 256 * 1024
MOST_S = 700.0
"""For one file; the controller gives a silent worker up a little later."""


def presence_script(sha256: str, size: int) -> str:
    """Prints how many octets of the file are there; all of them only when they are the right
    ones."""
    return main_script(
        f"mkdir -p -m 0700 {FOLDER}\n"
        f"find {FOLDER} -type f -mtime +{KEPT_DAYS} -delete\n"
        f"tar={place(sha256)}; part={FOLDER}/{sha256}.part\n"
        f'if [ "$(stat -c %s -- "$tar" 2>/dev/null)" = {size} ] &&\n'
        f'  [ "$(sha256sum <"$tar" | cut -c1-64)" = {sha256} ]; then echo {size}; return 0; fi\n'
        'rm -f -- "$tar"\n'
        'had=$(stat -c %s -- "$part" 2>/dev/null || echo 0)\n'
        # A part of the whole length was not the right one, or nobody was left to rename it.
        f'if [ "$had" -ge {size} ]; then rm -f -- "$part"; had=0; fi\n'
        'echo "$had"\n'
    )


def taking_command(sha256: str, octets: int) -> str:
    """Appends that many octets of its stdin to what is there."""
    return f"umask 077; head -c {octets} >>{FOLDER}/{sha256}.part"


def arrival_script(sha256: str) -> str:
    """Puts the file in its place when it is the right one."""
    return main_script(
        f"part={FOLDER}/{sha256}.part\n"
        f'if [ "$(sha256sum <"$part" | cut -c1-64)" != {sha256} ]; then\n'
        '  rm -f -- "$part"\n'
        "  fail 'what was shipped came damaged, and was thrown away; apply again'\n"
        "fi\n"
        f'mv -fT -- "$part" {place(sha256)}\n'
    )


def send(
    client: Any,
    path: Path,
    sha256: str,
    had: int,
    *,
    is_root: bool,
    must_stop: Callable[[], bool],
) -> None:
    """Sends the file from its octet `had` on. Raises `HostFailure`.

    `client` is paramiko's; `sha256` only names the file there, which is checked afterwards.
    """
    octets = path.stat().st_size - had
    command = f"/bin/sh -c {quote(taking_command(sha256, octets))}"
    channel = client.get_transport().open_session()
    try:
        channel.settimeout(60)
        channel.exec_command(command if is_root else f"sudo -n -H -- {command}")
        _pour(channel, path, had, must_stop)
        channel.shutdown_write()
        said = _tail(channel)
        status = channel.recv_exit_status()
    except TimeoutError as error:
        raise HostFailure(Reason.TIMEOUT, "it takes nothing of what is shipped to it") from error
    except (OSError, EOFError) as error:
        raise command_failure(None, "", 0, alive=False) from error
    finally:
        channel.close()
    if status != 0:
        raise command_failure(status, said, 0, alive=True)


def _pour(channel: Any, path: Path, had: int, must_stop: Callable[[], bool]) -> None:
    began = time.monotonic()
    with path.open("rb") as file:
        file.seek(had)
        while block := file.read(_BLOCK):
            if must_stop():
                raise HostFailure(Reason.STOPPED, "stopped, because the controller is gone")
            if time.monotonic() - began > MOST_S:
                raise HostFailure(
                    Reason.TIMEOUT,
                    f"not all of {path.name} was shipped within {MOST_S:.0f} s; apply again to go"
                    " on with it",
                )
            channel.sendall(block)


def _tail(channel: Any) -> str:
    found = b""
    while len(found) < 4096 and (block := channel.recv_stderr(4096)):
        found += block
    return found.decode(errors="replace")
