"""How a user proves a password to a service without sending it: Digest (RFC 7616, 2069). Pure."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

LONGEST_CHALLENGE = 4096
_PARAMETER = re.compile(
    r'([A-Za-z][\w-]{0,30})\s*=\s*(?:"((?:[^"\\]|\\.){0,512})"|([^\s",]{1,512}))'
)
_HASHES = {"SHA-256": "sha256", "MD5": "md5"}
"""Best first."""


class NoDigestError(ValueError):
    """None of the challenges can be answered without giving the password away."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """One Digest challenge of a server."""

    algorithm: str
    """`SHA-256` or `MD5`."""
    realm: str
    nonce: str
    opaque: str | None
    qop: bool
    """Whether `qop=auth` is offered; older servers know none."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request is proved for."""

    method: str
    uri: str
    user: str
    client_nonce: str
    count: int = 1
    """How often the server's nonce has been used."""


def best_challenge(headers: Iterable[str]) -> Challenge:
    """The best of the WWW-Authenticate headers. Raises NoDigestError when none is a Digest."""
    found = [challenge for header in headers if (challenge := _parse(header)) is not None]
    if not found:
        raise NoDigestError
    order = list(_HASHES)
    return min(found, key=lambda challenge: order.index(challenge.algorithm))


def _parse(header: str) -> Challenge | None:
    scheme, _, rest = header.strip()[:LONGEST_CHALLENGE].partition(" ")
    if scheme.lower() != "digest":
        return None
    said = {
        name.lower(): plain or re.sub(r"\\(.)", r"\1", quoted)
        for name, quoted, plain in _PARAMETER.findall(rest)
    }
    algorithm = said.get("algorithm", "MD5").upper()
    offered = {word.strip() for word in said.get("qop", "").split(",")}
    if algorithm not in _HASHES or "nonce" not in said or not (offered & {"auth", ""}):
        return None
    return Challenge(
        algorithm, said.get("realm", ""), said["nonce"], said.get("opaque"), "auth" in offered
    )


def answer(challenge: Challenge, asked: Asked, password: str) -> str:
    """The Authorization header."""

    def hashed(text: str) -> str:
        # The protocol prescribes the algorithm; MD5 is all that many cameras know.
        return hashlib.new(
            _HASHES[challenge.algorithm], text.encode(), usedforsecurity=False
        ).hexdigest()

    user = hashed(f"{asked.user}:{challenge.realm}:{password}")
    request = hashed(f"{asked.method}:{asked.uri}")
    count = f"{asked.count:08x}"
    middle = f":{count}:{asked.client_nonce}:auth" if challenge.qop else ""
    quoted: Mapping[str, str | None] = {
        "username": asked.user,
        "realm": challenge.realm,
        "nonce": challenge.nonce,
        "uri": asked.uri,
        "response": hashed(f"{user}:{challenge.nonce}{middle}:{request}"),
        "opaque": challenge.opaque,
        "cnonce": asked.client_nonce if challenge.qop else None,
    }
    words = [f'{name}="{_quoted(value)}"' for name, value in quoted.items() if value is not None]
    words.append(f"algorithm={challenge.algorithm}")
    if challenge.qop:
        words += ["qop=auth", f"nc={count}"]
    return "Digest " + ", ".join(words)


def _quoted(text: str) -> str:
    plain = "".join(letter for letter in text if letter.isprintable())
    return plain.replace("\\", "\\\\").replace('"', '\\"')
