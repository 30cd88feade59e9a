"""The kernel settings that harden a host, as they are in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from inventory.facts.area import FactError, lines

KEYS = (
    "fs.protected_hardlinks",
    "fs.protected_symlinks",
    "fs.suid_dumpable",
    "kernel.dmesg_restrict",
    "kernel.kptr_restrict",
    "kernel.randomize_va_space",
    "kernel.yama.ptrace_scope",
    "net.ipv4.conf.all.accept_redirects",
    "net.ipv4.conf.all.accept_source_route",
    "net.ipv4.conf.all.rp_filter",
    "net.ipv4.conf.all.send_redirects",
    "net.ipv4.ip_forward",
    "net.ipv4.tcp_syncookies",
    "net.ipv6.conf.all.accept_redirects",
    "net.ipv6.conf.all.forwarding",
)
_PATHS = " ".join(key.replace(".", "/") for key in KEYS)

SCRIPT = f"""\
cd /proc/sys || exit 1
for path in {_PATHS}; do
  if [ -r "$path" ]; then printf '%s %s\\n' "$path" "$(cat "$path")"; fi
done
"""


@dataclass(frozen=True, slots=True)
class KernelFacts:
    """sysctl(8) values by key; a key that this kernel lacks is not there."""

    values: Mapping[str, int]


def parse(text: str) -> KernelFacts:
    """Raises `FactError` when a value is no number, or nothing could be read."""
    values: dict[str, int] = {}
    for line in lines(text):
        path, _, value = line.partition(" ")
        if not value.lstrip("-").isdigit():
            raise FactError(f"{path[:60]} is {value[:40]!r}, which is no number")
        values[path.replace("/", ".")] = int(value)
    if not values:
        raise FactError("/proc/sys has none of the settings")
    return KernelFacts(MappingProxyType(values))
