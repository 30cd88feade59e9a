"""A lab: the bridge, the apt proxy and the hosts that one process boots and removes again."""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import cycle
from pathlib import Path
from threading import Lock
from types import MappingProxyType

from tests.lab.apt import Archive, acquire_settings, debian_archives, upstream_proxy
from tests.lab.cgroups import MOUNT, ControlGroup, hierarchies
from tests.lab.command import SYSTEM_PATH, run
from tests.lab.errors import LabError
from tests.lab.host import LabHost
from tests.lab.image import base_image, machine_suite, recipe
from tests.lab.instance import Instance, claim, close
from tests.lab.network import MOST_HOSTS, HostNetwork
from tests.lab.proxy import proxy_url, start_proxy

DISK_MIB = 1024
PROGRAMS = ("systemd-nspawn", "mmdebstrap", "tinyproxy", "ip", "nsenter", "ssh", "ssh-keygen")


@dataclass(slots=True)
class Lab:
    """An open lab; `open_lab` makes one. Threads may boot hosts side by side."""

    instance: Instance
    archives: tuple[Archive, ...]
    _hosts: dict[str, LabHost] = field(default_factory=dict)
    _indexes: Iterator[int] = field(default_factory=lambda: cycle(range(MOST_HOSTS)))
    _registering: Lock = field(default_factory=Lock)

    def boot(
        self, name: str, *, suite: str = "", variant: str = "", disk_mib: int = DISK_MIB
    ) -> LabHost:
        """A new host called `name`, switched on and reachable by SSH.

        It runs Debian's `suite` (`bookworm`, `trixie`); without one, what this machine runs. A
        `variant` has the packages of `packages-<variant>.txt` from the start.
        """
        image = base_image(recipe(suite or machine_suite(), self.archives, variant))
        host = self._register(name)
        host.install(image, self.proxy, disk_mib)
        host.power_on()
        return host

    def _register(self, name: str) -> LabHost:
        with self._registering:
            if name in self._hosts:
                raise LabError(f"this lab has a host {name} already; remove it first")
            host = LabHost(
                name=name,
                folder=self.instance.folder / "hosts" / name,
                network=HostNetwork(self.instance.network, self._free_index()),
                group=ControlGroup(f"{self.instance.number}/{name}"),
                key=self.key,
            )
            self._hosts[name] = host
        return host

    def _free_index(self) -> int:
        # In turn, so that a removed host's address is not soon another's with other keys.
        taken = {host.network.index for host in self._hosts.values()}
        if len(taken) >= MOST_HOSTS:
            raise LabError(f"a lab has room for {MOST_HOSTS} hosts; remove some")
        return next(index for index in self._indexes if index not in taken)

    def boot_all(
        self, names: Iterable[str], suites: Mapping[str, str] = MappingProxyType({})
    ) -> tuple[LabHost, ...]:
        """`boot` for several hosts side by side, each with its suite if `suites` names one."""
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            started = [pool.submit(self.boot, name, suite=suites.get(name, "")) for name in names]
            try:
                return tuple(one.result() for one in started)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def host(self, name: str) -> LabHost:
        """The host called `name`, booted when first asked for and shared from then on."""
        return self._hosts.get(name) or self.boot(name)

    def remove(self, host: LabHost) -> None:
        """Removes one host before the lab's end."""
        self._hosts.pop(host.name).remove()

    @property
    def key(self) -> Path:
        """The administrator's private key for every host here."""
        return self.instance.folder / "key"

    @property
    def proxy(self) -> str:
        """The URL of the apt proxy: the only way out that a host has."""
        return proxy_url(self.instance.network)


@contextmanager
def open_lab() -> Iterator[Lab]:
    """A lab without hosts.

    All of it is removed at the end, unless it was told `instance.keep`. Raises LabError where
    `obstacle` names a reason.
    """
    if reason := obstacle():
        raise LabError(reason)
    archives = debian_archives()
    instance = claim()
    try:
        _furnish(instance, archives)
        yield Lab(instance, archives)
    finally:
        close(instance)


@cache
def obstacle() -> str | None:
    """Why this machine cannot run a lab, in one line; None when it can."""
    if os.geteuid() != 0:
        return "the lab needs root"
    path = f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}"
    missing = [name for name in PROGRAMS if shutil.which(name, path=path) is None]
    if missing:
        return f"the lab needs {', '.join(missing)}; run tests/setup as root on Debian"
    writable = [os.access(top, os.W_OK) for top in hierarchies()]
    if not writable or not all(writable):
        return f"the lab needs control groups that it may write, below {MOUNT}"
    return None


def _furnish(instance: Instance, archives: Iterable[Archive]) -> None:
    """The bridge, the administrator's key and the proxy."""
    instance.network.create()
    key = instance.folder / "key"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "watchfloor lab", "-f", key])
    start_proxy(
        instance.network,
        ControlGroup(f"{instance.number}/proxy"),
        instance.folder / "proxy",
        (archive.host for archive in archives),
        upstream_proxy(acquire_settings()),
    )
