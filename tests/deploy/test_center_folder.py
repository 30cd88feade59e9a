"""What a monitor gets of a center's folder: what its program reads there, and nothing else."""

import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from deploy.cargo import CargoError, Hold, NoCargo
from deploy.center_folder import CenterFolderError, center_folder
from deploy.releases.manifest import ReleaseError
from inventory.model import Center
from inventory.reach import TlsCheck
from tests.deploy.hosts import center, server
from tests.deploy.releases.wheels import small_release

BASE = center()


def watched(*authorities: str) -> Center:
    """A center whose web server's certificate is judged by these files."""
    reach = tuple(TlsCheck(tls=443, ca=name) for name in authorities)
    web = server("web-1", "10.9.1.1", monitoring={"reach": reach})
    return center(devices={**BASE.devices, "web-1": web})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With an inventory, a profile of its own, an authority, and what is nobody's business."""
    for name, text in {
        "center.yaml": "format: 1\n",
        "rack-1.yaml": "devices: {}\n",
        "profiles/odd-ups.yaml": "profile: odd-ups\n",
        "certificates/ca.pem": "-----BEGIN CERTIFICATE-----\n",
        "certificates/other.pem": "",
        "secrets/community": "geheim\n",
        "state/signing-key": "geheim\n",
        ".git/config": "",
        "watchfloor-1.2.tar": "",
        "notes.txt": "",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_it_is_what_the_program_reads_and_no_secret(folder: Path) -> None:
    found = center_folder(watched("certificates/ca.pem", "system"), folder)
    wanted = ["center.yaml", "certificates/ca.pem", "profiles/odd-ups.yaml", "rack-1.yaml"]
    assert list(found.files) == wanted
    with tarfile.open(fileobj=io.BytesIO(found.content)) as archive:
        assert archive.getnames() == wanted
    assert b"geheim" not in found.content
    digest = hashlib.sha256((folder / "rack-1.yaml").read_bytes()).hexdigest()
    assert found.files["rack-1.yaml"] == digest
    assert found.sha256 == hashlib.sha256(found.content).hexdigest()


def test_it_is_the_same_as_long_as_the_files_are(folder: Path) -> None:
    before = center_folder(BASE, folder)
    (folder / "center.yaml").touch()
    (folder / "notes.txt").write_text("more\n")
    assert center_folder(BASE, folder) == before
    (folder / "center.yaml").write_text("format: 1\n# changed\n")
    assert center_folder(BASE, folder).sha256 != before.sha256


@pytest.mark.parametrize("name", ["../ca.pem", "a\nb.pem", ".hidden.pem", "gone.pem"])
def test_a_name_that_leads_elsewhere_or_nowhere_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(CenterFolderError):
        center_folder(watched(name), folder)


def test_an_authority_outside_of_the_folder_is_left_to_people(folder: Path) -> None:
    assert "/etc/ca.pem" not in center_folder(watched("/etc/ca.pem"), folder).files


def hold(folder: Path, release: str = "") -> Hold:
    return Hold(center(release=release), folder, folder / "state", folder / "run")


def test_a_parcel_is_found_by_its_digest_alone(folder: Path) -> None:
    release = small_release(folder / "made")
    cargo = hold(folder, "file:made/release.tar")
    packed = cargo.center_folder.sha256
    found = cargo.parcels([release.sha256, packed, packed])
    assert found[release.sha256] == str(release.path.resolve())
    assert Path(found[packed]).read_bytes() == cargo.center_folder.content
    assert len(found) == 2


def test_what_a_plan_was_made_with_has_to_be_there_still(folder: Path) -> None:
    cargo = hold(folder)
    old = cargo.center_folder.sha256
    cargo.parcels([old])
    (folder / "center.yaml").write_text("format: 1\n# changed\n")
    later = hold(folder)
    with pytest.raises(CargoError, match="has changed since the plan was made; plan again"):
        later.parcels([old])
    later.parcels([later.center_folder.sha256])
    assert len(list((folder / "run/shipments").iterdir())) == 1


def test_a_center_without_a_release_says_so(folder: Path) -> None:
    with pytest.raises(ReleaseError, match="names no `release`"):
        _ = hold(folder).release


def test_where_nothing_can_be_shipped_that_is_said() -> None:
    for ask in ("release", "center_folder", "signers"):
        with pytest.raises(CargoError, match="use `watchfloor apply`"):
            getattr(NoCargo(), ask)
