"""Turns the answers of a BMC's sensors into readings."""

from collections.abc import Mapping
from math import isfinite

from monitors.ipmi.discrete import GENERIC_REDUNDANCY, judge, state_of_health
from monitors.ipmi.messages import NOT_PRESENT, OK, Request, Response
from monitors.ipmi.records import UNDECODABLE, SensorRecord, unit_word
from monitors.ipmi.repository import SENSOR_EVENT
from monitors.reading import UNITS, Reading, SensorClass, State

PROFILE = "ipmi"
_DIGITS = 9
"""Significant digits kept: the formulas of 8-bit readings leave 1.8199999999999998 volts."""
_SHORTEST_READING = 2
_FULL_READING = 4
_UNAVAILABLE = 0x20
_SCANNING = 0x40
_STATES = 0x7FFF


class UnreadableError(Exception):
    """A sensor answered with an error, or with what its own record does not allow."""


class SensorReader:
    """Reads one sensor's answers. The same answer gives the same reading without decoding."""

    __slots__ = ("_answer", "_reading", "record", "request")

    def __init__(self, record: SensorRecord) -> None:
        self.record = record
        self.request = record.request
        self._answer: Response | None = None
        self._reading: Reading | None = None

    def read(self, response: Response, factors: bytes = b"") -> Reading | None:
        """The reading; None where there is nothing to read. Raises UnreadableError."""
        if response == self._answer and not factors:
            return self._reading
        reading = self._decode(response, factors)
        self._answer, self._reading = response, reading
        return reading

    def factors_request(self, response: Response) -> Request | None:
        """For sensors with a formula per reading: what asks for it (Get Sensor Reading Factors)."""
        if not self.record.non_linear or response.code != OK or not _is_available(response.data):
            return None
        place = bytes((self.record.number, response.data[0]))
        return Request(SENSOR_EVENT, 0x23, place, self.record.lun)

    def _decode(self, response: Response, factors: bytes) -> Reading | None:
        if response.code == NOT_PRESENT:
            return self._absent() if self.record.measure is None else None
        if response.code != OK or len(response.data) < _SHORTEST_READING:
            raise UnreadableError(self.record.name)
        if not _is_available(response.data):
            return None
        data = response.data.ljust(_FULL_READING, b"\0")
        if self.record.measure is None:
            return self._discrete((data[2] | data[3] << 8) & _STATES)
        return self._analog(data, factors)

    def _analog(self, data: bytes, factors: bytes) -> Reading:
        record = self.record
        assert record.measure is not None
        try:
            if factors:  # pyghmi wants a formula before it asks for the one of this reading
                record.decoder.decode_formula(bytearray(factors[1:]))
            decoded = record.decoder.decode_sensor_reading(_Formula(factors), bytearray(data))
            value = float(f"{record.measure.in_base_unit(decoded.value):.{_DIGITS}g}")
            if not isfinite(value):
                raise UnreadableError(record.name)
        except UNDECODABLE as error:
            raise UnreadableError(record.name) from error
        return Reading(
            sensor_class=record.measure.sensor_class,
            name=record.name,
            value=value,
            unit=record.measure.unit,
            state=state_of_health(decoded.health),
            component=record.component,
            oid=record.place,
            profile=PROFILE,
            text=unit_word(record),
        )

    def _discrete(self, asserted: int) -> Reading | None:
        record = self.record
        judged = judge(record.reading_type, record.sensor_type, asserted, record.readable_states)
        if judged.present is False:
            return self._absent()
        return self._stated(asserted, judged.state, judged.text)

    def _absent(self) -> Reading | None:
        """A part that is not there; of a redundancy that is not stated, nothing is known."""
        if self.record.reading_type == GENERIC_REDUNDANCY:
            return None
        return self._stated(0, State.ABSENT, "absent")

    def _stated(self, asserted: int, state: State, text: str) -> Reading:
        """`value` is the mask of the asserted states, as the BMC gives it."""
        return Reading(
            sensor_class=SensorClass.STATE,
            name=self.record.name,
            value=float(asserted),
            unit=UNITS[SensorClass.STATE],
            state=state,
            component=self.record.component,
            oid=self.record.place,
            profile=PROFILE,
            text=text,
        )


class _Formula:
    """Answers the one question that pyghmi's decoder asks, with the factors read before."""

    def __init__(self, factors: bytes) -> None:
        self._factors = factors

    def raw_command(self, **_: object) -> Mapping[str, bytearray]:
        """The data of Get Sensor Reading Factors."""
        return {"data": bytearray(self._factors)}


def _is_available(data: bytes) -> bool:
    return len(data) >= _SHORTEST_READING and data[1] & (_UNAVAILABLE | _SCANNING) == _SCANNING
