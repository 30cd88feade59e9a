import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509

from deploy.certificates import CertificateError, fault, signed
from deploy.change import CertificateChange
from deploy.operations.certificates import certificate_file, key_script
from inventory.upkeep import Authority, AuthorityError, certificate_text

NAME = "web-1.tiny"


@dataclass(frozen=True, slots=True)
class Pair:
    certificate: str
    key: str


def authority(folder: Path, name: str) -> Pair:
    """As docs/deploy.md makes one."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"),
            *("-noenc", "-days", "3650", "-subj", f"/CN={name}"),
            *("-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"),
        ],
        check=True,
        capture_output=True,
    )
    return Pair((folder / f"{name}.pem").read_text(), (folder / f"{name}.key").read_text())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def mine(folder: Path) -> Pair:
    return authority(folder, "mine")


@pytest.fixture(scope="module")
def other(folder: Path) -> Pair:
    return authority(folder, "other")


def change(place: Path, issuer: Pair, days: int = 397) -> CertificateChange:
    return CertificateChange(name=NAME, folder=str(place), days=days, authority=issuer.certificate)


def host_key(place: Path, issuer: Pair) -> str:
    """What the host prints: the script makes the key there."""
    script = key_script(change(place, issuer)).replace("LC_ALL=C", "LC_ALL=C; chown() { :; }")
    done = subprocess.run(
        ["/bin/sh", "-s"], input=script, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_the_key_is_made_once_stays_there_and_is_nobodys_but_roots(
    tmp_path: Path, mine: Pair
) -> None:
    first = host_key(tmp_path / "tls", mine)
    key = tmp_path / "tls/host.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert "PRIVATE" not in first
    assert host_key(tmp_path / "tls", mine) == first


def test_a_signed_certificate_is_good_and_openssl_agrees(
    tmp_path: Path, folder: Path, mine: Pair
) -> None:
    public = host_key(tmp_path, mine)
    file = certificate_file(change(tmp_path, mine), public, mine.key)
    assert fault(file.content, NAME, public, mine.certificate) == ""
    (tmp_path / "host.pem").write_text(file.content)
    for purpose in ("sslclient", "sslserver"):
        subprocess.run(
            [
                *("openssl", "verify", "-CAfile", folder / "mine.pem", "-purpose", purpose),
                *("-verify_hostname", NAME, tmp_path / "host.pem"),
            ],
            check=True,
            capture_output=True,
        )
    found = x509.load_pem_x509_certificate(file.content.encode())
    assert (found.not_valid_after_utc - found.not_valid_before_utc).days == 397


def test_what_is_wrong_with_a_certificate_is_said(tmp_path: Path, mine: Pair, other: Pair) -> None:
    public = host_key(tmp_path / "a", mine)
    text = signed(public, NAME, 397, mine.certificate, mine.key)
    second = host_key(tmp_path / "b", mine)
    assert fault(text, "web-2.tiny", public, mine.certificate) == "it is for another name"
    assert fault(text, NAME, second, mine.certificate) == "it is for another key"
    for bad in (signed(public, NAME, 397, other.certificate, other.key), "no certificate", ""):
        assert fault(bad, NAME, public, mine.certificate) == "the authority has not signed it"


def test_a_certificate_is_renewed_in_its_last_quarter(
    tmp_path: Path, mine: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = host_key(tmp_path, mine)
    text = signed(public, NAME, 100, mine.certificate, mine.key)
    end = x509.load_pem_x509_certificate(text.encode()).not_valid_after_utc

    class Late:
        @staticmethod
        def now(_zone: object) -> object:
            return end

    monkeypatch.setattr("deploy.certificates.datetime", Late)
    assert fault(text, NAME, public, mine.certificate).startswith("it ends on ")


def test_another_authoritys_key_and_a_key_that_is_none_are_refused_without_being_shown(
    tmp_path: Path, mine: Pair, other: Pair
) -> None:
    public = host_key(tmp_path, mine)
    with pytest.raises(CertificateError, match="does not belong"):
        signed(public, NAME, 397, mine.certificate, other.key)
    with pytest.raises(CertificateError, match="holds no private key") as caught:
        signed(public, NAME, 397, mine.certificate, "hunter2")
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    with pytest.raises(CertificateError, match="public key cannot be read"):
        signed("nonsense", NAME, 397, mine.certificate, mine.key)


def test_the_inventorys_reference_leads_to_the_certificate(folder: Path, mine: Pair) -> None:
    there = Authority(certificate="file:mine.pem", credential="ca")
    assert certificate_text(there, folder) == mine.certificate
    for wrong in ("file:missing.pem", "file:mine.key", "mine.pem"):
        with pytest.raises(AuthorityError):
            certificate_text(there.model_copy(update={"certificate": wrong}), folder)
