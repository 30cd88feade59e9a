"""The emulator of the lab's virtual machine: that of Debian 13, whatever Debian this machine runs.

QEMU before 8 translates each program anew whenever it starts at another address, which the address
space randomisation that hardening proves sees to: a fork costs five times as much (24 ms, not 5).
"""

from dataclasses import replace
from pathlib import Path

from tests.lab.apt import Archive
from tests.lab.image import Recipe, base_image, recipe

SUITE = "trixie"
PACKAGE = "qemu-system-x86"
_LIBRARIES = "usr/lib/x86_64-linux-gnu"
_FIRMWARE = ("usr/share/qemu", "usr/share/seabios")


def emulator_recipe(archives: tuple[Archive, ...]) -> Recipe:
    """A Debian with little but the emulator; nobody boots it."""
    return replace(recipe(SUITE, archives), packages=(PACKAGE,), downloads=())


def emulator(archives: tuple[Archive, ...]) -> list[str | Path]:
    """The command that starts it; builds its image (15 s) if need be."""
    root = base_image(emulator_recipe(archives))
    # By that Debian's own loader, so that neither a chroot nor a mount is needed.
    loader: list[str | Path] = [root / "lib64/ld-linux-x86-64.so.2"]
    loader += ["--library-path", root / _LIBRARIES, root / "usr/bin/qemu-system-x86_64"]
    return [*loader, *(word for folder in _FIRMWARE for word in ("-L", root / folder))]
