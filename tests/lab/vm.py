"""One virtual machine: a Debian with a kernel of its own, for what a namespace cannot prove.

Its processor is emulated, so that it runs wherever the tests do; it is slow, and there is one.
"""

import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testinfra.host import Host

from tests.lab.cgroups import ControlGroup
from tests.lab.command import Finished, failure, launch
from tests.lab.emulator import emulator
from tests.lab.errors import LabError
from tests.lab.image import ADMIN, machine_suite
from tests.lab.lab import Lab
from tests.lab.ports import free_port
from tests.lab.vm_agent import GuestAgent
from tests.lab.vm_image import BootFiles, lay_down, vm_recipe
from tests.lab.witness import NamespaceBackend
from tests.wait import until

BOOT_TIMEOUT_S = 600
ADDRESS = "10.0.2.15"
"""What QEMU's user network gives its first guest; nothing outside can use it."""
SUBNET = "10.0.2.0/24"
MEMORY_MIB = 1024
PROCESSORS = 1
"""Two would wait for each other more than they would share, on a machine that is busy itself."""


@dataclass(frozen=True, slots=True)
class VirtualMachine:
    """A Debian under QEMU with a root console, and SSH at a port of this machine's loopback."""

    name: str
    folder: Path
    group: ControlGroup
    key: Path
    """The private key that opens the administrator's account; `.pub` is beside it."""
    emulator: Sequence[str | Path]
    """The command that starts QEMU."""
    files: BootFiles
    ssh_port: int
    user: str = ADMIN
    address: str = ADDRESS
    subnet: str = SUBNET

    @property
    def endpoint(self) -> tuple[str, int]:
        """Where its sshd answers this machine."""
        return "127.0.0.1", self.ssh_port

    @property
    def console_log(self) -> Path:
        return self.folder / "console.log"

    @property
    def _agent(self) -> GuestAgent:
        return GuestAgent(self.folder / "agent")

    def power_on(self) -> None:
        """Starts it and waits until systemd has nothing left to start."""
        self.group.create()
        # Emulated, a second's work takes many, and what is deployed to it has its usual deadlines.
        urgent = ["nice", "-n", "-10", *self._qemu()]
        launch(self.group.launcher(urgent), self.folder / "qemu.log")
        until(self.group.pids, 10, f"QEMU to start; see {self.folder / 'qemu.log'}")
        self.wait_for_systemd()

    def wait_for_systemd(self) -> None:
        until(self._answers, BOOT_TIMEOUT_S, f"{self.name} to boot; see {self.console_log}")
        argv = ["systemctl", "is-system-running", "--wait"]
        state = self.attempt(argv, timeout_s=BOOT_TIMEOUT_S)
        if state.stdout.strip() not in {"running", "degraded"}:
            raise LabError(f"{self.name} did not boot: {failure(state)}; see {self.console_log}")

    def _answers(self) -> bool:
        if not self.group.pids():
            raise LabError(f"QEMU ended: {(self.folder / 'qemu.log').read_text()[-400:]}")
        return self._agent.answers()

    def reboot(self) -> None:
        """An orderly restart of the same machine with the same disk."""
        before = self._boot_id()
        self.attempt(["systemd-run", "--on-active=0", "systemctl", "reboot"])
        until(lambda: self._answers() and self._boot_id() != before, BOOT_TIMEOUT_S, "a new boot")
        self.wait_for_systemd()

    def _boot_id(self) -> str:
        try:
            return self.run(["cat", "/proc/sys/kernel/random/boot_id"])
        except (OSError, LabError):
            return ""

    def remove(self) -> None:
        """Pulls the plug and forgets its disk. Done twice, it is done."""
        self.group.remove()
        self.files.disk.unlink(missing_ok=True)

    def attempt(
        self, argv: Sequence[str | Path], *, stdin: str = "", timeout_s: float = 60
    ) -> Finished:
        """Runs `argv` as root inside it, whatever its exit code."""
        return self._agent.attempt(argv, stdin=stdin, timeout_s=timeout_s)

    def run(self, argv: Sequence[str | Path], *, stdin: str = "", timeout_s: float = 60) -> str:
        """The stdout of `argv` run as root inside it; a non-zero exit is a LabError."""
        done = self.attempt(argv, stdin=stdin, timeout_s=timeout_s)
        if done.exit_code:
            raise LabError(f"on {self.name}: {failure(done)}")
        return done.stdout

    def witness(self) -> Host:
        """testinfra's view of it, through the root console instead of the network."""
        return Host(NamespaceBackend(self.name, self.attempt))

    def console_host_keys(self) -> tuple[str, ...]:
        """Its host keys' fingerprints as `ssh-keygen -l` prints them on its console."""
        script = "for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -l -f $key; done"
        return tuple(self.run(["sh", "-c", script]).splitlines())

    def plug_in_usb_disk(self, name: str, disk: Path) -> None:
        """Somebody puts a USB disk into it."""
        self._monitor(
            "blockdev-add",
            {"node-name": name, "driver": "file", "filename": str(disk), "read-only": True},
        )
        self._monitor(
            "device_add", {"driver": "usb-storage", "id": name, "drive": name, "bus": "usb.0"}
        )

    def pull_usb_disk(self, name: str) -> None:
        self._monitor("device_del", {"id": name})

    def _monitor(self, command: str, arguments: dict[str, Any]) -> None:
        """One command of the emulator's own (QEMU Machine Protocol)."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(30)
            connection.connect(str(self.folder / "qmp"))
            lines = connection.makefile("rwb")
            for words in (
                {"execute": "qmp_capabilities"},
                {"execute": command, "arguments": arguments},
            ):
                lines.write(json.dumps(words).encode() + b"\n")
                lines.flush()
                while not (answer := json.loads(lines.readline())).keys() & {"return", "error"}:
                    pass
                if "error" in answer:
                    raise LabError(f"QEMU refuses {command}: {answer['error']['desc']}")

    def _qemu(self) -> list[str | Path]:
        # The clock that the kernel would choose is a device of the emulator's, and slow to read.
        kernel_line = "console=ttyS0 root=/dev/vda rw quiet audit=1 tsc=reliable"
        forward = f"hostfwd=tcp:127.0.0.1:{self.ssh_port}-:22"
        return [
            *self.emulator,
            *("-name", self.name, "-m", str(MEMORY_MIB), "-smp", str(PROCESSORS)),
            # KVM is not everywhere, and where its device can be opened it may still hang. Of what
            # a processor can do, an emulator does the oldest fastest.
            *("-accel", "tcg", "-cpu", "qemu64"),
            *("-display", "none", "-no-user-config", "-nodefaults"),
            *("-kernel", self.files.kernel, "-initrd", self.files.initrd, "-append", kernel_line),
            *("-drive", f"file={self.files.disk},if=virtio,format=raw,cache=unsafe"),
            *("-netdev", f"user,id=net,restrict=on,{forward}"),
            *("-device", "virtio-net-pci,netdev=net,romfile="),
            *("-device", "virtio-rng-pci", "-device", "qemu-xhci,id=usb"),
            *("-serial", f"file:{self.console_log}"),
            *("-device", "virtio-serial-pci"),
            *("-chardev", f"socket,id=agent,path={self.folder / 'agent'},server=on,wait=off"),
            *("-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0"),
            *("-qmp", f"unix:{self.folder / 'qmp'},server=on,wait=off"),
        ]


def boot_machine(lab: Lab, name: str) -> VirtualMachine:
    """A fresh machine of the Debian that this one runs; it goes when the lab does."""
    folder = lab.instance.folder / "machines" / name
    folder.mkdir(parents=True)
    public_key = lab.key.with_suffix(".pub").read_text()
    recipe = vm_recipe(machine_suite(), lab.archives)
    files = lay_down(recipe, folder, name, ADDRESS, public_key)
    group = ControlGroup(f"{lab.instance.number}/{name}")
    qemu = emulator(lab.archives)
    machine = VirtualMachine(name, folder, group, lab.key, qemu, files, free_port())
    machine.power_on()
    return machine
