"""This machine's own apt configuration, as far as a lab's hosts need it too.

Read when a lab is made and never written into the project: which mirrors a machine uses is that
machine's affair.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.lab.command import run
from tests.lab.errors import LabError

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
NO_ARCHIVE = "apt on this machine knows no Debian archive over http; check its sources and update"


@dataclass(frozen=True, slots=True)
class Archive:
    """One archive of Debian's that this machine installs from."""

    uri: str
    release: str
    """The name in the archive's `dists` folder, such as `bookworm-security`."""
    component: str

    @property
    def host(self) -> str:
        return urlsplit(self.uri).hostname or ""


def debian_archives() -> tuple[Archive, ...]:
    """Debian's archives among this machine's sources; other vendors' are left out."""
    archives = _known_archives()
    if not archives:
        run(["apt-get", "--quiet", "update"], timeout_s=300)
        archives = _known_archives()
    if not archives:
        raise LabError(NO_ARCHIVE)
    return archives


def _known_archives() -> tuple[Archive, ...]:
    # apt learns an archive's origin from its Release file, so it knows none before an update.
    form = "$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)"
    targets = run(["apt-get", "indextargets", "--format", form, "Created-By: Packages"])
    words = (line.split(" ") for line in targets.splitlines())
    found = (Archive(*rest) for origin, *rest in words if origin == "Debian" and len(rest) == 3)
    return tuple(dict.fromkeys(one for one in found if one.uri.startswith("http")))


def source_lines(archives: Iterable[Archive], suite: str) -> str:
    """The same archives for `suite`, in the one-line format of sources.list(5)."""
    lines = []
    for archive in archives:
        _, dash, pocket = archive.release.partition("-")
        release = f"{suite}{dash}{pocket}"
        lines.append(f"deb [signed-by={KEYRING}] {archive.uri} {release} {archive.component}\n")
    return "".join(lines)


def acquire_settings() -> str:
    """How this machine's apt fetches, proxies included, as lines of apt.conf(5)."""
    return "".join(f"{line}\n" for line in run(["apt-config", "dump", "Acquire"]).splitlines())


def freshness_settings(settings: str) -> str:
    """Of `acquire_settings()` those about dates: a mirror that stands still needs them."""
    kept = (line for line in settings.splitlines() if line.startswith("Acquire::Check-"))
    return "".join(f"{line}\n" for line in kept)


def upstream_proxy(settings: str) -> str | None:
    """The HTTP proxy that this machine's own apt goes through, as `[user:password@]host:port`."""
    configured = re.search(r'^Acquire::http::Proxy "([^"]+)";', settings, re.MULTILINE)
    url = configured.group(1) if configured else os.environ.get("http_proxy", "")
    if not url or url.upper() == "DIRECT":
        return None
    parts = urlsplit(url)
    return parts.netloc if parts.port else f"{parts.netloc}:80"
