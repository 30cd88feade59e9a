"""Who is deploying, and the name of the run: what locks, leases, records and events carry."""

import getpass
import os
import secrets
import socket
from datetime import UTC, datetime


def actor() -> str:
    """`alice@noc-1`; behind sudo, the person who called it."""
    return f"{os.environ.get('SUDO_USER') or _user()}@{socket.gethostname()}"


def run_name() -> str:
    """Sorts by time, and is unique: `20261122t194012z-3f9a`."""
    now = datetime.now(UTC).strftime("%Y%m%dt%H%M%Sz")
    return f"{now}-{secrets.token_hex(2)}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user without a line in passwd
        return str(os.geteuid())
