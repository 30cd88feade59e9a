"""Secrets: resolved for one's own purposes only, from private places only, and never shown."""

import json
import os
import pickle
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.model import Credential, Purpose
from inventory.secrets import PurposeError, Redactor, SecretError, Secrets, SecretText
from tests.requirements import need, need_root


def credential(secret: str, protocol: str = "snmp-v2c", **more: Any) -> Credential:
    return Credential.model_validate(
        {"name": "gear", "purpose": "monitor", "protocol": protocol, "secret": secret} | more
    )


def secrets(folder: Path, **environment: str) -> Secrets:
    return Secrets({Purpose.MONITOR}, folder, environment)


def private(path: Path, text: str = "tops3cret\n", mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


# --- purposes ---------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", Purpose)
def test_a_process_resolves_its_own_purpose_only(tmp_path: Path, purpose: Purpose) -> None:
    wanted = credential("env:X", purpose=purpose)
    for mine in Purpose:
        resolver = Secrets({mine}, tmp_path, {"X": "tops3cret"})
        if mine is purpose:
            assert resolver.resolve(wanted).secret.reveal() == "tops3cret"
        else:
            with pytest.raises(PurposeError, match=f'"gear" is for {purpose}'):
                resolver.resolve(wanted)


def test_a_process_without_purposes_resolves_nothing(tmp_path: Path) -> None:
    with pytest.raises(PurposeError, match="may use none"):
        Secrets((), tmp_path, {"X": "y"}).resolve(credential("env:X"))


# --- sources ----------------------------------------------------------------------------------


def test_both_secrets_of_snmpv3_come_from_the_environment(tmp_path: Path) -> None:
    wanted = credential("env:A", "snmp-v3", user="wf", privacy_secret="env:B", privacy="aes256")
    found = secrets(tmp_path, A="authentic1", B="private2").resolve(wanted)
    assert (found.secret.reveal(), found.privacy_secret.reveal()) == ("authentic1", "private2")
    assert (found.user, found.authentication, found.privacy) == ("wf", "sha256", "aes256")


def test_a_file_is_found_from_the_centers_folder(tmp_path: Path) -> None:
    private(tmp_path / "community")
    found = secrets(tmp_path).resolve(credential("file:community"))
    assert found.secret.reveal() == "tops3cret"
    assert found.key_file is None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o666])
def test_a_file_that_others_can_use_is_refused(tmp_path: Path, mode: int) -> None:
    path = private(tmp_path / "community", mode=mode)
    with pytest.raises(SecretError, match=f"can be read by others: chmod 600 {path}"):
        secrets(tmp_path).resolve(credential("file:community"))


def test_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    need_root()
    os.chown(private(tmp_path / "community"), 65534, 65534)
    with pytest.raises(SecretError, match="belongs to another user"):
        secrets(tmp_path).resolve(credential("file:community"))


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("env:NOT_SET", "NOT_SET is not set: export it"),
        ("env:EMPTY", "is empty; put the secret there"),
        ("file:missing", "No such file"),
        ("file:folder", "not a regular file"),
        ("file:fifo", "not a regular file"),
        ("file:binary", "not UTF-8"),
        ("file:long", "larger than"),
        ("age:x.age", "set WATCHFLOOR_AGE_IDENTITY"),
        ("vault:secret/data/x#key", "is not configured: set VAULT_ADDR and VAULT_TOKEN"),
        ("tops3cret", "holds no reference"),
        ("http:tops3cret", "holds no reference"),
    ],
)
def test_a_secret_that_cannot_be_had_says_why(tmp_path: Path, reference: str, message: str) -> None:
    (tmp_path / "folder").mkdir(mode=0o700)
    os.mkfifo(tmp_path / "fifo", 0o600)
    private(tmp_path / "binary").write_bytes(b"\xfftops3cret")
    private(tmp_path / "long", "x" * 70_000)
    with pytest.raises(SecretError) as caught:
        secrets(tmp_path, EMPTY="").resolve(credential(reference))
    assert message in str(caught.value)
    assert 'credential "gear"' in str(caught.value)
    assert "tops3cret" not in repr((caught.value, caught.value.__cause__))


def test_an_ssh_key_stays_in_its_file(tmp_path: Path) -> None:
    path = private(tmp_path / "key", "-----BEGIN OPENSSH PRIVATE KEY-----\n")
    wanted = credential("file:key", "ssh", user="wf-audit")
    found = secrets(tmp_path).resolve(wanted)
    assert (found.key_file, found.secret.reveal()) == (path, "")
    by_path = secrets(tmp_path, KEY=str(path)).resolve(credential("env:KEY", "ssh", user="wf"))
    assert by_path.key_file == path
    as_text = secrets(tmp_path, KEY="-----BEGIN x").resolve(credential("env:KEY", "ssh", user="wf"))
    assert (as_text.key_file, as_text.secret.reveal()) == (None, "-----BEGIN x")
    path.chmod(0o644)
    with pytest.raises(SecretError, match="chmod 600"):
        secrets(tmp_path).resolve(wanted)


@pytest.mark.gear
def test_age_decrypts(tmp_path: Path) -> None:
    import subprocess

    need("age")
    identity = tmp_path / "identity"
    subprocess.run([need("age-keygen"), "-o", identity], check=True, capture_output=True)
    public = next(w for w in identity.read_text().split() if w.startswith("age1"))
    subprocess.run(
        ["age", "--encrypt", "-r", public, "-o", tmp_path / "x.age"], input=b"tops3cret", check=True
    )
    resolver = secrets(tmp_path, WATCHFLOOR_AGE_IDENTITY=str(identity))
    assert resolver.resolve(credential("age:x.age")).secret.reveal() == "tops3cret"
    stranger = secrets(tmp_path, WATCHFLOOR_AGE_IDENTITY=str(tmp_path / "x.age"))
    with pytest.raises(SecretError, match=r"cannot be decrypted: .*; check the identity"):
        stranger.resolve(credential("age:x.age"))


class Vault(BaseHTTPRequestHandler):
    """Plays both versions of the key-value engine, and refuses a wrong token."""

    def do_GET(self) -> None:
        data = {
            "/v1/kv/x": {"data": {"key": "tops3cret"}},
            "/v1/secret/data/x": {"data": {"data": {"key": "tops3cret"}, "metadata": {}}},
            "/v1/odd": ["no"],
        }.get(self.path)
        status = 403 if self.headers["X-Vault-Token"] != "t0ken" else 200 if data else 404
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(data).encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def vault() -> Any:
    server = HTTPServer(("127.0.0.1", 0), Vault)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("path", ["kv/x", "secret/data/x"])
def test_a_vault_is_read_in_both_versions(tmp_path: Path, vault: str, path: str) -> None:
    resolver = secrets(tmp_path, VAULT_ADDR=vault, VAULT_TOKEN="t0ken")
    assert resolver.resolve(credential(f"vault:{path}#key")).secret.reveal() == "tops3cret"


@pytest.mark.parametrize(
    ("path", "token", "message"),
    [
        ("kv/x#other", "t0ken", "holds no such key"),
        ("kv/y#key", "t0ken", "answer 404; nothing is there"),
        ("odd#key", "t0ken", "not Vault's"),
        ("kv/x#key", "wr0ng", "answer 403; the token may not read it"),
        ("kv/x#key", "wr0ng\nx", "cannot be read: ValueError"),
    ],
)
def test_what_a_vault_refuses_is_said(
    tmp_path: Path, vault: str, path: str, token: str, message: str
) -> None:
    resolver = secrets(tmp_path, VAULT_ADDR=vault, VAULT_TOKEN=token)
    with pytest.raises(SecretError) as caught:
        resolver.resolve(credential(f"vault:{path}"))
    assert message in str(caught.value)
    assert token not in str(caught.value)


@pytest.mark.parametrize("address", ["http://192.0.2.1:8200", "vault.example", "ftp://127.0.0.1"])
def test_a_token_does_not_travel_in_the_clear(tmp_path: Path, address: str) -> None:
    resolver = secrets(tmp_path, VAULT_ADDR=address, VAULT_TOKEN="t0ken")
    with pytest.raises(SecretError, match="must be https"):
        resolver.resolve(credential("vault:kv/x#key"))


# --- masking ----------------------------------------------------------------------------------


@given(st.text(min_size=4).filter(lambda text: text not in "SecretText(***)"))
def test_a_secret_shows_itself_to_reveal_only(value: str) -> None:
    secret = SecretText(value)
    assert secret.reveal() == value
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret!r:>3}", repr([secret])):
        assert value not in shown
    with pytest.raises(TypeError):
        json.dumps(secret)
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(secret)
    assert not hasattr(secret, "__dict__")


def test_secrets_compare_by_value() -> None:
    assert SecretText("a") == SecretText("a")
    assert SecretText("a") != SecretText("b")
    assert SecretText("a") != "a"
    assert len({SecretText("a"), SecretText("a")}) == 1
    assert not SecretText("")


def test_a_resolved_credential_masks_itself(tmp_path: Path) -> None:
    found = secrets(tmp_path, X="tops3cret").resolve(credential("env:X"))
    assert "tops3cret" not in repr(found)


def test_what_was_resolved_is_scrubbed_from_any_text(tmp_path: Path) -> None:
    resolver = secrets(tmp_path, X='tops"3cret', Y="tops")
    resolver.resolve(credential("env:X"))
    resolver.resolve(credential("env:Y"))
    scrub = resolver.redactor.scrub
    assert scrub('log: tops"3cret!') == "log: ***!"
    assert scrub(json.dumps({"x": 'tops"3cret'})) == '{"x": "***"}'
    assert scrub("url: tops%223cret") == "url: ***"
    assert scrub("nothing here") == "nothing here"


@given(st.text(min_size=3, max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_scrubbed_text_never_holds_the_secret(value: str, before: str, after: str) -> None:
    redactor = Redactor()
    redactor.add(SecretText(value))
    if value not in "***":
        assert value not in redactor.scrub(before + value + after).replace("***", "\0")


def test_each_line_of_a_key_is_scrubbed() -> None:
    redactor = Redactor()
    redactor.add(SecretText("first-line\nsecond-line"))
    assert redactor.scrub("error near second-line") == "error near ***"
