"""The wheel: it holds every file that the code needs, and works wherever it is installed."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("watchfloor", "deploy", "inventory", "monitors")
PACKED = {"templates": "inventory/_data/templates", "runbooks": "inventory/_data/runbooks"}
"""What lies beside the packages in the checkout, and inside one in the wheel."""

pytestmark = pytest.mark.xdist_group("wheel")


def pip(*words: str) -> None:
    command = [sys.executable, "-m", "pip", *words, "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder), str(ROOT))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    pip("install", "--no-index", "--no-compile", "--target", str(folder), str(wheel))
    return folder


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A working directory whose own folders have the names of our packages."""
    for name in PACKAGES:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise ImportError('the wrong one')\n")
    return tmp_path


def files_below(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(folder).as_posix()


def shipped_files() -> set[str]:
    places = {name: name for name in PACKAGES} | PACKED
    return {f"{at}/{file}" for name, at in places.items() for file in files_below(ROOT / name)}


def run(site: Path, cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(cwd),
        "PYTHONPATH": str(site),
        "PYTHONWARNINGS": "error",
    }
    return subprocess.run(
        [sys.executable, "-P", *words],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_wheel_holds_the_packages_with_their_data_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    inside = {name for name in names if ".dist-info/" not in name}
    assert inside == shipped_files()
    assert {f"{name}/py.typed" for name in PACKAGES} <= inside


@pytest.mark.parametrize("name", PACKAGES)
def test_no_dependency_ships_a_package_of_our_name(name: str) -> None:
    assert set(packages_distributions().get(name, [])) <= {"watchfloor"}


def test_the_installed_wheel_finds_its_own_data(installed: Path, elsewhere: Path) -> None:
    program = "from inventory import assets; print(assets.templates(), assets.runbooks())"
    done = run(installed, elsewhere, "-c", program)
    assert done.stdout.split() == [str(installed / at) for at in PACKED.values()], done.stderr


@pytest.mark.parametrize(
    ("words", "folder", "pattern"),
    [
        (("runbook", "list"), "runbooks", "*/*.md"),
        (("profile", "list"), "monitors/profiles/data", "*.yaml"),
    ],
)
def test_it_lists_what_the_checkout_holds(
    words: tuple[str, ...], folder: str, pattern: str, installed: Path, elsewhere: Path
) -> None:
    done = run(installed, elsewhere, "-m", "watchfloor", *words, "--json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)) == len([*(ROOT / folder).glob(pattern)])


def test_the_example_center_and_a_new_one_pass_the_check(installed: Path, elsewhere: Path) -> None:
    started = run(installed, elsewhere, "-m", "watchfloor", "init", "my-center")
    assert started.returncode == 0, started.stderr
    for center in (installed / "inventory" / "riverside", Path("my-center")):
        done = run(installed, elsewhere, "-m", "watchfloor", "check", str(center), "--json")
        assert json.loads(done.stdout)["ok"] is True


def test_a_packed_recording_is_read_by_the_packed_profiles(
    installed: Path, elsewhere: Path
) -> None:
    recording = installed / "watchfloor/simulate/recordings/ups-apc.snmprec"
    done = run(installed, elsewhere, "-m", "watchfloor", "profile", "try", str(recording), "--json")
    assert done.returncode == 0, done.stderr
    assert {json.loads(line)["profile"] for line in done.stdout.splitlines()} >= {"apc-ups"}
