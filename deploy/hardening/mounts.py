"""Mounts: no programs, devices or set-user-ID files where everybody may write."""

# ruff: noqa: S108 - these folders are the subject here
from collections.abc import Iterator
from dataclasses import dataclass

from deploy.area import Difference, Vantage, everywhere
from deploy.change import Change, CommandChange, ServiceChange, file_change
from deploy.rendering import render
from inventory.facts import mounts as facts_of_mounts
from inventory.facts.collect import HostFacts
from inventory.facts.mounts import APT_FOLDER, FSTAB, LOGIND, TMP_UNIT, Mount, MountsFacts
from inventory.facts.textfile import file_at
from inventory.facts.unit import unit_named
from inventory.model import Center, Device

FACTS = ("mounts",)
AFTER: tuple[str, ...] = ()
RISKY = False
ADMIN_FIRST = False
applies = everywhere

_SHUT = frozenset({"nosuid", "nodev", "noexec"})
_OPPOSITE = {"nosuid": "suid", "nodev": "dev", "noexec": "exec", "hidepid": "hidepid=off"}
_OWN = ("/home", "/var", "/var/tmp", "/var/log", "/var/log/audit")
"""What CIS 1.1.2 wants on partitions of their own; partitioning is the installer's affair."""
_ADM = "4"
"""The group adm, whose number base-passwd fixes."""


@dataclass(frozen=True, slots=True)
class MountsDesired:
    """Options by mount point, where there is one."""

    hidepid: int

    def options(self, point: str, now: Mount) -> frozenset[str]:
        """The options that the mount point should have and has not."""
        return self._wanted(point) - now.options - _spelled(now.options)

    def _wanted(self, point: str) -> frozenset[str]:
        if point == "/proc":
            hidden = {f"hidepid={self.hidepid}", f"gid={_ADM}"}
            return frozenset(hidden if self.hidepid else ())
        if point in ("/home", "/var"):
            return frozenset({"nodev", "nosuid"})
        return _SHUT


def desired(center: Center, device: Device) -> MountsDesired:
    """From the baseline."""
    return MountsDesired((device.baseline or center.baseline).proc_hidepid)


def diff(wanted: MountsDesired, facts: MountsFacts) -> Difference:
    """Files for the next start first, then what is mounted now."""
    changes = [*_tmp(facts), *_hidden(wanted, facts)]
    lines = {
        point: wanted.options(point, mount)
        for point, mount in facts.mounts.items()
        if point != "/tmp" or _is_partition(facts)
    }
    fstab = file_at(facts.files, FSTAB)
    text = _fstab(fstab.content, wanted, facts)
    if text != fstab.content:
        change = file_change(fstab, text)
        changes += [change] if change is not None else []
    changes += [_remount(point, options) for point, options in lines.items() if options]
    later = "/tmp" not in facts.mounts and facts.has_display
    unmet = ("/tmp is covered after the next restart: a display server uses it",) if later else ()
    return Difference(tuple(changes), unmet=unmet, notes=tuple(_notes(facts)))


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_mounts))


def _is_partition(facts: MountsFacts) -> bool:
    """Whether /tmp is a disk's; then it stays one, and only its options are set."""
    return "/tmp" in facts.mounts and facts.mounts["/tmp"].kind != "tmpfs"


def _tmp(facts: MountsFacts) -> Iterator[Change]:
    """/tmp in memory, without what an attacker puts there being run."""
    apt = file_change(file_at(facts.files, APT_FOLDER), render("apt-tmp.j2"))
    if apt is not None:
        yield apt
    if _is_partition(facts):
        return
    unit = unit_named(facts.units, "tmp.mount")
    file = file_change(file_at(facts.files, TMP_UNIT), render("tmp.mount.j2"))
    if file is not None:
        yield file
    if unit.enabled != "enabled":
        yield ServiceChange(unit=unit.name, action="enable")
    elif file is not None:
        yield CommandChange(
            title="let systemd read its units", command=("systemctl", "daemon-reload")
        )
    if "/tmp" not in facts.mounts and not facts.has_display:
        yield ServiceChange(unit=unit.name, action="start", reason="/tmp is no mount of its own")
    elif "/tmp" in facts.mounts and (lacking := _SHUT - facts.mounts["/tmp"].options):
        yield _remount("/tmp", lacking)


def _hidden(wanted: MountsDesired, facts: MountsFacts) -> Iterator[Change]:
    if not wanted.hidepid:
        return
    file = file_change(file_at(facts.files, LOGIND), render("logind-proc.conf.j2"))
    if file is not None:
        yield file
        unit = "systemd-logind.service"
        yield ServiceChange(unit=unit, action="restart", reason="it has to see processes")


def _remount(point: str, options: frozenset[str]) -> Change:
    words = ",".join(sorted(options))
    back = ",".join(_OPPOSITE.get(word.partition("=")[0], word) for word in sorted(options))
    return CommandChange(
        title=f"mount {point} with {words}",
        command=("mount", "-o", f"remount,{words}", point),
        undo_with=("mount", "-o", f"remount,{back}", point),
        again_on_undo=False,
    )


def _fstab(text: str, wanted: MountsDesired, facts: MountsFacts) -> str:
    """The file with the options of these mount points, and lines for those that systemd mounts."""
    lines = text.splitlines()
    named: set[str] = set()
    for number, line in enumerate(lines):
        words = line.split()
        if len(words) < 4 or line.lstrip().startswith("#") or words[1] not in facts.mounts:
            continue
        named.add(words[1])
        lacking = wanted.options(words[1], Mount(words[2], frozenset(words[3].split(","))))
        if lacking:
            words[3] = ",".join([words[3], *sorted(lacking)])
            lines[number] = " ".join(words)
    if "/dev/shm" not in named and "/dev/shm" in facts.mounts:
        lines.append("tmpfs /dev/shm tmpfs rw,nosuid,nodev,noexec 0 0")
    if wanted.hidepid and "/proc" not in named:
        lines.append(
            f"proc /proc proc rw,nosuid,nodev,noexec,hidepid={wanted.hidepid},gid={_ADM} 0 0"
        )
    return "".join(f"{line}\n" for line in lines)


def _spelled(options: frozenset[str]) -> frozenset[str]:
    """Kernels since 5.8 spell hidepid's numbers out."""
    words = {"hidepid=noaccess": "hidepid=1", "hidepid=invisible": "hidepid=2"}
    return frozenset(number for word, number in words.items() if word in options)


def _notes(facts: MountsFacts) -> Iterator[str]:
    missing = [point for point in _OWN if point not in facts.mounts]
    if missing:
        yield f"no partition of its own: {', '.join(missing)}; we do not partition (CIS 1.1.2)"
