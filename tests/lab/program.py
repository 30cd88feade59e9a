"""Puts this checkout, its interpreter and its libraries onto a lab host, as a package would."""

import shutil
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.lab.host import LabHost

_CHECKOUT = Path(__file__).parents[2]
_PARTS = ("deploy", "inventory", "monitors", "watchfloor", "templates")
_NOT_NEEDED = (
    "playwright",
    "*mypyc*",
    "mypy",
    "pip",
    "setuptools",
    "hypothesis",
    "test",
    "idlelib",
)
HOME = Path("/opt/watchfloor")
_LIBRARIES = HOME / "libraries"
SPACE_MIB = 1500
"""A host that gets it needs a disk of this size."""


def install_program(host: LabHost) -> tuple[str, ...]:
    """What `watchfloor` is called by there: words to put in front of a command's."""
    root = host.disk.root
    executable = Path(sys.executable).resolve()
    _copy(root, [executable, *_libraries()])
    _copy_tree(Path(sysconfig.get_path("stdlib")), root)
    # Not to where they lie here: that may be in /tmp, and a host has its own.
    _copy_tree(Path(sysconfig.get_path("purelib")), root, _LIBRARIES)
    for part in _PARTS:
        _copy_tree(_CHECKOUT / part, root, HOME / part)
    paths = f"{HOME}:{_LIBRARIES}"
    library = sysconfig.get_config_var("LIBDIR")
    return ("env", f"PYTHONPATH={paths}", f"LD_LIBRARY_PATH={library}", str(executable))


def _libraries() -> Iterator[Path]:
    """The interpreter's own shared library, where it has one."""
    folder, name = (sysconfig.get_config_var(key) for key in ("LIBDIR", "INSTSONAME"))
    if folder and name and (path := Path(folder) / name).is_file():
        yield path


def _copy(root: Path, files: Iterable[Path]) -> None:
    for file in files:
        there = root / file.relative_to("/")
        if not there.exists():
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, there)


def _copy_tree(source: Path, root: Path, there: Path | None = None) -> None:
    left_out = shutil.ignore_patterns("__pycache__", "site-packages", *_NOT_NEEDED)
    target = root / (there or source).relative_to("/")
    shutil.copytree(source, target, ignore=left_out, symlinks=True, dirs_exist_ok=True)
