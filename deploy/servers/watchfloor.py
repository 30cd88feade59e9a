"""Watchfloor's own monitor on the hosts with the role `monitor`: program, center's folder, service.

A new release is installed beside the old one, and has to answer before older ones are forgotten.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy.area import Difference, Vantage
from deploy.center_folder import CenterFolder, authorities
from deploy.change import Change, CommandChange, FileChange, ServiceChange, file_change
from deploy.monitor_unit import NAME, MonitorUnit
from deploy.rendering import render
from deploy.secret_text import SecretCheck, marker
from deploy.servers.program import (
    PACKAGES,
    ProgramDesired,
    desired_program,
    forgetting,
    installing,
    switching,
)
from deploy.servers.prometheus import monitors
from deploy.servers.virtual_address import memberships
from deploy.shipped_change import FolderChange
from inventory.facts import watchfloor as facts_of_watchfloor
from inventory.facts.collect import HostFacts
from inventory.facts.textfile import file_at
from inventory.facts.watchfloor import (
    ACCOUNT,
    CENTER,
    CURRENT,
    ENVIRONMENT,
    PORT,
    UNIT,
    UNIT_FILE,
    WatchfloorFacts,
)
from inventory.model import Center, Credential, Device, Purpose

__all__ = ["ADMIN_FIRST", "AFTER", "FACTS", "PACKAGES", "RISKY", "applies", "difference"]

FACTS = ("watchfloor",)
AFTER = ("firewall",)
RISKY = False
ADMIN_FIRST = False

_PATIENCE_S = 120
"""How long a monitor may take to say something fresh; its first round of polls is among it."""
_RECEIVED = {("udp", 162): "--traps", ("udp", 514): "--syslog", ("udp", 4352): "--notices"}
"""A service of the host's roles -> the option that has it received."""
_COLLECTOR = "log"
"""The role whose own program takes syslog."""
_MOST_STARTS = 3
"""A service that has ended by itself so often will not answer."""
_ENDS_S = 15
"""For one that ends again and again to do so once more."""
_STEADY_S = 3
"""For so long it has to go on: a reload starts its processes anew, and they answer until then."""
_ANSWERS = f"""\
import json, subprocess, sys, time, urllib.error, urllib.request
url, said, since = "http://127.0.0.1:{PORT}/healthz", "it does not answer", None
end = time.monotonic() + {_PATIENCE_S}
opener = urllib.request.build_opener(urllib.request.ProxyHandler({{}}))
def shown(name):
    words = ["systemctl", "show", "--property=" + name, "--value", "{UNIT}"]
    return subprocess.run(words, capture_output=True, text=True).stdout.strip()
def starts():
    return int(shown("NRestarts") or 0)
first = starts()
while time.monotonic() < end and starts() - first < {_MOST_STARTS}:
    try:
        problems = json.load(opener.open(url, timeout=5))["problems"]
        refused = [line for line in problems if line.startswith("reload failed")]
        said, now = "".join(refused), time.monotonic()
        since = None if refused else since or now
        if since is not None and now - since > {_STEADY_S}:
            sys.exit(0)
    except urllib.error.HTTPError as error:
        said, since = error.read(2000).decode(errors="replace"), None
    except (OSError, ValueError, KeyError):
        since = None
    time.sleep(0.5)
# One that has just been started anew says its greeting; what it ended by comes last.
end = time.monotonic() + {_ENDS_S}
while starts() > first and shown("SubState") == "running" and time.monotonic() < end:
    time.sleep(0.2)
subprocess.run(["journalctl", "--sync"], capture_output=True)
words = ["journalctl", "_SYSTEMD_UNIT={UNIT}", "--lines=1", "--output=cat", "--quiet"]
last = subprocess.run(words, capture_output=True, text=True).stdout.strip()
sys.exit(f"{{url}}: {{said}}; the last of its journal: {{last[-250:]}}")
"""


@dataclass(frozen=True, slots=True)
class WatchfloorDesired:
    """What a monitor is."""

    program: ProgramDesired
    folder: CenterFolder
    unit: str
    environment: str
    """Its text with markers for secrets; empty when it needs none."""
    by_hand: tuple[str, ...]
    """What is not put there, one line each."""


def applies(center: Center, device: Device) -> bool:
    """See `deploy.area.HostArea`."""
    return device in monitors(center)


def desired(center: Center, device: Device, vantage: Vantage) -> WatchfloorDesired:
    """From the inventory, its folder and its release. Raises `WatchfloorError`."""
    return WatchfloorDesired(
        program=desired_program(device, vantage.cargo.release),
        folder=vantage.cargo.center_folder,
        unit=unit_text(center, device),
        environment=environment_text(center),
        by_hand=tuple(_by_hand(center)),
    )


def diff(wanted: WatchfloorDesired, facts: WatchfloorFacts, secrets: SecretCheck) -> Difference:
    """Program, account, files and the service, which has to answer in the end."""
    files = tuple(_files(wanted, facts, secrets))
    folder = tuple(_folder(wanted.folder, facts))
    installs = tuple(installing(wanted.program, facts))
    moved = any(change.parcels for change in installs) or bool(files)
    changes = (
        *installs,
        *_account(facts),
        *folder,
        *files,
        *_loaded(files),
        *switching(wanted.program, facts),
        *_service(facts, moved=moved, has_new_folder=bool(folder)),
    )
    return Difference(
        (*changes, *forgetting(wanted.program, facts)),
        unmet=tuple(_unwell(facts, bool(changes))),
        notes=wanted.by_hand,
    )


def difference(center: Center, device: Device, facts: HostFacts, vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    if not center.release:
        note = (
            "the center names no `release`, so Watchfloor itself is not installed; make one with"
            " `watchfloor release`"
        )
        return Difference(notes=(note,))
    wanted = desired(center, device, vantage)
    return diff(wanted, facts.read(facts_of_watchfloor), vantage.secrets)


def unit_text(center: Center, device: Device) -> str:
    """The service of that host: what it receives follows from what its roles open."""
    options = ["--observer", device.name]
    ports = []
    for (protocol, port), option in _RECEIVED.items():
        if _opens(center, device, protocol, port) and not _is_taken(device, option):
            is_new = device.address is not None and device.address.version == 6
            options += [option, f"{'[::]' if is_new else '0.0.0.0'}:{port}"]  # noqa: S104 - gear sends there, and the firewall lets in what the role names
            ports.append(port)
    for name in _names(center, device):
        options += ["--name", name]
    python = Path(CURRENT) / "bin/python"
    return MonitorUnit(python, Path(CENTER), options, ports).text


def environment_text(center: Center) -> str:
    """What the `env:` references of its credentials name, as markers."""
    variables: dict[str, str] = {}
    for credential in _polled_with(center):
        for reference, text in (
            (credential.secret, marker(credential.name)),
            (credential.privacy_secret, marker(credential.name, "privacy_secret")),
        ):
            if reference.startswith("env:"):
                variables.setdefault(reference.removeprefix("env:"), text)
    if not variables:
        return ""
    return render("monitor.environment.j2", variables=sorted(variables.items()))


def _polled_with(center: Center) -> list[Credential]:
    return [one for one in center.credentials.values() if one.purpose is Purpose.MONITOR]


def _by_hand(center: Center) -> Iterator[str]:
    """Secrets whose reference leads to a file or a vault, and authorities outside the folder."""
    for credential in _polled_with(center):
        for reference in (credential.secret, credential.privacy_secret):
            if reference and not reference.startswith("env:"):
                yield (
                    f"{credential.name}: {reference} is put there by hand, for the account"
                    f" {ACCOUNT} alone; `env:` references are brought along"
                )
    for name in sorted(authorities(center)):
        if Path(name).is_absolute():
            yield f"{name} is put there by hand; certificates in the center's folder come along"


def _opens(center: Center, device: Device, protocol: str, port: int) -> bool:
    return any(
        (service.protocol, service.port) == (protocol, port)
        for role in device.roles
        if role in center.roles
        for service in center.roles[role].services.values()
    )


def _is_taken(device: Device, option: str) -> bool:
    return option == "--syslog" and _COLLECTOR in device.roles


def _names(center: Center, device: Device) -> Iterator[str]:
    """Under which its pages may be opened, by a proxy in front of them."""
    yield device.name
    yield str(device.address)
    for virtual in memberships(center, device):
        yield str(virtual.address)


def _account(facts: WatchfloorFacts) -> Iterator[Change]:
    if not facts.account:
        home = f"/var/lib/{NAME}"
        yield CommandChange(
            title=f"create the system account {ACCOUNT}, which cannot log in",
            command=(
                *("useradd", "--system", "--user-group", "--no-create-home", "--home-dir", home),
                *("--shell", "/usr/sbin/nologin", "--comment", "Watchfloor", ACCOUNT),
            ),
            again_on_undo=False,
            undo_with=("userdel", ACCOUNT),
        )


def _folder(wanted: CenterFolder, facts: WatchfloorFacts) -> Iterator[Change]:
    there = dict(facts.center)
    create = tuple(name for name in wanted.files if name not in there)
    change = tuple(
        name for name, sha256 in wanted.files.items() if name in there and there[name] != sha256
    )
    # Others of its files are somebody's own: a secret that is put there by hand.
    remove = tuple(name for name in there if name not in wanted.files and name.endswith(".yaml"))
    if create or change or remove:
        yield FolderChange(
            sha256=wanted.sha256,
            size=len(wanted.content),
            path=CENTER,
            group=ACCOUNT,
            create=create,
            change=change,
            remove=remove,
        )


def _files(
    wanted: WatchfloorDesired, facts: WatchfloorFacts, secrets: SecretCheck
) -> Iterator[FileChange]:
    if wanted.environment:
        now = file_at(facts.files, ENVIRONMENT)
        secret = file_change(now, wanted.environment, mode=0o600, secrets=secrets)
        if secret is not None:
            yield secret.model_copy(update={"quoted": True})
    unit = file_change(file_at(facts.files, UNIT_FILE), wanted.unit)
    if unit is not None:
        yield unit


def _loaded(files: tuple[FileChange, ...]) -> Iterator[Change]:
    if any(file.path == UNIT_FILE for file in files):
        yield CommandChange(
            title="have systemd read its units again", command=("systemctl", "daemon-reload")
        )


def _service(facts: WatchfloorFacts, *, moved: bool, has_new_folder: bool) -> Iterator[Change]:
    running = facts.unit.is_running
    if not facts.unit.is_enabled:
        yield ServiceChange(unit=UNIT, action="enable")
    if not running:
        yield ServiceChange(unit=UNIT, action="start", reason="it does not run")
    elif reason := _why_restart(facts, moved=moved):
        # A restart, not a reload: what is undone has to run with the old program again.
        yield CommandChange(
            title=f"restart {UNIT} ({reason})", command=("systemctl", "restart", UNIT)
        )
    elif has_new_folder or facts.has_read_older:
        yield ServiceChange(unit=UNIT, action="reload", reason="the center's folder")
    else:
        return
    yield CommandChange(
        title=f"see that it answers at 127.0.0.1:{PORT}, and has polled",
        command=("python3", "-I", "-c", _ANSWERS),
        again_on_undo=running,
    )


def _why_restart(facts: WatchfloorFacts, *, moved: bool) -> str:
    if moved:
        return "its program or its files"
    if facts.is_older:
        return "it runs with older files than there are"
    return "" if facts.health else "it does not answer"


def _unwell(facts: WatchfloorFacts, changes: bool) -> Iterator[str]:
    if not changes and facts.health not in ("", "200"):
        yield (
            f"{UNIT} answers {facts.health} at 127.0.0.1:{PORT}/healthz: nothing that it says is"
            f" fresh; see `journalctl -u {UNIT}`"
        )
