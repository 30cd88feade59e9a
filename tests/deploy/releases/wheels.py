"""Small wheels, and a release of them, for tests that need no index."""

import base64
import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

from deploy.releases.making import write
from deploy.releases.manifest import Release, read_release

OWN = {"watchfloor/__init__.py": '__version__ = "1.2"\n', "deploy/worker.py": "run = True\n"}


def wheel(folder: Path, name: str, files: Mapping[str, str], tags: str = "py3-none-any") -> Path:
    """A wheel `NAME-VERSION-TAGS.whl` of these files."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{tags}.whl"
    record = "".join(f"{file},sha256={_digest(text)},{len(text)}\n" for file, text in files.items())
    info = f"{name}.dist-info"
    project, _, version = name.partition("-")
    metadata = f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")
    return path


def small_release(folder: Path, out: str = "release.tar") -> Release:
    """A release of Watchfloor 1.2 for Python 3.11 and 3.13."""
    own = wheel(folder / "own", "watchfloor-1.2", OWN)
    everywhere = wheel(folder / "found", "plain-2.0", {"plain.py": ""})
    found = {
        python: [
            everywhere,
            wheel(folder / "found", "fast-3.0", {"fast.py": python}, f"cp{tag}-cp{tag}-linux"),
        ]
        for python, tag in (("3.11", "311"), ("3.13", "313"))
    }
    write(folder / out, own, found)
    return read_release(folder / out)


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
