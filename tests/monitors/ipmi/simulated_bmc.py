"""The project's own simulated BMC as the IPMI tests use it, and probes of it."""

from monitors.ipmi.connection import Connection
from monitors.ipmi.probe import IpmiProbe
from monitors.probe import Poll
from monitors.reading import Reading
from tests.monitors.ipmi.conftest import MakeProbe
from watchfloor.simulate.bmc import SimulatedBmc

NAME, PASSWORD = "monitor", "a-long-secret"
GET_RECORD, GET_READING = (0x0A, 0x23), (0x04, 0x2D)


def simulated(**settings: object) -> SimulatedBmc:
    chosen = {"user": NAME, "password": PASSWORD, **settings}
    return SimulatedBmc(**chosen)  # type: ignore[arg-type] # settings by name


def probing(make_probe: MakeProbe, bmc: SimulatedBmc, **settings: object) -> IpmiProbe:
    return make_probe(bmc.address[1], **{"user": NAME, "password": PASSWORD, **settings})


def named(poll: Poll) -> dict[str, Reading]:
    return {reading.name: reading for reading in poll.readings}


def connection_of(probe: IpmiProbe) -> Connection:
    return probe._connection
