"""A conversation with a device's command line: a command, and its answer up to the next prompt.

The device is not trusted to end: each answer has a deadline and a size.
"""

import re
import time
from codecs import getincrementaldecoder
from contextlib import suppress

from paramiko import Channel, SSHException

from deploy.failure import HostFailure, Reason

MOST = 16 * 1024**2
"""Octets of one answer: the largest configurations have a few million."""
QUIET_S = 1.0
"""A prompt with another name is believed when nothing follows it for so long."""
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[=>]|\r(?=\n)|[\x00\x07]")
_MODE = r"(?: ?\([^()\r\n]{0,80}\)){0,2} ?[#>] ?\Z"
_ANY_PROMPT = re.compile(rf"(?:\A|[\r\n])(\S{{1,80}}?){_MODE}")
_QUESTIONS = (
    (re.compile(r"\[confirm\] ?\Z"), "\n"),
    (re.compile(r"\(y(?:es)?/n(?:o)?\)\??(?: ?\[\w*\])?:? ?\Z", re.IGNORECASE), "y\n"),
)
"""What devices ask before they do what was approved in the plan, and the yes to it."""
_MOST_QUESTIONS = 3


class CommandLine:
    """One open shell whose prompt begins with `name`."""

    def __init__(self, channel: Channel, name: str) -> None:
        self._channel = channel
        self._name = name
        self.is_lost = False
        """Whether it once did not answer: what it says after that belongs to nothing."""

    def ask(self, command: str, timeout_s: float) -> str:
        """The answer without echo and prompt, its lines ended by line feeds.

        Raises `HostFailure`, which says nothing of the command.
        """
        if self.is_lost:
            raise HostFailure(Reason.CONNECTION_LOST, "the session was lost before")
        try:
            return self._answer(command, time.monotonic() + timeout_s)
        except (OSError, EOFError, SSHException) as error:
            self.is_lost = True
            timed_out = isinstance(error, TimeoutError)
            reason = Reason.TIMEOUT if timed_out else Reason.CONNECTION_LOST
            what = f"no prompt within {timeout_s:g} s" if timed_out else "it ended the session"
            raise HostFailure(reason, what) from error

    def close(self) -> None:
        """Ends it; safe to call twice."""
        with suppress(OSError, EOFError, SSHException):
            self._channel.close()

    def _answer(self, command: str, deadline: float) -> str:
        while self._channel.recv_ready():  # log lines since the last answer
            self._channel.recv(65536)
        self._channel.settimeout(max(0.01, deadline - time.monotonic()))
        self._channel.sendall(f"{command}\n".encode())
        echoed = command.count("\n") + 1
        # A character may come in two parts.
        decoder = getincrementaldecoder("utf-8")("replace")
        text, questions = "", 0
        while not self._is_whole(text, echoed):
            more = _CONTROL.sub("", decoder.decode(self._more(text, echoed, deadline)))
            text += more
            yes = next((yes for asked, yes in _QUESTIONS if asked.search(text[-400:])), "")
            if yes and more and questions < _MOST_QUESTIONS:
                questions += 1
                self._channel.sendall(yes.encode())
        lines = text.split("\n")
        return "".join(f"{line.rstrip()}\n" for line in lines[echoed:-1])

    def _more(self, text: str, echoed: int, deadline: float) -> bytes:
        if len(text) > MOST:
            raise EOFError("more than any answer has")
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._channel.settimeout(min(left, QUIET_S))
        try:
            more = self._channel.recv(65536)
        except TimeoutError:
            self._learn(text, echoed)
            return b""
        if not more:
            raise EOFError
        return more

    def _is_whole(self, text: str, echoed: int) -> bool:
        # Only the end is looked at: a long answer is not searched again and again.
        last = text[-400:]
        prompt = rf"(?:\A|[\r\n]){re.escape(self._name)}[\w.-]*{_MODE}"
        return text.count("\n") >= echoed and re.search(prompt, last) is not None

    def _learn(self, text: str, echoed: int) -> None:
        """Its own name may just have been changed."""
        found = _ANY_PROMPT.search(text[-400:])
        if found and text.count("\n") >= echoed:
            # IOS shortens its name in some modes.
            self._name = found[1][:16]
