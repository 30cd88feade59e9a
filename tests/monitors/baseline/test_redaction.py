"""What looks like a secret is out of the facts before they are hashed."""

import base64

import pytest

from inventory.secrets import Redactor, SecretText
from monitors.baseline.redaction import redacted
from tests.monitors.baseline.recorded import texts


def nothing(text: str) -> str:
    return text


def file_line(content: bytes) -> str:
    return f"file\tfile 600 root root {base64.b64encode(content).decode()}. /etc/x\n"


def content_of(line: str) -> bytes:
    return base64.b64decode(line.split(" ")[4].removesuffix("."))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("root:$6$abcdefgh$ABCDEFGHIJKLMNOP./0123456789:1", "root:***:1"),
        ("x $y$j9T$abcdefghijkl$ABCDEFGHIJKL y", "x *** y"),
        ("deb http://me:hunter2@mirror/debian stable", "deb http://***@mirror/debian stable"),
        ("password = hunter2", "password = ***"),
        ("secret: hunter2 and more", "secret: *** and more"),
        (
            "a -----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY----- b",
            "a *** b",
        ),
        ("-----BEGIN RSA PRIVATE KEY-----\nb3Bl", "***"),
        ("passwd\ttoken:x:1000:1000::/home/token:/bin/sh", None),
        ("passwordauthentication no", None),
        ("password\trequisite pam_pwquality.so retry=3", None),
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHr0BbSn0mC42 a key", None),
    ],
)
def test_secrets_go_and_the_rest_stays(text: str, kept: str | None) -> None:
    assert redacted(text, nothing) == (text if kept is None else kept)


def test_known_secrets_go_wherever_they_stand() -> None:
    redactor = Redactor()
    redactor.add(SecretText("correct horse"))
    assert redacted("a correct horse b", redactor.scrub) == "a *** b"
    line = redacted(file_line(b"# correct horse\nport 22\n"), redactor.scrub)
    assert content_of(line) == b"# ***\nport 22\n"


def test_files_inside_are_searched_as_well() -> None:
    line = redacted(file_line("é password=hunter2\n".encode()), nothing)
    assert content_of(line).decode() == "é password=***\n"
    assert content_of(redacted(file_line(b"\xff password=x\n"), nothing)) == b"\xff password=***\n"


@pytest.mark.parametrize("host", ["fresh-debian-12", "hardened-debian-12"])
def test_a_usual_host_loses_nothing(host: str) -> None:
    for area, text in texts(host).items():
        assert redacted(text, nothing) == text, area
