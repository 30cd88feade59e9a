"""What the kernel is told to record, as auditctl(8) writes it, and when two rules are equal."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_PEOPLE = "-F auid>=1000 -F auid!=unset"
"""Logins of people; what daemons do is not recorded here."""
_X86_64 = "x86_64"
_LEGACY = frozenset(
    [
        "open",
        "creat",
        "chmod",
        "chown",
        "lchown",
        "rename",
        "unlink",
        "mknod",
        "rmdir",
        "link",
        "symlink",
    ]
)
"""System calls that the kernel has on x86 only, in 64 bits."""

_WATCHES = (
    ("Time", "time-change", ("/etc/localtime",)),
    (
        "Accounts",
        "identity",
        (
            "/etc/passwd",
            "/etc/shadow",
            "/etc/group",
            "/etc/gshadow",
            "/etc/security/opasswd",
            "/etc/nsswitch.conf",
            "/etc/pam.d",
        ),
    ),
    ("Who may become root", "scope", ("/etc/sudoers", "/etc/sudoers.d")),
    ("What was done as root", "sudo-log", ("/var/log/sudo.log",)),
    (
        "Names, networks and banners",
        "system-locale",
        (
            "/etc/issue",
            "/etc/issue.net",
            "/etc/hosts",
            "/etc/hostname",
            "/etc/networks",
            "/etc/network",
            "/etc/systemd/network",
        ),
    ),
    ("Sessions", "session", ("/run/utmp", "/var/log/wtmp", "/var/log/btmp")),
    ("Logins", "logins", ("/var/log/lastlog", "/var/lib/faillock", "/run/faillock")),
    ("Mandatory access", "mac-policy", ("/etc/apparmor", "/etc/apparmor.d")),
    (
        "What guards this host",
        "guards",
        ("/etc/audit", "/etc/ssh", "/etc/nftables.conf", "/etc/modprobe.d"),
    ),
    ("Watchfloor itself", "watchfloor", ("/var/lib/watchfloor", "/etc/watchfloor")),
)
"""Title, key, and the paths whose change is recorded. A path need not be there yet, its folder has
to: these folders are on every Debian."""

_CALLS = (
    ("Time", "time-change", "adjtimex,settimeofday,clock_settime", ""),
    ("Names", "system-locale", "sethostname,setdomainname", ""),
    ("Permissions", "perm-mod", "chmod,fchmod,fchmodat", _PEOPLE),
    ("Owners", "perm-mod", "chown,fchown,lchown,fchownat", _PEOPLE),
    (
        "Extended attributes",
        "perm-mod",
        "setxattr,lsetxattr,fsetxattr,removexattr,lremovexattr,fremovexattr",
        _PEOPLE,
    ),
    (
        "Refused access",
        "access",
        "creat,open,openat,truncate,ftruncate",
        f"-F exit=-EACCES {_PEOPLE}",
    ),
    (
        "Refused access",
        "access",
        "creat,open,openat,truncate,ftruncate",
        f"-F exit=-EPERM {_PEOPLE}",
    ),
    ("Mounts", "mounts", "mount", _PEOPLE),
    ("Deletions", "delete", "unlink,unlinkat,rename,renameat,renameat2", _PEOPLE),
    ("Kernel modules", "modules", "init_module,finit_module,delete_module", _PEOPLE),
)
"""Title, key, system calls, conditions; in 32 and 64 bits."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule without its spelling."""

    action: str
    calls: frozenset[str]
    conditions: frozenset[str]


def rule_groups(machine: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Titles with their rules, for a machine (`uname -m`)."""
    for title, key, paths in _WATCHES:
        yield title, tuple(f"-w {path} -p wa -k {key}" for path in paths)
    for title, key, calls, conditions in _CALLS:
        yield title, tuple(_by_architecture(machine, calls, conditions, key))
    other = "-C uid!=euid -F auid!=unset"
    yield "Actions as another user", tuple(_by_architecture(machine, "execve", other, "emulation"))
    kmod = f"-a always,exit -F path=/usr/bin/kmod -F perm=x {_PEOPLE} -k modules"
    yield "Kernel modules by hand", (kmod,)


def rules(lines: Iterable[str]) -> frozenset[Rule]:
    """The rules in lines of a file, or of `auditctl -l`; settings such as `-b` are left out."""
    found = (_rule(line.split()) for line in lines if line.lstrip().startswith(("-a", "-w", "-A")))
    return frozenset(found)


def _by_architecture(machine: str, calls: str, conditions: str, key: str) -> Iterator[str]:
    for bits in ("b64", "b32"):
        known = [
            call
            for call in calls.split(",")
            if bits == "b32" or machine == _X86_64 or call not in _LEGACY
        ]
        words = (
            "-a always,exit",
            f"-F arch={bits}",
            conditions,
            f"-S {','.join(known)}",
            f"-k {key}",
        )
        yield " ".join(word for word in words if word)


def _rule(words: list[str]) -> Rule:
    action, calls, conditions = "always,exit", set[str](), set[str]()
    for option, value in zip(words[::2], words[1::2], strict=False):
        if option in ("-a", "-A"):
            action = ",".join(sorted(value.split(",")))
        elif option == "-S":
            calls.update(call for call in value.split(",") if call != "all")
        elif option == "-w":
            conditions.add(f"path={value.rstrip('/')}")
        elif option == "-p":
            conditions.add(f"perm={''.join(sorted(value))}")
        elif option == "-k":
            conditions.add(f"key={value}")
        elif option == "-C":
            conditions.add("!=".join(sorted(value.split("!="))))
        elif option == "-F":
            conditions.add(_condition(value))
    if words[0] == "-w":
        action = "always,exit"
    return Rule(action, frozenset(calls), frozenset(conditions))


def _condition(text: str) -> str:
    for unset in ("unset", "4294967295"):
        if text.endswith(f"={unset}"):
            return f"{text.removesuffix(unset)}-1"
    name, equals, value = text.partition("=")
    if name == "perm":
        return f"perm={''.join(sorted(value))}"
    if name == "dir":
        return f"path={value.rstrip('/')}"
    return f"{name}{equals}{value}"
