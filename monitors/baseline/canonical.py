"""One spelling for each JSON value, so that a hash speaks for the value and not for its layout."""

import hashlib
import json
from typing import Any, NoReturn

from monitors.baseline.errors import EvidenceError

GENESIS = "0" * 64
"""What the first record of a chain names as its predecessor."""


def canonical(value: Any) -> bytes:
    """JSON in ASCII: sorted keys, no spaces, no NaN."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )
    return text.encode("ascii")


def digest(content: bytes) -> str:
    """SHA-256, 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def strict_load(content: bytes, where: str) -> Any:
    """The value of canonical JSON. Raises `EvidenceError` for any other spelling of it."""
    try:
        value = json.loads(content, parse_constant=_refuse_constant)
        if canonical(value) == content:
            return value
    except (ValueError, RecursionError) as error:
        raise EvidenceError(f"{where}: is no intact JSON: {type(error).__name__}") from error
    raise EvidenceError(f"{where}: was changed: it is not spelled as it was written")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
