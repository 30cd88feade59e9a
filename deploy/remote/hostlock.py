"""One lock on each host, held by an open SSH channel: when the worker dies, the kernel lets it go.

A connection that was cut says nothing to the host, so the worker also sends a heartbeat, and the
host lets go when it misses some.

Whoever takes it brings a run to its end that was killed before its last areas were confirmed: their
dead-men would come in the middle of what is done now.

It lies in /run/watchfloor, which only root may write, rather than in /run/lock, where any user of
the host could put something in its place.
"""

import json
import re
import time
from contextlib import suppress
from typing import Any

import gevent
from paramiko import SSHException

from deploy.failure import HostFailure, Reason, last_words, one_line
from deploy.operations.journal import LAST, TRANSIENT, UNITS
from deploy.remote.session import Session

_HOLD = """\
umask 022
mkdir -p /run/watchfloor || exit 73
exec 9>>/run/watchfloor/lock
if ! flock -n 9; then printf 'taken '; cat /run/watchfloor/owner; exit 75; fi
read -r owner
read -r run
before=
[ ! -e {last} ] || read -r before <{last} || :
printf '%s\\n' "$owner" >/run/watchfloor/owner
printf '%s\\n' "$run" >{last}
cd {transient} 2>/dev/null && set -- {units}*.service || set -- ''
back=
if [ -e "$1" ]; then
  back=${{1%.service}}
  timeout {restoring} systemctl start --wait "$@" </dev/null >&2 9>&-
  if [ $? = 124 ]; then printf 'busy %s\\n' "$back"; rm -f /run/watchfloor/owner; exit 75; fi
  for unit; do systemctl stop "${{unit%.service}}.timer" >&2; done
fi
printf 'held by %s %s\\n' "${{before:-{nobody}}}" "$back"
while [ "$(timeout {patience} head -c 1)" = . ]; do :; done
rm -f /run/watchfloor/owner
"""
_HELD = re.compile(r"held by (\S+) ?(\S*)")
NOBODY = "nobody"
_ANSWER_LIMIT = 4096
HEARTBEAT_S = 4
PATIENCE_S = 20
RESTORING_S = 25
"""For dead-men of a killed run; below the patience with which the lock is asked for."""


class HostLock:
    """A lock that is held; `release` lets it go."""

    def __init__(self, channel: Any, held_before: str) -> None:
        self.held_before = held_before
        """The run that held it before; `NOBODY` since the host's start."""
        self._channel = channel
        self._heart = gevent.spawn(self._beat)

    @classmethod
    def take(
        cls, session: Session, *, is_root: bool, owner: str, run: str, timeout_s: float
    ) -> "HostLock":
        """Raises `HostFailure` that names the present owner when somebody else holds it.

        Also when a run was taken back meanwhile that had been killed: plans are from before that.
        """
        shell = "/bin/sh" if is_root else "sudo -n -H -- /bin/sh"
        try:
            channel = session.client.get_transport().open_session(timeout=timeout_s)
            channel.settimeout(timeout_s)
            channel.exec_command(f"exec {shell} -c '{_quoted(_hold())}'")
            channel.sendall(f"{card(owner, run)}\n{run}\n".encode())
            answer = _line(channel)
        except (OSError, EOFError, SSHException) as error:
            raise HostFailure(
                Reason.TIMEOUT, f"its lock did not answer within {timeout_s:g} s"
            ) from error
        if (held := _HELD.fullmatch(answer)) is None:
            channel.close()
            raise refusal(answer)
        if held[2]:
            channel.close()
            raise HostFailure(
                Reason.FACTS_CHANGED,
                f"what run {held[2].removeprefix(UNITS)} had left unconfirmed has been taken back"
                " just now; plan again",
            )
        return cls(channel, held[1])

    def release(self) -> None:
        """Ends the channel's stdin, which ends the holder."""
        self._heart.kill()
        self._channel.close()

    @property
    def is_lost(self) -> bool:
        """Whether the host has let go, so that somebody else may be at work there."""
        return bool(self._channel.closed or self._channel.exit_status_ready())

    def _beat(self) -> None:
        # A beat that cannot be sent shows as a lock that is lost.
        with suppress(OSError, EOFError, SSHException):
            while True:
                self._channel.sendall(b".")
                gevent.sleep(HEARTBEAT_S)


def _hold() -> str:
    return _HOLD.format(
        patience=PATIENCE_S,
        last=LAST,
        transient=TRANSIENT,
        units=UNITS,
        nobody=NOBODY,
        restoring=RESTORING_S,
    )


def card(owner: str, run: str) -> str:
    """What lies beside a held lock, on one line: who is at work, since when."""
    return json.dumps({"owner": owner, "run": run, "since": _now()})


def _line(channel: Any) -> str:
    text = b""
    while not text.endswith(b"\n") and len(text) < _ANSWER_LIMIT and (more := channel.recv(512)):
        text += more
    if not text:
        text = channel.recv_stderr(512)
    return text.decode(errors="replace").strip()


def refusal(answer: str) -> HostFailure:
    """What the holder's answer means when it is not `held`."""
    if answer.startswith("busy"):
        run = answer.removeprefix("busy").strip().removeprefix(UNITS)
        return HostFailure(
            Reason.LOCKED,
            f"what run {one_line(run, 80)} had left unconfirmed is still being taken back; try"
            " again later",
        )
    if not answer.startswith("taken"):
        return HostFailure(Reason.FAILED, f"its lock cannot be taken: {last_words(answer)}")
    try:
        found = json.loads(answer.removeprefix("taken"))
        owner, run, since = (one_line(str(found[key]), 80) for key in ("owner", "run", "since"))
    except (ValueError, KeyError, TypeError):
        return HostFailure(Reason.LOCKED, "another apply is at work on it; try again later")
    return HostFailure(
        Reason.LOCKED, f"{owner} is at work on it since {since} (run {run}); try again later"
    )


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())


def _quoted(text: str) -> str:
    return text.replace("'", "'\\''")
