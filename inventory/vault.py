"""A thin client of Vault's key-value store: one read, no redirects, bounded."""

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

from inventory.errors import WatchfloorError

TIMEOUT_S = 5
LONGEST = 1024 * 1024


class VaultError(WatchfloorError):
    """The vault is not configured, not reachable, or does not hold the key."""


def read_vault(path: str, key: str, environment: Mapping[str, str]) -> str:
    """The value of `key` at `path` (`secret/data/riverside`), as VAULT_ADDR and VAULT_TOKEN allow.

    Reads both versions of the key-value engine. Raises `VaultError`.
    """
    address, token = environment.get("VAULT_ADDR", ""), environment.get("VAULT_TOKEN", "")
    if not address or not token:
        raise VaultError(f"vault:{path} is not configured: set VAULT_ADDR and VAULT_TOKEN")
    where = f"vault:{path}#{key}"
    document = _get(_connection(address), path, token, where)
    data = document.get("data")
    if isinstance(data, dict) and isinstance(data.get("data"), dict):  # version 2 wraps once more
        data = data["data"]
    value = data.get(key) if isinstance(data, dict) else None
    if not isinstance(value, str):
        raise VaultError(f"{where} holds no such key: check the path and the key")
    return value


def _connection(address: str) -> HTTPConnection:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if parts.scheme == "https" and host:
        return HTTPSConnection(host, port, timeout=TIMEOUT_S)
    if parts.scheme == "http" and _is_loopback(host):
        return HTTPConnection(host, port, timeout=TIMEOUT_S)
    raise VaultError("VAULT_ADDR must be https://host[:port]: a token does not travel in the clear")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _get(connection: HTTPConnection, path: str, token: str, where: str) -> dict[str, object]:
    try:
        connection.request("GET", f"/v1/{quote(path)}", headers={"X-Vault-Token": token})
        with connection.getresponse() as response:
            document = json.loads(_body(response, where))
    except (OSError, HTTPException, ValueError) as error:
        # Without the error's own text: it may repeat the header that holds the token.
        raise VaultError(
            f"{where} cannot be read: {type(error).__name__}; check VAULT_ADDR"
        ) from None
    finally:
        connection.close()
    if not isinstance(document, dict):
        raise VaultError(f"{where}: the answer is not Vault's; check VAULT_ADDR")
    return document


def _body(response: HTTPResponse, where: str) -> bytes:
    body = response.read(LONGEST + 1)
    if response.status != 200:
        remedy = {403: "the token may not read it", 404: "nothing is there"}
        reason = remedy.get(response.status, "check VAULT_ADDR")
        raise VaultError(f"{where}: answer {response.status}; {reason}")
    if len(body) > LONGEST:
        raise VaultError(f"{where}: the answer is too long")
    return body
