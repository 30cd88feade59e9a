"""The kernel settings that hardening sets, by their paths below /proc/sys, and files for boot."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import MappingProxyType

from inventory.facts.area import FactError, tagged
from inventory.facts.textfile import SHOW_FILE, TextFile, text_files

REFUSED = "/run/watchfloor/refused-settings"
"""Where a host keeps, until its next restart, the values that its kernel did not take."""
CORE_PATTERN = "kernel/core_pattern"
NETWORKS = "/etc/systemd/network"
NETWORK_DROP_IN = "zz-watchfloor.conf"
MOST_NETWORKS = 50

PATTERNS = (
    "dev/tty/ldisc_autoload",
    "fs/protected_fifos",
    "fs/protected_hardlinks",
    "fs/protected_regular",
    "fs/protected_symlinks",
    "fs/suid_dumpable",
    "kernel/core_pattern",
    "kernel/core_uses_pid",
    "kernel/ctrl-alt-del",
    "kernel/dmesg_restrict",
    "kernel/kptr_restrict",
    "kernel/perf_event_paranoid",
    "kernel/randomize_va_space",
    "kernel/sysrq",
    "kernel/unprivileged_bpf_disabled",
    "kernel/yama/ptrace_scope",
    "net/core/bpf_jit_harden",
    "net/ipv4/conf/*/accept_redirects",
    "net/ipv4/conf/*/accept_source_route",
    "net/ipv4/conf/*/bootp_relay",
    "net/ipv4/conf/*/log_martians",
    "net/ipv4/conf/*/proxy_arp",
    "net/ipv4/conf/*/rp_filter",
    "net/ipv4/conf/*/secure_redirects",
    "net/ipv4/conf/*/send_redirects",
    "net/ipv4/icmp_echo_ignore_broadcasts",
    "net/ipv4/icmp_ignore_bogus_error_responses",
    "net/ipv4/ip_forward",
    "net/ipv4/tcp_rfc1337",
    "net/ipv4/tcp_syncookies",
    "net/ipv6/conf/*/accept_ra",
    "net/ipv6/conf/*/accept_redirects",
    "net/ipv6/conf/*/accept_source_route",
    "net/ipv6/conf/*/disable_ipv6",
    "net/ipv6/conf/*/forwarding",
    "vm/mmap_min_addr",
    "vm/unprivileged_userfaultfd",
)
"""What is read; `*` stands for each interface, `all` and `default`."""

SCRIPT = (
    SHOW_FILE
    + f"""\
if systemd-detect-virt --quiet --container; then echo yes; else echo no; fi | tag container
cd /proc/sys || exit 1
set --
for key in {" ".join(PATTERNS)}; do
  [ -f "$key" ] || continue
  set -- "$@" "$key"
  [ ! -w "$key" ] || printf 'writable\\t%s\\n' "$key"
done
# Not `read`: these files give one octet to whom asks for one, and then nothing.
[ $# = 0 ] || grep -sHZ '' "$@" | tr '\\0' ' ' | tag setting
for path in /etc/sysctl.conf /etc/sysctl.d/*.conf; do
  case $path in *'*'*) ;; *) show_file "$path" || exit 1 ;; esac
done
[ ! -e {REFUSED} ] || tail -n 500 {REFUSED} | tag refused
# systemd-networkd has links; netplan describes them in /run.
[ -e /run/systemd/netif/state ] || exit 0
count=0
for path in {NETWORKS}/*.network /run/systemd/network/*.network; do
  case $path in *[!A-Za-z0-9/._@-]*) continue ;; esac
  count=$((count + 1)); [ $count -le {MOST_NETWORKS} ] || break
  show_file "{NETWORKS}/${{path##*/}}.d/{NETWORK_DROP_IN}" || exit 1
done
exit 0
"""
)


@dataclass(frozen=True, slots=True)
class Live:
    """One setting as the kernel has it."""

    value: str
    """Its words, joined by one space."""
    is_writable: bool


@dataclass(frozen=True, slots=True)
class SysctlFacts:
    """The running kernel's settings and the files that set them at boot."""

    is_container: bool
    """Whether the kernel is another machine's."""
    settings: Mapping[str, Live]
    """By key; one that this kernel lacks is not there."""
    files: tuple[TextFile, ...]
    refused: tuple[tuple[str, str], ...]
    """Key and value, where the kernel did not take the value since its start."""
    networks: tuple[TextFile, ...] = ()
    """Where our drop-in is, or would be, of each of systemd-networkd's networks."""

    def matching(self, pattern: str) -> dict[str, Live]:
        """The settings that a key with `*` stands for."""
        return {key: one for key, one in self.settings.items() if fnmatchcase(key, pattern)}


def parse(text: str) -> SysctlFacts:
    """Raises `FactError` when nothing could be read."""
    parts = tagged(text, "container", "setting")
    writable = frozenset(parts.get("writable", ()))
    settings: dict[str, Live] = {}
    for line in parts["setting"]:
        key, space, value = line.partition(" ")
        if not space:
            raise FactError(f"not a kernel setting: {line[:60]!r}")
        settings[key] = Live(" ".join(value.split()), key in writable)
    refused = (line.partition(" ") for line in parts.get("refused", ()))
    files = text_files(parts.get("file", ()))
    networks = tuple(file for file in files if file.path.startswith(f"{NETWORKS}/"))
    return SysctlFacts(
        is_container=parts["container"][0] == "yes",
        settings=MappingProxyType(settings),
        files=tuple(file for file in files if file not in networks),
        networks=networks,
        refused=tuple(dict.fromkeys((key, value) for key, _, value in refused)),
    )
