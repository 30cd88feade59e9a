"""Making a lab host's disk: the base image, plus what is one machine's own."""

import shutil
import uuid
from pathlib import Path

from tests.lab.command import run
from tests.lab.image import ADMIN


def personalise(root: Path, name: str, address: str, proxy: str) -> None:
    """Gives the system in `root` a name, an identity and its way to Debian's archives."""
    (root / "etc/hostname").write_text(f"{name}\n")
    (root / "etc/hosts").write_text(
        f"127.0.0.1 localhost\n::1 localhost ip6-localhost\n{address} {name}\n"
    )
    (root / "etc/machine-id").write_text(f"{uuid.uuid4().hex}\n")
    (root / "etc/apt/apt.conf.d/90lab-proxy").write_text(
        f'Acquire::http::Proxy "{proxy}";\nAcquire::https::Proxy "{proxy}";\n'
    )


def admit_administrator(root: Path, public_key: str) -> None:
    """Lets `public_key` in as the administrator, as a cloud image's first boot does."""
    home = root / "home" / ADMIN
    folder = home / ".ssh"
    folder.mkdir(mode=0o700)
    keys = folder / "authorized_keys"
    keys.write_text(public_key)
    keys.chmod(0o600)
    for path in (folder, keys):
        shutil.chown(path, home.stat().st_uid, home.stat().st_gid)


def make_host_keys(root: Path) -> None:
    """New SSH host keys of every usual kind, in place of the old ones."""
    for file in (root / "etc/ssh").glob("ssh_host_*"):
        file.unlink()
    run(["ssh-keygen", "-q", "-A", "-f", root])


def public_host_keys(root: Path) -> list[Path]:
    return sorted((root / "etc/ssh").glob("ssh_host_*_key.pub"))
