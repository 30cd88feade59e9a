"""An area of a host: desired state from the inventory, and its difference from facts. Pure."""

from dataclasses import dataclass, field
from typing import Protocol

from deploy.cargo import Cargo, NoCargo
from deploy.change import Change
from deploy.secret_text import SecretCheck, UnknownSecrets
from inventory.facts.collect import HostFacts
from inventory.model import Center, Device


@dataclass(frozen=True, slots=True)
class Vantage:
    """Where we stand towards a host: what must go on working after a change."""

    client: str
    """Our own address, as the host sees it (SSH_CONNECTION)."""
    port: int
    """The port of the host's that our connection goes to."""
    login: str
    """The account that we are logged in as."""
    admin: str
    """The account that has to be able to log in and become root afterwards."""
    secrets: SecretCheck = field(default_factory=UnknownSecrets)
    """Tells whether a secret on the host is the wanted one."""
    cargo: Cargo = field(default_factory=NoCargo)
    """What can be shipped to the host."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What one area would change on one host."""

    changes: tuple[Change, ...] = ()
    refusal: str = ""
    """Why the changes must not be made, with the remedy; empty when they may."""
    unmet: tuple[str, ...] = ()
    """What is wrong on the host and no change of ours repairs."""
    notes: tuple[str, ...] = ()
    """What people should know; it is no drift."""
    cuts: tuple[str, ...] = ()
    """The changes that would cut the path by which the device is managed, one line each; they are
    made only with a second approval."""

    @property
    def is_clean(self) -> bool:
        """Whether the host is as the inventory wants it."""
        return not (self.changes or self.unmet or self.refusal)


class AreaRules(Protocol):
    """What the rollout has to know of any area, of whatever way."""

    FACTS: tuple[str, ...]
    """What it reads: areas of `inventory.facts`, or sections that its way's visit names so."""
    AFTER: tuple[str, ...]
    """The areas that have to be done first, when they have changes."""
    RISKY: bool
    """Whether a mistake in it can cut us off; it is then armed with a dead-man."""
    ADMIN_FIRST: bool
    """Whether it refuses logins that worked before, so that the admin's has to be proved first."""


@dataclass(frozen=True, slots=True)
class Rules(AreaRules):
    """The rules of an area that is no module of its own."""

    FACTS: tuple[str, ...]
    AFTER: tuple[str, ...] = ()
    RISKY: bool = False
    ADMIN_FIRST: bool = False


class HostArea(AreaRules, Protocol):
    """One subject of a Linux host. A module of `deploy.hardening` or of its sisters is one.

    One that may install packages names them in `PACKAGES`: the center's mirror has to hold them.
    """

    __name__: str

    def applies(self, center: Center, device: Device) -> bool:
        """Whether this host has the area at all; `everywhere` where all have."""

    def difference(
        self, center: Center, device: Device, facts: HostFacts, vantage: Vantage
    ) -> Difference:
        """What would change. Raises `FactError` when its facts are not usable."""


def everywhere(_center: Center, _device: Device) -> bool:
    """The `applies` of an area that every Linux host has."""
    return True
