"""Talking to the guest agent inside a virtual machine: a way in that owes nothing to its network.

The agent's protocol (QEMU Guest Agent Protocol Reference) is one JSON object a line each way.
"""

import base64
import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.command import Finished
from tests.lab.errors import LabError
from tests.wait import until

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ANSWER_S = 30


@dataclass(frozen=True, slots=True)
class GuestAgent:
    """The agent behind a virtual serial port, which the emulator shows as a Unix socket."""

    channel: Path

    def answers(self, timeout_s: float = 1) -> bool:
        """True when the agent is there."""
        try:
            self._ask("guest-ping", timeout_s)
        except (OSError, LabError):
            return False
        return True

    def attempt(
        self, argv: Sequence[str | Path], *, stdin: str = "", timeout_s: float = 60
    ) -> Finished:
        """Runs `argv` as root in the guest, whatever its exit code."""
        words = tuple(str(word) for word in argv)
        arguments = {
            "path": "/usr/bin/env",
            "arg": ["-i", f"PATH={PATH}", "HOME=/root", "LANG=C.UTF-8", *words],
            "input-data": base64.b64encode(stdin.encode()).decode(),
            "capture-output": True,
        }
        pid = self._ask("guest-exec", ANSWER_S, arguments)["pid"]
        ended = until(lambda: self._ended(pid), timeout_s, f"{' '.join(words)} to end")
        return Finished(
            words,
            ended.get("exitcode", 128 + ended.get("signal", 0)),
            _text(ended.get("out-data", "")),
            _text(ended.get("err-data", "")),
        )

    def _ended(self, pid: int) -> dict[str, Any]:
        """How the process ended; empty while it has not."""
        status: dict[str, Any] = self._ask("guest-exec-status", ANSWER_S, {"pid": pid})
        return status if status["exited"] else {}

    def _ask(self, command: str, timeout_s: float, arguments: dict[str, Any] | None = None) -> Any:
        """The `return` of one command. Raises LabError when the agent refuses it."""
        question: dict[str, Any] = {"execute": command}
        if arguments:
            question["arguments"] = arguments
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout_s)
            connection.connect(str(self.channel))
            # What an earlier, broken conversation left in the channel must not be the answer.
            mark = id(connection)
            sync = {"execute": "guest-sync", "arguments": {"id": mark}}
            connection.sendall(b"\n".join(json.dumps(one).encode() for one in (sync, question)))
            connection.sendall(b"\n")
            lines = connection.makefile("rb")
            while json.loads(_line(lines.readline())).get("return") != mark:
                pass
            answer = json.loads(_line(lines.readline()))
        if "error" in answer:
            raise LabError(f"the guest agent refuses {command}: {answer['error'].get('desc')}")
        return answer["return"]


def _line(line: bytes) -> bytes:
    if not line:
        raise LabError("the guest agent's channel is closed")
    return line


def _text(encoded: str) -> str:
    return base64.b64decode(encoded).decode(errors="replace")
