"""Makes a release from a checkout: its own wheel, and the wheels that its hashed list names.

pip fetches them from where it is set up to fetch from; nothing of that gets into the release.
"""

import base64
import csv
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from deploy.failure import one_line
from deploy.releases.manifest import (
    FILES,
    MANIFEST,
    Manifest,
    Member,
    Release,
    ReleaseError,
    read_release,
    requirements_name,
)
from deploy.releases.packing import pack

PYTHONS = ("3.11", "3.13")
"""Those of Debian 12 and 13."""
_OLDEST_GLIBC, _GLIBC = 5, 36
"""Wheels for any glibc between 2.5 and Debian 12's."""
_TIMEOUT_S = 900

Progress = Callable[[str], None]


def make_release(
    source: Path, out: Path, pythons: Sequence[str] = PYTHONS, say: Progress = lambda _: None
) -> Release:
    """Makes the file `out` from the checkout `source`. Raises `ReleaseError`."""
    requirements = source / "requirements" / "run.txt"
    if not (source / "pyproject.toml").is_file() or not requirements.is_file():
        raise ReleaseError(f"{source}: is no checkout of Watchfloor; name one with --source")
    with tempfile.TemporaryDirectory(prefix="watchfloor-release-") as name:
        folder = Path(name)
        say("building Watchfloor's own wheel")
        own = own_wheel(source, folder / "own")
        found = {}
        for python in pythons:
            say(f"fetching the wheels for Python {python}")
            found[python] = fetched(requirements, folder / python, python)
        say(f"writing {out}")
        write(out, own, found)
    return read_release(out)


def own_files(wheel: Path) -> str:
    """`files.sha256`: what the wheel's files are once installed. Raises `ReleaseError`."""
    lines = []
    with zipfile.ZipFile(wheel) as archive:
        record = next((n for n in archive.namelist() if n.endswith(".dist-info/RECORD")), None)
        if record is None:
            raise ReleaseError(f"{wheel.name}: is no wheel")
        for path, digest, _ in csv.reader(archive.read(record).decode().splitlines()):
            # Only the packages: an installer writes its own words into the other folder.
            if digest.startswith("sha256=") and ".dist-info/" not in path:
                padded = digest.removeprefix("sha256=") + "="
                lines.append(f"{base64.urlsafe_b64decode(padded).hex()}  {path}\n")
    return "".join(sorted(lines, key=lambda line: line[66:]))


def requirements_text(wheels: Iterable[Path]) -> str:
    """A hashed list that names just these wheels, for `pip install --require-hashes`."""
    return "".join(
        f"{name}=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"
        for wheel in sorted(wheels)
        for name, version in (wheel.name.split("-")[:2],)
    )


def own_wheel(source: Path, folder: Path) -> Path:
    """Builds the checkout's wheel in that folder. Raises `ReleaseError`."""
    words = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder)]
    _pip([*words, str(source.resolve())], "Watchfloor's own wheel cannot be built")
    return next(folder.glob("watchfloor-*.whl"))


def fetched(requirements: Path, folder: Path, python: str) -> list[Path]:
    """The wheels that the hashed list names, in that folder. Raises `ReleaseError`."""
    platforms = [f"manylinux_2_{minor}_x86_64" for minor in range(_GLIBC, _OLDEST_GLIBC - 1, -1)]
    _pip(
        [
            "download",
            "--no-deps",
            "--require-hashes",
            "--only-binary=:all:",
            f"--python-version={python}",
            "--implementation=cp",
            *(f"--platform={name}" for name in (*platforms, "manylinux2014_x86_64")),
            f"--dest={folder}",
            f"--requirement={requirements}",
        ],
        f"the wheels for Python {python} cannot be fetched",
    )
    return sorted(folder.glob("*.whl"))


def _pip(words: Sequence[str], failing: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *words]
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=_TIMEOUT_S, stdin=subprocess.DEVNULL, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ReleaseError(f"{failing}: pip did not end within {_TIMEOUT_S} s") from error
    if done.returncode:
        raise ReleaseError(f"{failing}: {_complaint(done.stderr.decode(errors='replace'))}")


def _complaint(said: str) -> str:
    """The first error: the later ones follow from it."""
    lines = [line for line in said.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR")]
    return one_line((errors or lines or ["pip says nothing"])[0], 300)


def write(out: Path, own: Path, found: Mapping[str, Sequence[Path]]) -> None:
    """All of it, or nothing at that place; `found` has each Python's wheels. Raises
    `ReleaseError`."""
    files = dict(_files(own, found))
    manifest = Manifest(
        version=own.name.split("-")[1],
        pythons=tuple(found),
        members=tuple(
            Member(name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest())
            for name, content in files.items()
        ),
    )
    beside = out.with_name(f".{out.name}.new")
    text = manifest.model_dump_json(indent=1).encode()
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            pack(file, [(MANIFEST, text), *files.items()])
        beside.replace(out)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise ReleaseError(f"{out}: cannot be written: {error.strerror}") from error


def _files(own: Path, found: Mapping[str, Sequence[Path]]) -> Iterator[tuple[str, bytes]]:
    yield FILES, own_files(own).encode()
    for python, wheels in found.items():
        yield requirements_name(python), requirements_text([own, *wheels]).encode()
    every = {wheel.name: wheel for wheels in found.values() for wheel in wheels} | {own.name: own}
    for name in sorted(every):
        yield f"wheels/{name}", every[name].read_bytes()
