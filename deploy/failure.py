"""Why a host or an area failed: a short list of reasons, and one line with the remedy. Pure."""

import re
from enum import StrEnum


class Reason(StrEnum):
    """What sort of failure it was; records and JSON carry it."""

    UNREACHABLE = "unreachable"
    PORT_CLOSED = "port-closed"
    NOT_SSH = "not-ssh"
    HOST_KEY_UNKNOWN = "host-key-unknown"
    HOST_KEY_WRONG = "host-key-wrong"
    KEY_REFUSED = "key-refused"
    KEY_FILE = "key-file"
    SUDO_REFUSED = "sudo-refused"
    DISK_FULL = "disk-full"
    READ_ONLY = "read-only"
    TIMEOUT = "timeout"
    CONNECTION_LOST = "connection-lost"
    OS_UNKNOWN = "os-unknown"
    LOCKED = "locked"
    FACTS_CHANGED = "facts-changed"
    FACTS_UNREADABLE = "facts-unreadable"
    REFUSED = "refused"
    LOCKED_OUT = "locked-out"
    CREDENTIAL = "credential"
    GATE = "gate"
    DEPENDENCY = "dependency"
    NOT_PROVEN = "not-proven"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERNAL = "internal"


class HostFailure(Exception):  # noqa: N818 - it is a result that travels, not a bug
    """A failure on one host. `str()` is one line without the host's name."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(one_line(message))
        self.reason = reason


_REMEDIES: dict[Reason, str] = {
    Reason.UNREACHABLE: "no answer; check power, cable and the firewalls on the way",
    Reason.PORT_CLOSED: "the host answers, but nothing listens on that port; is sshd running?",
    Reason.NOT_SSH: "what answers there does not speak SSH; is the address right?",
    Reason.HOST_KEY_UNKNOWN: "its host key is not on record; run `watchfloor enroll` first",
    Reason.HOST_KEY_WRONG: (
        "its host key is not the one on record; if the host was reinstalled, compare the"
        " fingerprint at its console and enroll it again"
    ),
    Reason.KEY_REFUSED: (
        "the host refuses the key; is the account there, and the key in its authorized_keys?"
    ),
    Reason.CONNECTION_LOST: "the connection broke off; the host may be rebooting",
}


def connect_failure(error: BaseException | None, place: str) -> HostFailure:
    """What a failed login means. `error` is paramiko's or the socket's own exception."""
    reason = _connect_reason(error)
    remedy = _REMEDIES.get(reason, f"SSH failed: {error}")
    return HostFailure(reason, f"{place}: {remedy}")


def _connect_reason(error: BaseException | None) -> Reason:
    name, text = type(error).__name__, str(error)
    inner = getattr(error, "errors", None)
    causes = list(inner.values()) if isinstance(inner, dict) else [error]
    if name == "BadHostKeyException":
        return Reason.HOST_KEY_WRONG
    if "No host key for" in text or "not found in known_hosts" in text:
        return Reason.HOST_KEY_UNKNOWN
    if "Authentication" in name or "Authentication" in text:
        return Reason.KEY_REFUSED
    if re.search(r"protocol (banner|version)", text) or name == "IncompatiblePeer":
        return Reason.NOT_SSH
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return Reason.PORT_CLOSED
    if any(isinstance(cause, OSError) for cause in causes):
        return Reason.UNREACHABLE
    return Reason.CONNECTION_LOST if name == "EOFError" else Reason.FAILED


def command_failure(
    status: int | None, stderr: str, timeout_s: float, *, alive: bool
) -> HostFailure:
    """What a failed command means. `status` is None when it never said how it ended."""
    if status is None and not alive:
        return HostFailure(Reason.CONNECTION_LOST, _REMEDIES[Reason.CONNECTION_LOST])
    if status is None:
        return HostFailure(
            Reason.TIMEOUT, f"no end after {timeout_s:g} s; the host may be overloaded or hang"
        )
    if re.search(r"No space left on device|Disk quota exceeded", stderr):
        where = _path_in(stderr)
        return HostFailure(Reason.DISK_FULL, f"its disk is full{where}; make room and apply again")
    if "Read-only file system" in stderr:
        return HostFailure(
            Reason.READ_ONLY, f"its disk is read-only{_path_in(stderr)}; check it for errors"
        )
    if match := re.search(r"^sudo: (.*)$", stderr, re.MULTILINE):
        return sudo_failure(match[1])
    return HostFailure(Reason.FAILED, last_words(stderr) or f"a command ended with status {status}")


def sudo_failure(said: str) -> HostFailure:
    """sudo did not let us become root."""
    if "password is required" in said or "authentication is required" in said:
        return HostFailure(
            Reason.SUDO_REFUSED,
            "sudo asks for a password; the deploying account needs `sudo: nopasswd`",
        )
    return HostFailure(
        Reason.SUDO_REFUSED,
        f"sudo refuses ({last_words(said)}); the deploying account needs `sudo: nopasswd`",
    )


def last_words(text: str) -> str:
    """Our own complaint if there is one, else the last line that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    ours = next((n for n, line in enumerate(lines) if line.startswith("watchfloor: ")), None)
    if ours is not None:
        return one_line(" ".join(lines[ours:])).removeprefix("watchfloor: ")
    return one_line(lines[-1]) if lines else ""


def one_line(text: str, most: int = 400) -> str:
    """At most `most` characters, without line breaks or anything that drives a terminal."""
    plain = re.sub(r"\s+", " ", text)
    plain = "".join(sign if sign.isprintable() else "?" for sign in plain).strip()
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def _path_in(stderr: str) -> str:
    match = re.search(r"(/[\w./-]{1,120})", stderr)
    return f" ({match[1]})" if match else ""
