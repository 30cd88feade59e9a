"""sshd: keys only, no root, the center's algorithms, and nobody but the inventory's accounts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch

from deploy.area import Difference, Vantage, everywhere
from deploy.change import Change, FileChange, PackageChange, ServiceChange, file_change
from deploy.hardening.conflicts import conflict_notes
from deploy.hardening.roster import LOGIN_GROUP, can_become_root, can_log_in, roster
from deploy.rendering import render
from inventory.facts import sshd as facts_of_sshd
from inventory.facts.collect import HostFacts
from inventory.facts.sshd import SshdFacts
from inventory.facts.textfile import TextFile, file_at
from inventory.facts.unit import unit_named
from inventory.model import Center, Device

FACTS = ("sshd",)
AFTER = ("accounts", "banner")
RISKY = True
ADMIN_FIRST = True
PACKAGES = ("openssh-server",)
applies = everywhere

MAIN = "/etc/ssh/sshd_config"
DROP_IN = "/etc/ssh/sshd_config.d/10-watchfloor.conf"
_INCLUDE = "Include /etc/ssh/sshd_config.d/*.conf"
_CHECK = ("sshd", "-t")
_GATHERING = frozenset({"allowusers", "allowgroups", "denyusers", "denygroups"})
"""Keywords whose lines add up over all files, so that ours alone cannot win (sshd_config(5))."""
_LEFT_OUT = "# left out by Watchfloor: "


@dataclass(frozen=True, slots=True)
class SshDesired:
    """What sshd should do, and who administers through it."""

    settings: Mapping[str, str]
    """Keyword as sshd_config(5) spells it -> its value."""
    admins: tuple[str, ...]
    """Accounts that can log in with a key and become root without being asked."""
    notes: tuple[str, ...] = ()
    """The conflicts that decide it."""

    @property
    def text(self) -> str:
        return render("sshd.conf.j2", settings=self.settings.items())


def desired(center: Center, device: Device) -> SshDesired:
    """From the baseline profile and the accounts."""
    base = device.baseline or center.baseline
    settings = {
        "PermitRootLogin": "no",
        "AllowGroups": LOGIN_GROUP,
        "PubkeyAuthentication": "yes",
        "PasswordAuthentication": "no",
        "KbdInteractiveAuthentication": "no",
        "HostbasedAuthentication": "no",
        "GSSAPIAuthentication": "no",
        "PermitEmptyPasswords": "no",
        "IgnoreRhosts": "yes",
        "PermitUserEnvironment": "no",
        "UsePAM": "yes",
        "MaxAuthTries": str(base.ssh_max_auth_tries),
        "LoginGraceTime": str(base.ssh_login_grace_s),
        "MaxSessions": "4",
        "MaxStartups": "10:30:60",
        # Scanners look at each of the two by itself: at most 300 s, and at most two of them.
        "ClientAliveInterval": str(min(300, base.ssh_idle_s // 2)),
        "ClientAliveCountMax": "2",
        "TCPKeepAlive": "no",
        "DisableForwarding": "yes",
        "X11Forwarding": "no",
        "AllowTcpForwarding": "no",
        "AllowAgentForwarding": "no",
        "Compression": "no",
        "LogLevel": "VERBOSE",
        "PrintLastLog": "yes",
        "Banner": "/etc/issue.net",
        "Ciphers": ",".join(base.ssh_ciphers),
        "MACs": ",".join(base.ssh_macs),
        "KexAlgorithms": ",".join(base.ssh_kex),
    }
    admins = (a.name for a in roster(center, device) if can_log_in(a) and can_become_root(a))
    notes = conflict_notes(base, "ssh_idle_s", "ssh_max_auth_tries", "ssh_login_grace_s")
    return SshDesired(settings, tuple(admins), notes)


def diff(wanted: SshDesired, facts: SshdFacts, vantage: Vantage) -> Difference:
    """Files first, then a reload; what sshd says of itself decides whether that was enough."""
    if not facts.installed:
        return Difference((PackageChange(names=PACKAGES),))
    files = tuple(_files(wanted, facts))
    return Difference(
        (*files, *_service(facts, bool(files))),
        refusal=_refusal(wanted, vantage),
        unmet=() if files else _unmet(wanted, facts),
        notes=(*_match_blocks(facts), *(wanted.notes if files else ())),
    )


def difference(center: Center, device: Device, facts: HostFacts, vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_sshd), vantage)


def without(text: str, keywords: frozenset[str]) -> str:
    """sshd's configuration with the global lines of these keywords commented out.

    Lines in a Match block stay: they say something about somebody, not about everybody.
    """
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        keyword = _keyword(line)
        if keyword == "match":
            break
        if keyword in keywords:
            lines[number] = _LEFT_OUT + line
    return "".join(lines)


def _files(wanted: SshDesired, facts: SshdFacts) -> Iterator[FileChange]:
    # The candidate is judged alone, then the whole of the configuration with it in place.
    ours = file_change(
        file_at(facts.files, DROP_IN),
        wanted.text,
        mode=0o600,
        validate_with=(*_CHECK, "-f", "{}"),
        check_with=_CHECK,
    )
    if ours is not None:
        yield ours
    keywords = frozenset(keyword.lower() for keyword in wanted.settings)
    for file in facts.files:
        if file.path == DROP_IN or file.kind != "file":
            continue
        text = without(file.content, _overruling(file, keywords))
        if file.path == MAIN and not _includes_drop_ins(text):
            text = f"{_INCLUDE}\n{text}"
        mode = 0o600 if file.path == MAIN else file.mode
        change = file_change(file, text, mode=mode, owner="root", check_with=_CHECK)
        if change is not None:
            yield change


def _overruling(file: TextFile, keywords: frozenset[str]) -> frozenset[str]:
    """The keywords whose lines in that file would win over ours, or add to them."""
    if file.path == MAIN:
        main = file.content
        head = main[: main.index(_INCLUDE)] if _INCLUDE in main else ""
        early = frozenset(filter(None, map(_keyword, head.splitlines())))
        return keywords & (early | _GATHERING)
    return keywords if file.path < DROP_IN else keywords & _GATHERING


def _service(facts: SshdFacts, files_change: bool) -> Iterator[Change]:
    service = unit_named(facts.units, "ssh.service")
    by_socket = unit_named(facts.units, "ssh.socket").is_running
    if not service.is_enabled and not by_socket:
        yield ServiceChange(unit="ssh.service", action="enable")
    if not facts.is_running:
        yield ServiceChange(unit="ssh.service", action="start", reason="it does not run")
    elif files_change:
        yield ServiceChange(unit="ssh.service", action="reload", reason="its configuration")
    elif facts.is_stale and not facts.invalid:
        reason = "it runs with an older configuration than its files"
        yield ServiceChange(unit="ssh.service", action="reload", reason=reason)


def _unmet(wanted: SshDesired, facts: SshdFacts) -> tuple[str, ...]:
    if facts.invalid:
        return (f"sshd refuses its configuration: {facts.invalid[:200]}",)
    return tuple(
        f"sshd -T says {keyword} {facts.value(keyword) or '(nothing)'}, not {value}, and no line of"
        " its files explains it"
        for keyword, value in wanted.settings.items()
        if facts.value(keyword).lower() != value.lower()
    )


def _refusal(wanted: SshDesired, vantage: Vantage) -> str:
    if vantage.admin == "root":
        return (
            "root login would be refused, and the deploy credential logs in as root; name an"
            " account with a key and `sudo: nopasswd` in its place"
        )
    if vantage.admin not in wanted.admins:
        return (
            f"{vantage.admin} could not come back: give it a key and `sudo: nopasswd` under"
            " `accounts:` before root login is refused"
        )
    return ""


def _match_blocks(facts: SshdFacts) -> tuple[str, ...]:
    return tuple(
        f"{file.path} has a Match block, which can say otherwise for some logins"
        for file in facts.files
        if any(_keyword(line) == "match" for line in file.content.splitlines())
    )


def _includes_drop_ins(text: str) -> bool:
    for line in text.splitlines():
        keyword = _keyword(line)
        if keyword == "match":
            return False
        if keyword == "include" and any(fnmatch(DROP_IN, word) for word in line.split()[1:]):
            return True
    return False


def _keyword(line: str) -> str:
    """The keyword that a line of sshd_config(5) sets, in lower case; empty for none."""
    words = line.replace("=", " ", 1).split(None, 1)
    return words[0].lower() if words and not words[0].startswith("#") else ""
