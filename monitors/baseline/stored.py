"""What was read from one side of a device, as it is kept: raw texts that can be judged again."""

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from inventory.facts.collect import SECTION_LIMIT, HostFacts, Section
from monitors.baseline.catalogue import Subject
from monitors.baseline.configuration import ConfigurationFacts
from monitors.baseline.errors import EvidenceError
from monitors.baseline.plain import Plain, plain
from monitors.baseline.snmp_facts import SnmpFacts
from monitors.ipmi.audit_facts import BmcFacts

FORMAT: Final = 1


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = FORMAT
    device: Plain
    read_at: datetime


class StoredSection(BaseModel):
    """One area's text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Annotated[str, Field(max_length=4 * SECTION_LIMIT + 4)]
    """Octets that are no UTF-8 are written as `\\xNN`, four characters each."""
    exit_code: Annotated[int, Field(ge=0, le=255)]


class HostReading(_Stored):
    """A Linux host, area by area."""

    kind: Literal["host"] = "host"
    sections: Annotated[dict[str, StoredSection], Field(max_length=64)]

    @property
    def facts(self) -> HostFacts:
        """The same as they were read."""
        return HostFacts({name: Section(s.text, s.exit_code) for name, s in self.sections.items()})


class BmcReading(_Stored):
    """A server's management controller."""

    kind: Literal["bmc"] = "bmc"
    facts: BmcFacts


class SnmpReading(_Stored):
    """An SNMP agent, probed from outside."""

    kind: Literal["snmp"] = "snmp"
    facts: SnmpFacts


class ConfigurationReading(_Stored):
    """What was reported of a device's configuration."""

    kind: Literal["configuration"] = "configuration"
    facts: ConfigurationFacts


class FailedReading(_Stored):
    """Nothing could be read."""

    kind: Literal["failed"] = "failed"
    subject: Subject
    problem: Annotated[Plain, Field(min_length=1, max_length=2000)]


Reading = HostReading | BmcReading | SnmpReading | ConfigurationReading | FailedReading

_READING: TypeAdapter[Reading] = TypeAdapter(Annotated[Reading, Field(discriminator="kind")])


def subject_of(reading: Reading) -> Subject:
    """Which side of the device was read, or was meant to be."""
    return reading.subject if isinstance(reading, FailedReading) else reading.kind


def reading_from(value: object, where: str) -> Reading:
    """A reading out of stored JSON. Raises `EvidenceError`."""
    try:
        return _READING.validate_python(value)
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(map(str, problem["loc"]))
        raise EvidenceError(plain(f"{where}: {place}: {problem['msg']}")) from error
