"""Whether all members of a pair or stack say the same: one reading over all rows of a column."""

from dataclasses import dataclass, field

from monitors.profiles.compiled import CompiledSensor
from monitors.reading import UNITS, Reading, SensorClass, State
from monitors.snmp.oid import oid_text
from monitors.snmp.values import decode_or_none, text_of

FEWEST_MEMBERS = 2
_SAME, _DIFFERENT = 1, 2


@dataclass(slots=True)
class AgreementSlot:
    """Compares what several rows say; fits beside `Slot` in a layout."""

    inputs: tuple[bytes, ...]
    """OIDs (content bytes) of the rows that are compared."""
    sensor: CompiledSensor
    words: tuple[str, str]
    """What to say when all are the same, and when they are not."""
    name: str
    component: str
    profile: str
    sensor_class: SensorClass = SensorClass.STATE
    _raw: tuple[bytes | None, ...] | None = field(default=None, init=False)
    _reading: Reading | None = field(default=None, init=False)

    def read(self, raw: tuple[bytes | None, ...]) -> Reading | None:
        """The reading; None where fewer than two members say something."""
        if raw != self._raw:
            self._reading = self._make(raw)
            self._raw = raw
        return self._reading

    def _make(self, raw: tuple[bytes | None, ...]) -> Reading | None:
        said = [text for text in (text_of(decode_or_none(tlv)) for tlv in raw) if text]
        if len(said) < FEWEST_MEMBERS:
            return None
        same = len(set(said)) == 1
        return Reading(
            sensor_class=SensorClass.STATE,
            name=self.name,
            value=_SAME if same else _DIFFERENT,
            unit=UNITS[SensorClass.STATE],
            state=State.OK if same else State.CRITICAL,
            component=self.component,
            oid=oid_text(self.sensor.columns[0]),
            profile=self.profile,
            text=self.words[0 if same else 1],
        )
