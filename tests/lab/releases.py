"""Releases of this checkout for lab hosts: one as a user makes it, and one with another version."""

import shutil
import tarfile
from collections.abc import Sequence
from pathlib import Path

from deploy.releases.making import own_wheel, write
from deploy.releases.manifest import requirements_name
from tests.lab.site import LabSite
from tests.requirements import unavailable

CHECKOUT = Path(__file__).parents[2]
_PARTS = ("watchfloor", "deploy", "inventory", "monitors", "templates", "runbooks")
_FILES = ("pyproject.toml", "README.md", "LICENSE")


def make_release(site: LabSite, name: str, python: str) -> None:
    """As a user does it, into the center's folder; skips where pip reaches no package index."""
    made = site.watchfloor("release", "--out", name, "--python", python, timeout_s=600)
    if "cannot be fetched" in made.stderr:
        unavailable("the wheels of a release cannot be fetched from a package index")
    assert made.exit_code == 0, made.stderr


def another_version(
    release: Path, out: Path, version: str, pythons: Sequence[str], broken: str = ""
) -> None:
    """The same release with Watchfloor in that version; `broken` ends one of its modules."""
    work = out.parent / f"making-{version}"
    source = work / "source"
    for part in _PARTS:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(CHECKOUT / part, source / part, ignore=ignored)
    for name in _FILES:
        shutil.copy(CHECKOUT / name, source / name)
    (source / "watchfloor/__init__.py").write_text(f'"""Another."""\n\n__version__ = "{version}"\n')
    if broken:
        module = source / broken
        module.write_text(f'raise SystemExit("it was broken for a test")\n{module.read_text()}')
    with tarfile.open(release) as archive:
        archive.extractall(work, filter="data")
    wheels = {
        python: [
            wheel
            for wheel in sorted((work / "wheels").iterdir())
            if f"{_name(wheel)}==" in (work / requirements_name(python)).read_text()
            and not wheel.name.startswith("watchfloor-")
            and (f"cp{python.replace('.', '')}-" in wheel.name or _fits_all(wheel))
        ]
        for python in pythons
    }
    write(out, own_wheel(source, work / "own"), wheels)
    shutil.rmtree(work)


def _name(wheel: Path) -> str:
    return wheel.name.partition("-")[0]


def _fits_all(wheel: Path) -> bool:
    return "-abi3-" in wheel.name or wheel.name.endswith("-none-any.whl")
