"""Whether all members of a pair or stack say the same: one reading over all rows of a column."""

from dataclasses import dataclass

from monitors.profiles.compiled import CompiledSensor
from monitors.reading import UNITS, SensorClass, State
from monitors.readings import Measured, Sensor
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

    @property
    def source(self) -> Sensor:
        """What of its readings stays the same."""
        return Sensor(
            sensor_class=SensorClass.STATE,
            name=self.name,
            unit=UNITS[SensorClass.STATE],
            component=self.component,
            oid=oid_text(self.sensor.columns[0]),
            profile=self.profile,
        )

    @property
    def is_direct(self) -> bool:
        """Never: it is worked out of several values."""
        return False

    def measure(self, raw: tuple[bytes | None, ...]) -> Measured | None:
        """What follows from all rows; None where fewer than two members say something."""
        said = [text for text in (text_of(decode_or_none(tlv)) for tlv in raw) if text]
        if len(said) < FEWEST_MEMBERS:
            return None
        same = len(set(said)) == 1
        value, state = (_SAME, State.OK) if same else (_DIFFERENT, State.CRITICAL)
        return Measured(value, state, self.words[0 if same else 1])
