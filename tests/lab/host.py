"""One lab host: a booted Debian that tests log in to, break, cut off and switch off."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from testinfra.host import Host

from tests.lab.cgroups import ControlGroup
from tests.lab.command import Finished, attempt, failure, launch, run
from tests.lab.errors import LabError
from tests.lab.image import ADMIN
from tests.lab.installation import (
    admit_administrator,
    make_host_keys,
    personalise,
    public_host_keys,
)
from tests.lab.mounts import Disk, unmount_below
from tests.lab.network import HostNetwork
from tests.lab.ports import port_answers, wait_for_port
from tests.lab.witness import NamespaceBackend
from tests.wait import until

BOOT_TIMEOUT_S = 60
SSH_PORT = 22
GUEST_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class LabHost:
    """A Debian host under systemd-nspawn, with its own address, disk and host keys.

    `run`, `attempt` and `witness` enter its namespaces from this machine: they need neither its
    network nor its sshd, so they show what is true when the host cannot be reached.
    """

    name: str
    folder: Path
    network: HostNetwork
    group: ControlGroup
    key: Path
    """The private key that opens the administrator's account; `.pub` is beside it."""
    user: str = ADMIN
    port: int = SSH_PORT

    @property
    def address(self) -> str:
        return self.network.address

    @property
    def subnet(self) -> str:
        """The network that it and this machine are in."""
        return self.network.lab.subnet

    @property
    def endpoint(self) -> tuple[str, int]:
        """Where its sshd answers this machine."""
        return self.address, self.port

    @property
    def disk(self) -> Disk:
        return Disk(self.folder / "disk")

    @property
    def console_log(self) -> Path:
        """What its kernel and systemd print while it boots."""
        return self.folder / "console.log"

    @property
    def known_hosts(self) -> Path:
        """A known_hosts file with the keys it has had since it was installed."""
        return self.folder / "known_hosts"

    @property
    def is_on(self) -> bool:
        return bool(self.group.pids())

    def install(self, image: Path, proxy: str, size_mib: int) -> None:
        """Lays down its disk of `size_mib`: `image` with an identity of its own."""
        self.disk.mount(image, size_mib)
        personalise(self.disk.root, self.name, self.address, proxy)
        admit_administrator(self.disk.root, self.key.with_suffix(".pub").read_text())
        make_host_keys(self.disk.root)
        self.known_hosts.write_text("".join(f"{line}\n" for line in self.known_host_lines()))

    def remove(self) -> None:
        """Switches it off and removes it with its disk. Done twice, it is done."""
        self.group.remove()
        unmount_below(self.folder)
        self.network.remove()
        shutil.rmtree(self.folder, ignore_errors=True)

    # Power, cable and load.

    def power_on(self) -> None:
        """Starts it and waits until sshd answers and systemd has nothing left to start."""
        self.network.create()
        self.group.create()
        environment = {"SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"}
        launch(self.group.launcher(self._nspawn()), self.console_log, environment)
        hint = f"its console is in {self.console_log}"
        wait_for_port(self.address, self.port, BOOT_TIMEOUT_S, f"sshd of {self.name}; {hint}")
        self.wait_for_systemd()

    def wait_for_systemd(self) -> None:
        state = self.attempt(["systemctl", "is-system-running", "--wait"], timeout_s=BOOT_TIMEOUT_S)
        if state.stdout.strip() not in {"running", "degraded"}:
            raise LabError(f"{self.name} did not boot: {failure(state)}; see {self.console_log}")

    def power_off(self) -> None:
        """Pulls the plug: nothing inside gets to say goodbye. The disk keeps what was written."""
        self.group.kill()

    def restart(self) -> None:
        """Power off and on: processes and firewall rules are gone, the disk is as it was."""
        self.power_off()
        self.power_on()

    def pause(self) -> None:
        """Every process stands still: its kernel still accepts connections, nobody answers."""
        self.group.freeze()

    def resume(self) -> None:
        self.group.thaw()

    def unplug(self) -> None:
        """Takes its network cable out: packets to it vanish."""
        self.network.set_cable(plugged=False)

    def plug(self) -> None:
        self.network.set_cable(plugged=True)

    # The console: what somebody in front of the machine can see and do.

    def attempt(
        self, argv: Sequence[str | Path], *, stdin: str = "", timeout_s: float = 60
    ) -> Finished:
        """Runs `argv` as root inside it, whatever its exit code."""
        enter = f"nsenter --target {self._init_pid()} -m -u -i -n -p -C --".split()
        clean = ["env", "-i", f"PATH={GUEST_PATH}", "HOME=/root", "LANG=C.UTF-8"]
        return attempt([*enter, *clean, *argv], stdin=stdin, timeout_s=timeout_s)

    def run(self, argv: Sequence[str | Path], *, stdin: str = "", timeout_s: float = 60) -> str:
        """The stdout of `argv` run as root inside it; a non-zero exit is a LabError."""
        done = self.attempt(argv, stdin=stdin, timeout_s=timeout_s)
        if done.exit_code:
            raise LabError(f"on {self.name}: {failure(done)}")
        return done.stdout

    def witness(self) -> Host:
        """testinfra's view of it, through its namespaces instead of the network."""
        return Host(NamespaceBackend(self.name, self.attempt))

    def console_host_keys(self) -> tuple[str, ...]:
        """Its host keys' fingerprints as `ssh-keygen -l` prints them on its console."""
        files = public_host_keys(self.disk.root)
        return tuple(run(["ssh-keygen", "-l", "-f", file]).strip() for file in files)

    def _init_pid(self) -> int:
        """Its PID 1 as this machine numbers it."""
        patience_s = 10 if self.is_on else 0
        return until(self._guest_inits, patience_s, f"{self.name} to be switched on")[0]

    def _guest_inits(self) -> list[int]:
        return [pid for pid in self.group.pids() if _is_guest_init(pid)]

    # SSH: how an administrator reaches it.

    def ssh_answers(self) -> bool:
        """True when its SSH port accepts a connection."""
        return port_answers(self.address, self.port)

    def known_host_lines(self) -> tuple[str, ...]:
        """The host keys that it has now, as lines of known_hosts(5)."""
        keys = (file.read_text().split()[:2] for file in public_host_keys(self.disk.root))
        return tuple(f"{self.address} {kind} {key}" for kind, key in keys)

    def replace_host_keys(self) -> None:
        """Gives it new host keys, as a reinstallation would; `known_hosts` keeps the old ones."""
        make_host_keys(self.disk.root)
        if self.is_on:
            self.run(["systemctl", "restart", "ssh"])

    def ssh_argv(self, *command: str) -> list[str]:
        """An ssh command line that trusts `known_hosts` alone and never asks anything."""
        options = {
            "BatchMode": "yes",
            "ConnectTimeout": "10",
            "GlobalKnownHostsFile": "/dev/null",
            "IdentitiesOnly": "yes",
            "IdentityFile": str(self.key),
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": str(self.known_hosts),
        }
        words = [word for pair in options.items() for word in ("-o", "=".join(pair))]
        target = f"{self.user}@{self.address}"
        return ["ssh", "-F", "none", *words, "-p", str(self.port), target, *command]

    def _nspawn(self) -> list[str | Path]:
        return [
            "systemd-nspawn",
            f"--directory={self.disk.root}",
            f"--machine={self.name}",
            f"--network-namespace-path={self.network.path}",
            "--capability=CAP_NET_ADMIN",
            "--boot",
            "--quiet",
            "--register=no",
            "--keep-unit",
            "--resolv-conf=off",
            "--timezone=off",
            "--link-journal=no",
            "--console=read-only",
        ]


def _is_guest_init(pid: int) -> bool:
    """True for a process that is PID 1 of a namespace below ours (NSpid in proc_pid_status(5))."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    numbers = status.partition("NSpid:")[2].partition("\n")[0].split()
    return len(numbers) > 1 and numbers[-1] == "1"
