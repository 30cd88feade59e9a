"""The base image of all lab hosts: built once from this machine's own Debian archives, then kept.

It lies in a cache that fresh clones share, under a name that says what it was made from.
"""

import fcntl
import hashlib
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.lab.apt import Archive, acquire_settings, freshness_settings, source_lines
from tests.lab.command import run
from tests.lab.errors import LabError
from tests.lab.mounts import mounted_lowers

CACHE = Path("/var/cache/watchfloor-lab")
ADMIN = "wf-deploy"
"""The account that a cloud image would call `debian`: key only, sudo without a password."""
MAX_AGE_DAYS = 14
"""An older image is built anew: its package lists name versions that the mirror has dropped."""
REVISION = 2
"""Counted up when this module makes something else from the same lists."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides what is in an image."""

    suite: str
    packages: tuple[str, ...]
    downloads: tuple[str, ...]
    sources: str
    early: str = ""
    """A shell line that runs before the packages are installed; `$1` is the root folder."""

    @property
    def key(self) -> str:
        lists = (*self.packages, "", *self.downloads)
        parts = (str(REVISION), self.suite, *lists, self.sources, *filter(None, [self.early]))
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def recipe(suite: str, archives: tuple[Archive, ...], variant: str = "") -> Recipe:
    """The recipe that the lists beside this module give for `suite`.

    A `variant` has the packages of `packages-<variant>.txt` as well.
    """
    here = Path(__file__).parent
    more = listed_names(here / f"packages-{variant}.txt") if variant else ()
    return Recipe(
        suite=suite,
        packages=tuple(sorted({*listed_names(here / "packages.txt"), *more})),
        downloads=listed_names(here / "archives.txt"),
        sources=source_lines(archives, suite),
    )


def listed_names(file: Path) -> tuple[str, ...]:
    """The names in a file that has one a line and `#` comments, sorted."""
    lines = (line.partition("#")[0].strip() for line in file.read_text().splitlines())
    return tuple(sorted({line for line in lines if line}))


def machine_suite() -> str:
    """The code name of the Debian release that this machine runs."""
    lines = Path("/etc/os-release").read_text().splitlines()
    values = dict(line.partition("=")[::2] for line in lines)
    return values.get("VERSION_CODENAME", "").strip('"')


def base_image(wanted: Recipe) -> Path:
    """The root folder of a fresh enough image of `wanted`; builds it (half a minute) if need be."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with _locked(CACHE / f"{wanted.key}.lock"):
        newest = max(CACHE.glob(f"{wanted.key}-*"), default=None)
        if newest is not None and _age_days(newest) < MAX_AGE_DAYS:
            return newest
        try:
            built = _build(wanted)
        except LabError as error:
            if newest is None:
                raise
            print(f"kept the lab's old image: {error}", file=sys.stderr)  # noqa: T201 # a machine without its archives can still run what it has
            return newest
        _drop_old()
        return built


def _age_days(image: Path) -> float:
    return (time.time() - int(image.name.rpartition("-")[2])) / 86_400


def _build(wanted: Recipe) -> Path:
    print(f"building the lab's {wanted.suite} image (once) ...", file=sys.stderr, flush=True)  # noqa: T201 # the only sign of life in half a minute
    work = CACHE / f"building-{wanted.key}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    settings = acquire_settings()
    (work / "apt.conf").write_text(settings)
    (work / "debian.list").write_text(wanted.sources)
    root = work / "root"
    run(_mmdebstrap(wanted, work, root), timeout_s=900)
    _finish(root, freshness_settings(settings))
    image = CACHE / f"{wanted.key}-{int(time.time())}"
    root.rename(image)
    shutil.rmtree(work)
    return image


def _mmdebstrap(wanted: Recipe, work: Path, root: Path) -> list[str | Path]:
    debs = "/var/cache/lab-debs"
    fetch = (
        f'mkdir -p "$1{debs}/partial" && chroot "$1" apt-get -qq -y --no-install-recommends'
        f" -o Dir::Cache::archives={debs} --download-only install {' '.join(wanted.downloads)}"
    )
    early = [f"--essential-hook={wanted.early}"] if wanted.early else []
    return [
        "mmdebstrap",
        "--quiet",
        "--mode=root",
        "--variant=minbase",
        "--skip=cleanup/apt/lists",
        f"--aptopt={work / 'apt.conf'}",
        *early,
        f"--include={','.join(wanted.packages)}",
        f"--customize-hook={fetch}",
        f"--customize-hook=chroot \"$1\" useradd -m -s /bin/bash -c 'Administrator' {ADMIN}",
        wanted.suite,
        root,
        work / "debian.list",
    ]


def _finish(root: Path, freshness: str) -> None:
    """Takes out what belongs to one machine, and lets the administrator in."""
    for key in (root / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    for name in ("etc/machine-id", "etc/hostname", "etc/resolv.conf"):
        (root / name).unlink(missing_ok=True)
    (root / "etc/apt/apt.conf.d/99mmdebstrap").unlink(missing_ok=True)
    # The image has no translations, so that updating its package lists fetches next to nothing.
    languages = 'Acquire::Languages "none";\n'
    (root / "etc/apt/apt.conf.d/50lab").write_text(freshness + languages)
    rights = root / f"etc/sudoers.d/90-{ADMIN}"
    rights.parent.mkdir(mode=0o750, exist_ok=True)
    rights.write_text(f"{ADMIN} ALL=(ALL) NOPASSWD:ALL\n")
    rights.chmod(0o440)
    for deb in (root / "var/cache/lab-debs").glob("*.deb"):
        deb.rename(root / "var/cache/apt/archives" / deb.name)
    shutil.rmtree(root / "var/cache/lab-debs")


def _drop_old() -> None:
    """Removes the images past their age, unless a running host stands on one."""
    in_use = mounted_lowers()
    for image in CACHE.glob("?" * 16 + "-*"):
        if image not in in_use and _age_days(image) >= MAX_AGE_DAYS:
            shutil.rmtree(image)


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    handle = os.open(file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
