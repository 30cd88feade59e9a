"""Signs the head of the evidence with an SSH key, and checks such a signature offline."""

import base64
import hashlib
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from monitors.baseline.errors import SigningError

NAMESPACE = "watchfloor-evidence"
PRINCIPAL = "watchfloor"
_TIMEOUT_S = 60
"""A hardware key waits for a touch."""
_ARMOUR = ("-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----")
_ARMOUR_WIDTH = 70
_ALLOWED = re.compile(
    rf'{PRINCIPAL} namespaces="{NAMESPACE}" '
    r"([a-z0-9@.-]{1,64}) ([A-Za-z0-9+/]{16,6000}={0,2})\n"
)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public half of a signing key."""

    kind: str
    """`ssh-ed25519`, `sk-ssh-ed25519@openssh.com` …"""
    blob: str
    """Base64, as in a .pub file."""

    @property
    def fingerprint(self) -> str:
        """As `ssh-keygen -l` prints it: `SHA256:…`."""
        hashed = hashlib.sha256(base64.b64decode(self.blob)).digest()
        return "SHA256:" + base64.b64encode(hashed).decode().rstrip("=")

    @property
    def allowed_signers(self) -> str:
        """The one line of an allowed_signers file (ssh-keygen(1), ALLOWED SIGNERS)."""
        return f'{PRINCIPAL} namespaces="{NAMESPACE}" {self.kind} {self.blob}\n'


def make_key(path: Path) -> bool:
    """Makes an Ed25519 key with mode 0600 unless there is one. True when it was made now.

    Raises `SigningError`.
    """
    if path.exists():
        return False
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise SigningError(
            f"{path}: cannot be made: {error.strerror}; name a key of yours by --key"
        ) from error
    comment = ["-C", NAMESPACE, "-N", ""]
    _run(["ssh-keygen", "-q", "-t", "ed25519", *comment, "-f", str(path)], b"", f"{path}")
    return True


def public_key(path: Path) -> PublicKey:
    """The public half of a private key file. Raises `SigningError`."""
    words = _run(["ssh-keygen", "-y", "-f", str(path)], b"", f"{path}").decode().split()
    if len(words) < 2:
        raise SigningError(f"{path}: is no SSH private key")
    return PublicKey(words[0], words[1])


def sign(content: bytes, key: Path) -> str:
    """The armoured signature of `content`. Raises `SigningError`."""
    argv = ["ssh-keygen", "-q", "-Y", "sign", "-n", NAMESPACE, "-f", str(key)]
    return _run(argv, content, f"{key}").decode()


def verify(content: bytes, signature: bytes, allowed_signers: bytes) -> PublicKey:
    """The key that signed `content`. Raises `SigningError` when none of it fits.

    Both texts have to be spelled exactly as they are written: nothing may hide in them.
    """
    key = _only_signer(allowed_signers)
    _check_armour(signature)
    with tempfile.TemporaryDirectory(prefix="watchfloor-verify-") as folder:
        signers, signed = Path(folder, "allowed_signers"), Path(folder, "signature")
        signers.write_bytes(allowed_signers)
        signed.write_bytes(signature)
        who = ["-I", PRINCIPAL, "-n", NAMESPACE]
        argv = ["ssh-keygen", "-Y", "verify", "-f", str(signers), *who, "-s", str(signed)]
        _run(argv, content, "the signature does not fit the head")
    return key


def _only_signer(text: bytes) -> PublicKey:
    match = _ALLOWED.fullmatch(text.decode("ascii", errors="replace"))
    if match is None or not _is_canonical_base64(match[2]):
        raise SigningError("allowed_signers: was changed: it is not the one line that was written")
    return PublicKey(match[1], match[2])


def _check_armour(signature: bytes) -> None:
    lines = signature.decode("ascii", errors="replace").split("\n")
    body = "".join(lines[1:-2])
    wrapped = [body[at : at + _ARMOUR_WIDTH] for at in range(0, len(body), _ARMOUR_WIDTH)]
    intact = lines == [_ARMOUR[0], *wrapped, _ARMOUR[1], ""] and _is_canonical_base64(body)
    if not intact:
        raise SigningError("head.json.sig: was changed: it is not spelled as a signature is")


def _is_canonical_base64(text: str) -> bool:
    try:
        return base64.b64encode(base64.b64decode(text, validate=True)).decode() == text
    except ValueError:  # not base64, or not even ASCII
        return False


def _run(argv: list[str], content: bytes, what: str) -> bytes:
    # No agent, no window that asks for a passphrase: an audit runs unattended.
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("SSH_AUTH_SOCK", "SSH_ASKPASS", "DISPLAY")
    } | {"LC_ALL": "C", "SSH_ASKPASS_REQUIRE": "never"}
    try:
        done = subprocess.run(
            argv,
            input=content,
            capture_output=True,
            timeout=_TIMEOUT_S,
            env=environment,
            check=False,
        )
    except FileNotFoundError as error:
        raise SigningError("ssh-keygen is not installed; install openssh-client") from error
    except subprocess.TimeoutExpired as error:
        raise SigningError(f"{what}: ssh-keygen did not end within {_TIMEOUT_S} s") from error
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
        said = lines[-1][:200] if lines else f"status {done.returncode}"
        raise SigningError(f"{what}: {said}")
    return done.stdout
