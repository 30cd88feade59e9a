"""Signs what leaves this machine as a file, with a key of its own in the state folder.

ssh-keygen does it (PROTOCOL.sshsig): what checks the signature needs nothing but OpenSSH.
"""

import subprocess
import tempfile
from pathlib import Path

from inventory.errors import WatchfloorError

KEY_FILE = "signing-key"
SIGNER = "watchfloor"
"""The identity in an allowed signers file (ssh-keygen(1), ALLOWED SIGNERS)."""
_TIMEOUT_S = 20


class SigningError(WatchfloorError):
    """There is no key to sign with, or it does not sign."""


def allowed_signer(state: Path, namespace: str) -> str:
    """The line of an allowed signers file for our key. Raises `SigningError`."""
    public = _key(state).with_name(f"{KEY_FILE}.pub").read_text().split()
    return f'{SIGNER} namespaces="{namespace}" {" ".join(public[:2])}\n'


def sign(state: Path, namespace: str, content: bytes) -> str:
    """The signature of this content, armored. Makes the key on first use. Raises `SigningError`."""
    words = ["-Y", "sign", "-q", "-n", namespace, "-f", str(_key(state))]
    return _ssh_keygen(words, content).decode()


def verify(allowed: Path, namespace: str, content: bytes, signature: str) -> None:
    """Raises `SigningError` unless one of the allowed signers signed just this content."""
    with tempfile.NamedTemporaryFile("w", suffix=".sig") as file:
        file.write(signature)
        file.flush()
        words = ["-Y", "verify", "-f", str(allowed), "-I", SIGNER, "-n", namespace]
        try:
            _ssh_keygen([*words, "-s", file.name], content)
        except SigningError as error:
            raise SigningError(
                f"the signature is not of a signer in {allowed}; nothing was done ({error})"
            ) from error


def _key(state: Path) -> Path:
    path = state / KEY_FILE
    if not path.exists():
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        _ssh_keygen(["-q", "-t", "ed25519", "-N", "", "-C", SIGNER, "-f", str(path)], b"")
    return path


def _ssh_keygen(words: list[str], content: bytes) -> bytes:
    try:
        done = subprocess.run(
            ["ssh-keygen", *words],
            input=content,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SigningError(f"ssh-keygen: {error}; is openssh-client installed?") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise SigningError(f"ssh-keygen: {said[-1] if said else 'it failed'}")
    return done.stdout
