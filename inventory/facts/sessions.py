"""Who sits at a host now: logind's sessions on its own screens, not those over the network."""

from collections.abc import Mapping
from dataclasses import dataclass

from inventory.facts.area import tagged

SCRIPT = """\
command -v loginctl >/dev/null || { echo no | tag logind; exit 0; }
systemctl --quiet is-active systemd-logind && echo yes | tag logind || echo no | tag logind
loginctl list-sessions --no-legend 2>/dev/null | head -n 200 | while read -r id rest; do
  loginctl show-session "$id" -p Name -p Seat -p Class -p Active -p Remote -p State -p Type \\
    2>/dev/null | tr '\\n' ' ' | sed -e "s/^/session	$id /" -e '$a\\'
done
"""

_PEOPLE = frozenset({"user", "user-early", "lock-screen"})
"""Classes of sessions with a person in front (sd-login, `Class=`); a greeter waits for one."""


@dataclass(frozen=True, slots=True)
class LoginSession:
    """One session as logind knows it."""

    id: str
    user: str
    seat: str
    """Empty for one without screen and keyboard."""
    kind: str
    """`user`, `greeter`, `background` … (its Class)."""
    is_active: bool
    """In the foreground of its seat."""
    is_remote: bool

    @property
    def is_staffed(self) -> bool:
        """Whether somebody works at the host's own screens."""
        return bool(self.seat) and self.is_active and not self.is_remote and self.kind in _PEOPLE


@dataclass(frozen=True, slots=True)
class SessionsFacts:
    """All sessions of a host."""

    is_known: bool
    """False when logind does not run there: then nobody can say who sits there."""
    sessions: tuple[LoginSession, ...]

    @property
    def staff(self) -> tuple[LoginSession, ...]:
        """The sessions with a person in front."""
        return tuple(session for session in self.sessions if session.is_staffed)


def parse(text: str) -> SessionsFacts:
    """Raises `FactError` when the host said nothing about logind."""
    parts = tagged(text, "logind")
    return SessionsFacts(
        is_known=parts["logind"] == ("yes",),
        sessions=tuple(_session(line) for line in parts.get("session", ())),
    )


def _session(line: str) -> LoginSession:
    identifier, *pairs = line.split()
    said: Mapping[str, str] = dict(pair.partition("=")[::2] for pair in pairs)
    return LoginSession(
        id=identifier,
        user=said.get("Name", ""),
        seat=said.get("Seat", ""),
        kind=said.get("Class", ""),
        is_active=said.get("Active") == "yes",
        is_remote=said.get("Remote") == "yes",
    )
