"""The receiver as an SNMP engine: the id and the clock that senders of informs seal to.

RFC 3414 section 2.2: boots must never go back, so they are kept on the disk.
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inventory.errors import WatchfloorError
from inventory.whole_file import write_whole

FILE = "receiver-engine.json"
LAST_BOOTS = 2**31 - 1
LARGEST_FILE = 4096
_FORMAT_OCTETS = 5
_NO_ENTERPRISE = 0x80000000
"""RFC 3411, SnmpEngineID: the first bit says that a format follows. There is no number of ours."""


class OwnEngineError(WatchfloorError):
    """The engine's id cannot be read or written."""


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    engine_id: Annotated[str, Field(pattern=r"^[0-9a-f]{10,64}$")]
    boots: Annotated[int, Field(ge=0, lt=LAST_BOOTS)]


@dataclass(frozen=True, slots=True)
class OwnEngine:
    """Our engine since this start."""

    engine_id: bytes
    boots: int
    started: float
    clock: Callable[[], float]

    @property
    def time_s(self) -> int:
        """snmpEngineTime: seconds since this start."""
        return int(self.clock() - self.started)


def start_engine(state: Path, clock: Callable[[], float]) -> OwnEngine:
    """Counts one more start. Raises `OwnEngineError` when the state folder refuses."""
    path = state / FILE
    try:
        kept = _read(path)
        boots = kept.boots + 1
        write_whole(path, kept.model_copy(update={"boots": boots}).model_dump_json())
    except OSError as error:
        raise OwnEngineError(f"{path}: {error.strerror}; check the folder's owner") from error
    except (ValidationError, ValueError) as error:
        raise OwnEngineError(
            f"{path}: is damaged; remove it, and restart what sends SNMPv3 informs"
        ) from error
    return OwnEngine(bytes.fromhex(kept.engine_id), boots, clock(), clock)


def _read(path: Path) -> _Kept:
    try:
        text = path.read_bytes()[:LARGEST_FILE]
    except FileNotFoundError:
        number = _NO_ENTERPRISE.to_bytes(4) + bytes((_FORMAT_OCTETS,)) + secrets.token_bytes(12)
        return _Kept(engine_id=number.hex(), boots=0)
    return _Kept.model_validate(json.loads(text))
