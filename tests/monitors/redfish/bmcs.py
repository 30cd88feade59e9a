"""Probes of simulated BMCs, and how their readings are looked up."""

from pydantic import SecretStr

from monitors.net.trust import Trust
from monitors.probe import Poll
from monitors.reading import Reading, SensorClass, State, worst
from monitors.redfish.probe import RedfishProbe
from monitors.redfish.target import RedfishTarget
from tests.certificates import Signed
from watchfloor.simulate.redfish import SimulatedRedfish

USER, PASSWORD = "wf-monitor", "bmc-secret"
SHAPES = ("idrac", "ilo", "openbmc")
MADE: list[RedfishProbe] = []
"""Every probe of the running test; closed at its end."""


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def bmc(shape: str, signed: Signed, **how: object) -> SimulatedRedfish:
    settings: dict[str, object] = {"user": USER, "password": PASSWORD, **how}
    return SimulatedRedfish(shape, tls=signed.server(), **settings)  # type: ignore[arg-type] # settings by name


def probe_of(
    simulated: SimulatedRedfish,
    signed: Signed | None,
    *,
    trust: Trust | None = None,
    password: str = PASSWORD,
    clock: Clock | None = None,
    **how: object,
) -> RedfishProbe:
    host, port = simulated.address
    settings: dict[str, object] = {"timeout_s": 1.0, "deadline_s": 10.0, **how}
    target = RedfishTarget(
        device="srv-1",
        host=host,
        port=port,
        user=USER,
        password=SecretStr(password),
        trust=trust or Trust(sha256=signed.sha256 if signed else ""),
        **settings,  # type: ignore[arg-type] # settings by name
    )
    probe = RedfishProbe(target, clock or Clock())
    MADE.append(probe)
    return probe


def states(poll: Poll) -> dict[str, State]:
    """Component to the worst of its stated states."""
    found: dict[str, State] = {}
    for reading in poll.readings:
        if reading.sensor_class is SensorClass.STATE:
            found[reading.component] = worst(
                found.get(reading.component, State.ABSENT), reading.state
            )
    return found


def bad(poll: Poll) -> dict[str, State]:
    """The components that are stated to be other than ok or absent."""
    well = (State.OK, State.ABSENT)
    return {component: state for component, state in states(poll).items() if state not in well}


def of(poll: Poll, sensor_class: SensorClass) -> dict[str, Reading]:
    """Name to reading, of one class."""
    return {
        reading.name: reading for reading in poll.readings if reading.sensor_class is sensor_class
    }
