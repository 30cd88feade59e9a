"""Whether a child process is alive, by the bytes that its event loop sends."""

import asyncio
import socket

LOOK_S = 1.0


class Pulse:
    """The signs of life of one process, as they come out of its socket.

    Time is counted in looks, not by a clock: while this process itself stood still, or the whole
    machine was suspended, nobody missed anything.
    """

    def __init__(self, beats: socket.socket, first_s: float, then_s: float) -> None:
        """`first_s` may pass until the first sign of life, `then_s` between later ones."""
        beats.setblocking(False)
        self._beats = beats
        self._then_s = then_s
        self.patience_s = first_s
        self.begun = False
        """Whether there has been a sign of life at all."""

    async def stopped(self) -> None:
        """Returns when the process has given no sign of life for too long."""
        quiet_s = 0.0
        while quiet_s < self.patience_s:
            look_s = min(LOOK_S, self.patience_s / 4)
            await asyncio.sleep(look_s)
            if self._has_beaten():
                quiet_s, self.patience_s, self.begun = 0.0, self._then_s, True
            else:
                quiet_s += look_s

    def _has_beaten(self) -> bool:
        """Empties the socket. An end of it is no sign of life; the process will be waited for."""
        try:
            return bool(self._beats.recv(4096))
        except OSError:
            return False
