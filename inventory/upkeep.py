"""What keeps a center's hosts: the authority behind their certificates, and their archives."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from inventory.errors import WatchfloorError
from inventory.words import Name

_LONGEST = 64 * 1024
_CERTIFICATE = re.compile(
    r"-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n?"
)

Word = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9./-]*$", max_length=60)]
"""A suite or component of an archive: `bookworm-security`, `main`."""

FileReference = Annotated[str, StringConstraints(pattern=r"^(file:[^\x00\n]+)?$", max_length=1000)]
"""`file:path`, or nothing."""


class AuthorityError(WatchfloorError):
    """A certificate of the center's authority that cannot be read."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Authority(_Part):
    """Who vouches for the center's hosts to each other: an internal certificate authority."""

    certificate: str
    """`file:` or `env:` reference to its certificate, in PEM; it is no secret."""
    credential: Name
    """The credential with its private key: `purpose: deploy`, `protocol: x509`."""
    days: Annotated[int, Field(ge=30, le=825)] = 397
    """How long a host's certificate is good; it is renewed in the last quarter."""


class Archive(_Part):
    """A Debian or Ubuntu archive that hosts with one operating system install from."""

    os: Annotated[str, StringConstraints(pattern=r"^(debian|ubuntu)-[0-9.]+$")]
    uri: Annotated[str, StringConstraints(pattern=r"^(https?://|copy:/)[^\s\"'\\]+$")]
    """Where the center's mirror fetches it from."""
    suites: tuple[Word, ...] = Field(min_length=1)
    components: tuple[Word, ...] = ("main",)
    keyring: Annotated[str, StringConstraints(pattern=r"^/[^\s\"'\\]+\.(gpg|asc)$")]
    """The keys that sign it, on the mirror and on each host."""
    whole: bool = False
    """Whether the mirror holds every package of it, as for security updates; else the packages
    that the center's hosts are deployed with, what those depend on, and `packages`."""
    packages: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9+.-]+$")], ...] = ()
    """More packages that the mirror holds."""

    @property
    def folder(self) -> str:
        """Its place below the mirror's address: `debian-12/debian-security`."""
        return f"{self.os}/{self.uri.rstrip('/').rpartition('/')[2]}"


class Mail(_Part):
    """Where the alerts of Prometheus are mailed to contacts by."""

    relay: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.:\[\]-]+:[0-9]{1,5}$")]
    """Address and port of the center's own mail server, which takes mail from the monitors and
    offers STARTTLS."""
    sender: Annotated[str, StringConstraints(pattern=r"^[^\s@\"'\\]+@[^\s@\"'\\]+$")]


class Pull(_Part):
    """How hosts with `pull: true` converge themselves."""

    source: Annotated[
        str, StringConstraints(pattern=r"^(https?:/)?/[^\s\"'\\%$]+$", max_length=500)
    ]
    """The folder of `watchfloor bundle`, as hosts see it: an address, or a path on them."""
    monitors: tuple[
        Annotated[str, StringConstraints(pattern=r"^https?://[^\s\"'\\%$@]+$")], ...
    ] = Field(min_length=1, max_length=8)
    """Every monitor's API, as hosts reach it: each has to lend a lease before a change."""
    token: Name
    """The credential with the monitors' token: `purpose: deploy`, `protocol: token`."""


def certificate_text(
    authority: Authority, folder: Path, environment: Mapping[str, str] | None = None
) -> str:
    """The authority's certificate in PEM. Raises `AuthorityError`.

    `folder` is the center's: relative `file:` references start there.
    """
    text = _text(authority.certificate, folder, os.environ if environment is None else environment)
    match = _CERTIFICATE.search(text)
    if match is None:
        raise AuthorityError(
            f"center.authority: {authority.certificate} holds no certificate in PEM"
        )
    return match[0].rstrip("\n") + "\n"


def _text(reference: str, folder: Path, environment: Mapping[str, str]) -> str:
    sort, _, name = reference.partition(":")
    if sort == "env" and name:
        if not environment.get(name):
            raise AuthorityError(
                f"center.authority: {name} is not set: export the certificate in it, in PEM"
            )
        return environment[name]
    if sort != "file" or not name:
        raise AuthorityError("center.authority: its certificate is file:path or env:NAME")
    path = folder / Path(name).expanduser()
    try:
        with path.open() as file:
            return file.read(_LONGEST)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise AuthorityError(
            f"center.authority: {path} cannot be read: {why}; put the certificate there"
        ) from error
