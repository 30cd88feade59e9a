"""A release is the same for the same wheels, says what it holds, and counts only when whole."""

import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.releases.making import make_release, own_files, own_wheel, requirements_text, write
from deploy.releases.manifest import FILES, MANIFEST, Release, ReleaseError, read_release
from tests.deploy.releases.wheels import OWN, small_release, wheel

CHECKOUT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return small_release(tmp_path_factory.mktemp("release"))


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        return {m.name: _content(archive, m) for m in archive.getmembers()}


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    content = archive.extractfile(member)
    return content.read() if content else b""


def test_it_says_what_it_is(release: Release) -> None:
    assert (release.version, release.pythons) == ("1.2", ("3.11", "3.13"))
    content = release.path.read_bytes()
    assert (release.size, release.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    listed = members(release.path)[FILES]
    assert release.files_sha256 == hashlib.sha256(listed).hexdigest()


def test_each_python_has_its_own_list_and_common_wheels_are_held_once(release: Release) -> None:
    found = members(release.path)
    assert sorted(name for name in found if name.startswith("wheels/")) == [
        "wheels/fast-3.0-cp311-cp311-linux.whl",
        "wheels/fast-3.0-cp313-cp313-linux.whl",
        "wheels/plain-2.0-py3-none-any.whl",
        "wheels/watchfloor-1.2-py3-none-any.whl",
    ]
    for python, tag in (("3.11", "311"), ("3.13", "313")):
        lines = found[f"requirements-{python}.txt"].decode().splitlines()
        assert [line.split("==")[0] for line in lines] == ["fast", "plain", "watchfloor"]
        fast = found[f"wheels/fast-3.0-cp{tag}-cp{tag}-linux.whl"]
        assert lines[0].endswith(f"--hash=sha256:{hashlib.sha256(fast).hexdigest()}")


def test_its_own_files_are_what_sha256sum_finds_where_they_are_installed(
    release: Release, tmp_path: Path
) -> None:
    for name, text in OWN.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    listed = members(release.path)[FILES]
    assert _check(tmp_path, listed) == ""
    (tmp_path / "deploy/worker.py").write_text("run = False\n")
    assert _check(tmp_path, listed) == "deploy/worker.py: FAILED\n"


def _check(folder: Path, listed: bytes) -> str:
    words = ["sha256sum", "--check", "--quiet"]
    done = subprocess.run(words, input=listed, capture_output=True, cwd=folder, check=False)
    return done.stdout.decode()


def test_equal_wheels_make_equal_files(tmp_path: Path) -> None:
    own = wheel(tmp_path, "watchfloor-1.2", OWN)
    for name in ("a.tar", "b.tar"):
        write(tmp_path / name, own, {"3.11": []})
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_changed_octet_of_a_file_in_it_is_believed(
    release: Release, data: st.DataObject
) -> None:
    content = bytearray(release.path.read_bytes())
    with tarfile.open(release.path) as archive:
        spans = [(m.offset_data, m.size) for m in archive.getmembers() if m.name != MANIFEST]
    start, size = data.draw(st.sampled_from(spans))
    content[start + data.draw(st.integers(0, size - 1))] ^= data.draw(st.integers(1, 255))
    damaged = release.path.with_name("damaged.tar")
    damaged.write_bytes(content)
    with pytest.raises(ReleaseError, match=r"damaged\.tar: the release has a damaged "):
        read_release(damaged)


def _rewritten(release: Release, change: Callable[[dict[str, bytes]], None], out: Path) -> Path:
    found = members(release.path)
    change(found)
    with tarfile.open(out, "w") as archive:
        for name, content in found.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out


def _other_format(found: dict[str, bytes]) -> None:
    found[MANIFEST] = json.dumps(json.loads(found[MANIFEST]) | {"format": 2}).encode()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda found: found.update({"wheels/more.whl": b"x"}), "which its manifest does not name"),
        (lambda found: found.update({"../../etc/passwd": b"x"}), "its manifest does not name"),
        (lambda found: found.pop("requirements-3.11.txt"), "lacks requirements-3.11.txt"),
        (lambda found: found.pop(MANIFEST), "does not begin with manifest.json"),
        (_other_format, "of another version than 1"),
    ],
    ids=["more", "outside", "less", "no-manifest", "format"],
)
def test_what_does_not_agree_with_its_manifest_is_refused(
    release: Release, change: Callable[[dict[str, bytes]], None], why: str, tmp_path: Path
) -> None:
    with pytest.raises(ReleaseError, match=why):
        read_release(_rewritten(release, change, tmp_path / "other.tar"))


@pytest.mark.parametrize("content", [b"", b"no tar file at all" * 100], ids=["empty", "text"])
def test_what_is_no_release_is_refused_in_one_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "release.tar"
    path.write_bytes(content)
    with pytest.raises(ReleaseError, match=r"make it again with `watchfloor release`") as caught:
        read_release(path)
    assert "\n" not in str(caught.value)


def test_half_a_release_is_refused(release: Release, tmp_path: Path) -> None:
    half = tmp_path / "half.tar"
    with tarfile.open(release.path) as archive:
        last = archive.getmembers()[-1]
    for length in (0, 511, last.offset_data // 2, last.offset_data + last.size - 1):
        half.write_bytes(release.path.read_bytes()[:length])
        with pytest.raises(ReleaseError, match=r"half\.tar: "):
            read_release(half)


def test_a_release_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=r"gone\.tar: .* No such file or directory; make it"):
        read_release(tmp_path / "gone.tar")


def test_a_link_among_the_members_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "release.tar"
    with tarfile.open(path, "w") as archive:
        link = tarfile.TarInfo(MANIFEST)
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(ReleaseError, match="does not begin with"):
        read_release(path)


def test_this_checkout_gives_a_wheel_with_all_that_it_needs(tmp_path: Path) -> None:
    made = own_wheel(CHECKOUT, tmp_path)
    listed = dict(line.split("  ")[::-1] for line in own_files(made).splitlines())
    assert {"watchfloor/__main__.py", "deploy/worker.py", "monitors/supervisor.py"} <= set(listed)
    assert "inventory/_data/templates/host/monitor.service.j2" in listed
    here = hashlib.sha256((CHECKOUT / "deploy/worker.py").read_bytes()).hexdigest()
    assert listed["deploy/worker.py"] == here
    assert requirements_text([made]).startswith("watchfloor==")


def test_only_a_checkout_makes_one(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="is no checkout of Watchfloor; name one with --source"):
        make_release(tmp_path, tmp_path / "release.tar")


def test_a_wheel_that_cannot_be_had_is_told_in_one_line(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        source.mkdir(exist_ok=True)
        shutil.copy(CHECKOUT / name, source / name)
    for name in ("watchfloor", "deploy", "inventory", "monitors", "templates", "runbooks"):
        (source / name).mkdir()
        (source / name / "__init__.py").write_text('__version__ = "1.2"\n')
    (source / "requirements").mkdir()
    nothing = f"watchfloor-is-not-there==1 --hash=sha256:{'0' * 64}\n"
    (source / "requirements/run.txt").write_text(nothing)
    with pytest.raises(
        ReleaseError, match=r"wheels for Python 3\.11 cannot be fetched: "
    ) as caught:
        make_release(source, tmp_path / "release.tar", ["3.11"])
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "release.tar").exists()
