"""Secrets: references resolved at the last moment, only for one's own purposes, and never shown."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hmac import compare_digest
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

from inventory.model import Credential, Purpose
from inventory.secret_sources import SecretError, key_path, read_secret

__all__ = ["PurposeError", "Redactor", "ResolvedCredential", "SecretError", "SecretText", "Secrets"]

MASK = "***"
SHORTEST_SCRUBBED = 3
"""Shorter values are not scrubbed from text: masking every "a" would hide nothing and ruin all."""


class PurposeError(SecretError):
    """A process asked for a credential that is not meant for it."""


class SecretText:
    """A secret that shows itself to `reveal()` only: not to print, repr, format, JSON or pickle."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself. Keep it out of variables that outlive the call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return f"SecretText({MASK})"

    def __str__(self) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SecretText):
            return NotImplemented
        return compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((SecretText, self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is never pickled: pass its reference instead")


@dataclass(frozen=True, slots=True)
class ResolvedCredential:
    """A credential with its secrets at hand, for the moment of logging in."""

    name: str
    protocol: str
    user: str
    secret: SecretText
    privacy_secret: SecretText
    """SNMPv3's privacy passphrase; empty for other protocols."""
    authentication: str
    privacy: str
    key_file: Path | None = None
    """SSH: the private key's file, which OpenSSH wants to read itself; `secret` is empty then."""


class Redactor:
    """Takes known secrets out of text, in the spellings that logs and JSON give them."""

    def __init__(self) -> None:
        self._spellings: set[str] = set()

    def add(self, secret: SecretText) -> None:
        """Scrubs this value from now on, and each line of one that has several."""
        for value in {secret.reveal(), *secret.reveal().splitlines()}:
            if len(value) >= SHORTEST_SCRUBBED:
                self._spellings |= {value, json.dumps(value)[1:-1], repr(value)[1:-1], quote(value)}

    def scrub(self, text: str) -> str:
        """The text with every known secret masked, the longest first."""
        for spelling in sorted(self._spellings, key=len, reverse=True):
            text = text.replace(spelling, MASK)
        return text


class Secrets:
    """Resolves the credentials of some purposes; `redactor` knows everything it has resolved."""

    def __init__(
        self,
        purposes: Iterable[Purpose],
        folder: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`folder` is the center's: relative `file:` and `age:` references start there."""
        self.purposes = frozenset(purposes)
        self.redactor = Redactor()
        self.folder = folder
        """Where relative references start."""
        self._environment = os.environ if environment is None else environment

    def resolve(self, credential: Credential) -> ResolvedCredential:
        """Raises `PurposeError` for another purpose, `SecretError` for a secret not at hand."""
        if credential.purpose not in self.purposes:
            mine = ", ".join(sorted(self.purposes)) or "none"
            raise PurposeError(
                f'credential "{credential.name}" is for {credential.purpose}, and this process may '
                f"use {mine}: name a credential that fits, or run the command that has that purpose"
            )
        key_file = self._key_file(credential)
        return ResolvedCredential(
            name=credential.name,
            protocol=credential.protocol,
            user=credential.user,
            secret=SecretText("") if key_file else self._read(credential, credential.secret),
            privacy_secret=self._read(credential, credential.privacy_secret),
            authentication=credential.authentication,
            privacy=credential.privacy,
            key_file=key_file,
        )

    def _key_file(self, credential: Credential) -> Path | None:
        if credential.protocol != "ssh":
            return None
        return key_path(credential.name, credential.secret, self.folder, self._environment)

    def _read(self, credential: Credential, reference: str) -> SecretText:
        if not reference:
            return SecretText("")
        value = read_secret(credential.name, reference, self.folder, self._environment)
        secret = SecretText(value)
        self.redactor.add(secret)
        return secret
