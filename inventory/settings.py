"""Where this machine keeps Watchfloor's state, and where its processes listen and are reached."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from inventory.endpoints import Endpoint, EndpointMap, join_endpoint, split_endpoint
from inventory.errors import WatchfloorError
from inventory.secrets import SecretText

LISTEN_WEB: Endpoint = ("127.0.0.1", 8720)
"""Loopback, and a port that needs no privilege, unless somebody says otherwise."""

READ_TIMEOUT_S = 60
READ_TIMEOUTS_S = range(10, 601)


class SettingError(WatchfloorError):
    """An environment variable that makes no sense: names it and says what would."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The machine's side of Watchfloor. What a center is stands in its inventory instead."""

    state: Path
    """What must survive a restart: store, evidence, known hosts, spool."""
    runtime: Path
    """What need not: locks, sockets, jobs."""
    endpoints_file: Path | None
    """The endpoint map, for simulated gear; None when devices answer at their own addresses."""
    web: Endpoint
    """Address and port of the NOC page, the API and /metrics."""
    traps: Endpoint | None
    """Where SNMP traps and informs are received; None when they are not. The next two likewise."""
    syslog: Endpoint | None
    notices: Endpoint | None
    """PJLink status notices."""
    monitor_urls: tuple[str, ...]
    """Where the deploying side finds the monitors' APIs, without a slash at the end."""
    monitor_token: SecretText
    """For the API's writing calls; empty when none is set."""
    read_timeout_s: int = READ_TIMEOUT_S
    """How long the reading of one device may take before it is given up."""

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] | None = None, *, root: bool | None = None
    ) -> "Settings":
        """Reads `WATCHFLOOR_*`, then the XDG folders (or /var/lib and /run for root).

        Raises `SettingError`.
        """
        env = os.environ if environment is None else environment
        as_root = os.geteuid() == 0 if root is None else root
        web = _listen(env, "WATCHFLOOR_LISTEN_WEB") or LISTEN_WEB
        endpoints = env.get("WATCHFLOOR_ENDPOINTS")
        return cls(
            state=_state(env, as_root),
            runtime=_runtime(env, as_root),
            endpoints_file=_absolute("WATCHFLOOR_ENDPOINTS", endpoints) if endpoints else None,
            web=web,
            traps=_listen(env, "WATCHFLOOR_LISTEN_TRAPS"),
            syslog=_listen(env, "WATCHFLOOR_LISTEN_SYSLOG"),
            notices=_listen(env, "WATCHFLOOR_LISTEN_NOTICES"),
            monitor_urls=_urls(env, f"http://{join_endpoint(*web)}"),
            monitor_token=SecretText(env.get("WATCHFLOOR_MONITOR_TOKEN", "")),
            read_timeout_s=_seconds(env, "WATCHFLOOR_READ_TIMEOUT", READ_TIMEOUT_S),
        )

    @property
    def monitor_url(self) -> str:
        """The monitor that is told of runs and drift."""
        return self.monitor_urls[0]

    @property
    def known_hosts(self) -> Path:
        """The managed file of host keys."""
        return self.state / "known_hosts"

    @property
    def store(self) -> Path:
        """The monitor's SQLite file."""
        return self.state / "monitor.sqlite"

    @property
    def evidence(self) -> Path:
        """The folder of audits."""
        return self.state / "evidence"

    @property
    def spool(self) -> Path:
        """Events that wait for a monitor."""
        return self.state / "spool"

    def endpoints(self) -> EndpointMap:
        """The endpoint map; an empty one when none is set. Raises `EndpointError`."""
        return EndpointMap.load(self.endpoints_file) if self.endpoints_file else EndpointMap()


def _state(env: Mapping[str, str], root: bool) -> Path:
    if given := env.get("WATCHFLOOR_STATE"):
        return _absolute("WATCHFLOOR_STATE", given)
    if root:
        return Path("/var/lib/watchfloor")
    base = env.get("XDG_STATE_HOME")  # must be absolute: XDG Base Directory Specification 0.8
    home = Path(env.get("HOME") or Path.home())
    return (
        Path(base) if base and Path(base).is_absolute() else home / ".local/state"
    ) / "watchfloor"


def _runtime(env: Mapping[str, str], root: bool) -> Path:
    if given := env.get("WATCHFLOOR_RUNTIME"):
        return _absolute("WATCHFLOOR_RUNTIME", given)
    if root:
        return Path("/run/watchfloor")
    base = env.get("XDG_RUNTIME_DIR")
    if base and Path(base).is_absolute():
        return Path(base) / "watchfloor"
    return _state(env, root) / "run"


def _absolute(name: str, text: str) -> Path:
    path = Path(text).expanduser()
    if "\0" in text:
        raise SettingError(f"{name} is no path: remove the null byte")
    return path.absolute()


def _seconds(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or int(text[:9]) not in READ_TIMEOUTS_S:
        raise SettingError(
            f"{name}={text} are no seconds from {READ_TIMEOUTS_S[0]} to {READ_TIMEOUTS_S[-1]}"
        )
    return int(text)


def _listen(env: Mapping[str, str], name: str) -> Endpoint | None:
    text = env.get(name)
    if not text:
        return None
    try:
        return split_endpoint(text)
    except ValueError as error:
        raise SettingError(f"{name}={text}: {error}; write it as 127.0.0.1:8720") from error


def _urls(env: Mapping[str, str], default: str) -> tuple[str, ...]:
    """One or several, with commas between them."""
    words = (env.get("WATCHFLOOR_MONITOR_URL") or default).replace(",", " ").split()
    return tuple(_url(word) for word in words) or (default,)


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.netloc or "@" in parts.netloc:
        raise SettingError(
            "WATCHFLOOR_MONITOR_URL must be http(s)://host:port; the token goes into "
            "WATCHFLOOR_MONITOR_TOKEN"
        )
    return text.rstrip("/")
