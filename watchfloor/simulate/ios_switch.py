"""A simulated IOS switch behind its SSH port: its modes, prompts and answers.

Changes that are entered with a revert timer go back by themselves unless they are confirmed, as
"Configuration Rollback Confirmed Change" (Cisco IOS configuration management guide) says.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from watchfloor.simulate.ios_config import (
    INVALID,
    LineError,
    Section,
    enter,
    known,
    printed,
    snmp_users,
)

_MODES = MappingProxyType(
    {
        "config": "config",
        "interface": "config-if",
        "vlan": "config-vlan",
        "line": "config-line",
        "acl": "config-std-nacl",
        "archive": "config-archive",
        "archive-log": "config-archive-log-cfg",
    }
)
_REVERT = re.compile(r"configure terminal revert timer (\d{1,3})")
_ASKS_USER = (
    "This operation will remove all username related configurations with same name."
    "Do you want to continue? [confirm]"
)


@dataclass(slots=True)
class Switch:
    """Its configurations. Threads of its sessions share it."""

    running: Section
    management: str
    """The interface that it is reached by: shut, nobody does."""
    address: str
    """What that interface has to have."""
    minute_s: float = 60.0
    """A test's minutes are shorter."""
    startup: str = ""
    sent: list[str] = field(default_factory=list)
    """What came in."""
    _before: Section | None = None
    _timer: threading.Timer | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @classmethod
    def configured(cls, text: str, management: str, address: str, minute_s: float) -> Switch:
        """A switch that has been given these lines. Raises `LineError`."""
        switch = cls(Section("config"), management, address, minute_s)
        shell = Shell(switch)
        shell.answer("configure terminal")
        for line in text.splitlines():
            answer = shell.answer(line)
            if answer:
                raise LineError(f"{line}: {answer}")
        switch.startup = printed(switch.running)
        return switch

    @property
    def is_reachable(self) -> bool:
        with self._lock:
            own = self.running.sections.get(f"interface {self.management}")
            if own is None or "shutdown" in own.lines:
                return False
            return own.lines.get("ip address", "").startswith(f"ip address {self.address} ")

    @property
    def hostname(self) -> str:
        return self.running.lines.get("hostname", "hostname Switch").partition(" ")[2]

    def take(self, places: list[Section], line: str) -> list[Section]:
        """One line of configuration. Raises `LineError`."""
        with self._lock:
            return enter(places, line)

    def try_for(self, minutes: int) -> None:
        """Goes back to what it is now unless it is confirmed in time. Raises `LineError`."""
        with self._lock:
            if "path" not in self.running.sections.get("archive", Section("archive")).lines:
                raise LineError("%Error: no archive path is configured")
            self._before = self.running.copy()
            self._timer = threading.Timer(minutes * self.minute_s, self.revert)
            self._timer.daemon = True
            self._timer.start()

    def confirm(self) -> bool:
        """Keeps what was tried; False when nothing was."""
        with self._lock:
            if self._timer is None:
                return False
            self._timer.cancel()
            self._timer = self._before = None
            return True

    def revert(self) -> bool:
        """Goes back at once; False when nothing was tried."""
        with self._lock:
            before = self._before
            if not self.confirm() or before is None:
                return False
            self.running = before
            return True

    def save(self) -> None:
        with self._lock:
            self.startup = printed(self.running)


class Shell:
    """One session of somebody with privilege 15."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._places: list[list[Section]] = []
        self._banner: list[str] = []
        self._asked = ""
        self.is_over = False

    @property
    def prompt(self) -> str:
        """Empty while it waits for the rest of a banner or for a yes."""
        if self._banner or self._asked:
            return ""
        name = self._switch.hostname
        if not self._places:
            return f"{name}#"
        # The names of modes shorten the host's.
        return f"{name[:20]}({_MODES[self._places[-1][0].mode]})#"

    def answer(self, line: str) -> str:
        """What it says to a line, without the prompt that follows."""
        self._switch.sent.append(line)
        try:
            if self._asked:
                return self._answered()
            return self._configure(line) if self._places else self._execute(line.strip())
        except LineError as error:
            where = " " * (len(self.prompt) + len(line) - len(line.lstrip()))
            marked = f"{where}^\n" if str(error) == INVALID else ""
            return f"{marked}{error}\n"

    def _answered(self) -> str:
        line, self._asked = self._asked, ""
        self._places[-1] = self._switch.take(self._places[-1], line)
        return ""

    def _configure(self, line: str) -> str:
        if self._banner or line.startswith("banner "):
            self._banner.append(line)
            if len(self._banner) == 1 or "^C" not in line:
                return ""
            whole, self._banner = "\n".join(self._banner), []
            self._switch.take(self._places[0], whole)
            return ""
        text = " ".join(line.split())
        if text in {"end", "exit"}:
            self._places = [] if text == "end" else self._places[:-1]
        elif text.startswith("no username "):
            self._asked = text
            return _ASKS_USER
        elif text and not text.startswith("!"):
            self._take(text)
        return ""

    def _take(self, text: str) -> None:
        """A line that this mode does not know may belong to one further up."""
        for depth in range(len(self._places), 0, -1):
            places = self._places[depth - 1]
            if depth > 1 and not _is_known(places[0].mode, text):
                continue
            found = self._switch.take(places, text)
            self._places = (
                self._places[:depth] if found is places else [*self._places[:depth], found]
            )
            return

    def _execute(self, line: str) -> str:
        if not line or re.fullmatch(r"terminal (?:length|width) \d{1,3}", line):
            return ""
        if line == "configure terminal" or (found := _REVERT.fullmatch(line)):
            if line != "configure terminal" and found:
                self._switch.try_for(int(found[1]))
            self._places = [[self._switch.running]]
            return "" if line == "configure terminal" else "Rollback Confirmed Change: backed up.\n"
        if line == "exit":
            self.is_over = True
            return ""
        if line not in _SHOWS:
            raise LineError(INVALID)
        return _SHOWS[line](self._switch)


def _is_known(mode: str, text: str) -> bool:
    try:
        known(mode, text.removeprefix("no "))
    except LineError as error:
        return str(error) != INVALID
    return True


def _running(switch: Switch) -> str:
    text = printed(switch.running)
    return (
        f"Building configuration...\n\nCurrent configuration : {len(text)} bytes\n!\n"
        f"version 15.2\n!\n{text}end\n\n"
    )


def _vlans(switch: Switch) -> str:
    found = "\nVLAN Name                             Status    Ports\n"
    found += "1    default                          active    \n"
    for name, section in switch.running.sections.items():
        if section.mode == "vlan":
            number = name.partition(" ")[2]
            title = section.lines.get("name", f"name VLAN{int(number):04d}").partition(" ")[2]
            found += f"{number:<4} {title:<32} active    \n"
    return found


def _save(switch: Switch) -> str:
    switch.save()
    return "Building configuration...\n[OK]\n"


def _confirm(switch: Switch) -> str:
    return "" if switch.confirm() else "%No Rollback Confirmed Change pending\n"


def _revert(switch: Switch) -> str:
    return "" if switch.revert() else "%No Rollback Confirmed Change pending\n"


_SHOWS: Mapping[str, Callable[[Switch], str]] = MappingProxyType(
    {
        "show running-config": _running,
        "show startup-config": lambda switch: switch.startup,
        "show snmp user": lambda switch: snmp_users(switch.running),
        "show vlan brief": _vlans,
        "write memory": _save,
        "configure confirm": _confirm,
        "configure revert now": _revert,
    }
)
