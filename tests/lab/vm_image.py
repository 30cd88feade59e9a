"""The disk of the lab's virtual machine: a base image with a kernel, laid out as one file."""

from dataclasses import dataclass, replace
from pathlib import Path

from tests.lab.apt import Archive
from tests.lab.command import run
from tests.lab.image import Recipe, base_image, recipe
from tests.lab.installation import admit_administrator, make_host_keys, personalise
from tests.lab.mounts import Disk, unmount_below

SIZE_MIB = 3072
"""Of the file system; the file has holes where nothing was written."""
REPLACED = frozenset({"systemd-timesyncd"})
"""Packages of a lab host that one of the machine's own conflicts with."""
_EARLY = (
    # An initial RAM disk with every driver takes an emulated processor seconds to unpack.
    'mkdir -p "$1/etc/initramfs-tools/conf.d"'
    ' && echo MODULES=list >"$1/etc/initramfs-tools/conf.d/lab"'
    ' && printf "virtio_pci\\nvirtio_blk\\next4\\n" >"$1/etc/initramfs-tools/modules"'
)
_NETWORK = "[Match]\nName=en*\n[Network]\nDHCP=ipv4\n"
_FSTAB = "/dev/vda / ext4 rw 0 1\n"


@dataclass(frozen=True, slots=True)
class BootFiles:
    """What the emulator needs to start a machine without a boot loader."""

    disk: Path
    kernel: Path
    initrd: Path


def vm_recipe(suite: str, archives: tuple[Archive, ...]) -> Recipe:
    """A lab host's recipe with the machine's own packages, all of them installed."""
    both = recipe(suite, archives, "vm")
    packages = tuple(name for name in both.packages if name not in REPLACED)
    return replace(both, packages=packages, downloads=(), early=_EARLY)


def lay_down(wanted: Recipe, folder: Path, name: str, address: str, public_key: str) -> BootFiles:
    """A fresh disk in `folder`, with an identity of its own; a few seconds once the image is there.

    The image itself is built in a minute and a half, and kept beside the other ones.
    """
    image = base_image(wanted)
    disk = Disk(folder / "disk")
    disk.mount(image, SIZE_MIB)
    try:
        personalise(disk.root, name, address, proxy="http://127.0.0.1:9")
        admit_administrator(disk.root, public_key)
        make_host_keys(disk.root)
        _connect(disk.root)
        file = folder / "vm.img"
        run(["mkfs.ext4", "-q", "-d", disk.root, file, f"{SIZE_MIB}M"], timeout_s=300)
    finally:
        unmount_below(folder)
    boot = image / "boot"
    return BootFiles(file, _only(boot, "vmlinuz-*"), _only(boot, "initrd.img-*"))


def _connect(root: Path) -> None:
    (root / "etc/fstab").write_text(_FSTAB)
    network = root / "etc/systemd/network"
    network.mkdir(parents=True, exist_ok=True)
    (network / "80-lab.network").write_text(_NETWORK)
    run(["systemctl", f"--root={root}", "--quiet", "enable", "systemd-networkd"])
    # Nothing here waits for a network that restricts itself to this machine.
    run(["systemctl", f"--root={root}", "--quiet", "mask", "systemd-networkd-wait-online"])


def _only(folder: Path, pattern: str) -> Path:
    return max(folder.glob(pattern))
