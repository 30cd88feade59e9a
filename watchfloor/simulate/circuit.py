"""The far end of a WAN circuit: echoes datagrams (RFC 862), with loss and jitter on the way."""

from __future__ import annotations

from dataclasses import dataclass

from watchfloor.simulate.udp_service import UdpFaults, UdpService


@dataclass(slots=True)
class CircuitFaults(UdpFaults):
    """How the circuit misbehaves."""

    lost: float = 0.0
    """The share of echoes that never come back; spread evenly, so that every run is the same."""
    jitter_s: float = 0.0
    """Every other echo takes so much longer."""


class SimulatedCircuit(UdpService):
    """One circuit."""

    faults: CircuitFaults

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__(host=host, port=port)
        self.faults = CircuitFaults()
        self._owed = 0.0

    def answer(self, packet: bytes) -> bytes | None:
        """The same octets, unless they are lost."""
        self._owed += self.faults.lost
        if self._owed >= 1:
            self._owed -= 1
            return None
        return packet

    def delay_s(self) -> float:
        """How long this echo takes."""
        return self.faults.delay_s + (self.faults.jitter_s if self.requests % 2 else 0.0)
