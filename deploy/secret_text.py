"""Secrets in texts: a marker stands for one until the worker writes the file on the host.

Plans, diffs, events, records and facts hold the marker. What tells whether the secret on a host is
still the wanted one is a salted scrypt digest that the host keeps for root (`operations.ledger`),
and that only somebody who has the secret can check.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Literal, Protocol

from pydantic import SecretStr

MARKER = re.compile(r"\{\{secret:([a-z0-9][a-z0-9-]{0,62})\.(secret|privacy_secret)\}\}")
"""`{{secret:CREDENTIAL.secret}}`: a credential of the inventory, and which of its two secrets."""

_SCRYPT = {"n": 2**14, "r": 8, "p": 1, "maxmem": 64 * 1024**2, "dklen": 32}


class SecretCheck(Protocol):
    """Knows the center's secrets and tells of each only whether it is what a host holds."""

    def is_current(self, name: str, salt: str, digest: str) -> bool:
        """Whether `digest` is that of the secret `CREDENTIAL.secret`; `""` is never.

        Raises `SecretError` when the secret is not at hand.
        """


class UnknownSecrets:
    """Stands where there are no secrets to check."""

    def is_current(self, name: str, salt: str, digest: str) -> bool:  # noqa: ARG002 - the protocol's
        """Raises `LookupError`: something with a marker was compared without the secrets."""
        raise LookupError(f"no secrets are at hand to check {name}")


def marker(credential: str, field: Literal["secret", "privacy_secret"] = "secret") -> str:
    """What stands for the secret in a text."""
    return f"{{{{secret:{credential}.{field}}}}}"


def names(texts: Iterable[str]) -> tuple[str, ...]:
    """The secrets that the texts' markers stand for, each once: `CREDENTIAL.secret`."""
    found = (f"{match[1]}.{match[2]}" for text in texts for match in MARKER.finditer(text))
    return tuple(sorted(set(found)))


def filled(text: str, secrets: Mapping[str, SecretStr]) -> str:
    """The text with every marker's secret in its place. Raises `KeyError` that names a marker."""
    # One pass: a secret that looks like a marker stays what it is.
    return MARKER.sub(lambda match: secrets[f"{match[1]}.{match[2]}"].get_secret_value(), text)


def cards(text: str, secrets: Mapping[str, SecretStr], salt: str) -> str:
    """What a host keeps of the secrets in a text: `NAME:SALT:DIGEST`, by commas."""
    return ",".join(
        f"{name}:{salt}:{fingerprint(salt, secrets[name].get_secret_value())}"
        for name in names([text])
    )


@lru_cache(maxsize=1024)
def fingerprint(salt: str, value: str) -> str:
    """The secret's digest, slow to compute on purpose: some people's secrets can be guessed."""
    # One salt serves a whole run, so that a thousand hosts do not cost a thousand digests.
    return hashlib.scrypt(value.encode(), salt=bytes.fromhex(salt), **_SCRYPT).hex()
