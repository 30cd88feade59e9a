"""What a BMC says of itself, one section for each area; never a password or a community."""

import json
from collections.abc import Mapping
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deploy.bmc_change import BmcUserState, Octet
from inventory.facts.area import FactError
from inventory.facts.collect import HostFacts

USERS, CIPHERS, LAN, ALERTS = "bmc_users", "bmc_ciphers", "bmc_lan", "bmc_alerts"
"""The areas, and the sections of facts that they are made from."""
MOST_USERS = 63
MOST_SUITES = 16
MOST_DESTINATIONS = 15
MOST_POLICIES = 127
Told = Literal["right", "wrong", "untold", "absent", "too-long"]
"""What the BMC says of a password: `untold` where it agrees to any, `absent` without the user."""


class Facts(BaseModel):
    """One section. `refused` says what the BMC did not tell, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    refused: str = Field(default="", max_length=200)


class Slot(BaseModel):
    """One user's slot."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int = Field(ge=1, le=MOST_USERS)
    state: BmcUserState
    fixed: bool = False
    """Whether its name cannot be changed (section 22.27)."""


class UserFacts(Facts):
    """The users of the channel that we came in by."""

    slots: tuple[Slot, ...] = Field(default=(), max_length=MOST_USERS)
    passwords: Mapping[str, Told] = {}
    """Of the users that the inventory names, by name."""


class CipherFacts(Facts):
    """LAN parameters 22 to 24."""

    suites: tuple[Octet, ...] = Field(default=(), max_length=MOST_SUITES)
    """In the order of the limits."""
    limits: tuple[Annotated[int, Field(ge=0, le=15)], ...] = Field(default=(), max_length=16)
    """The highest privilege that a session with the suite gets; 0 is none."""
    session: int = Field(default=0, ge=0, le=255)
    """The suite of our own session; 0 when that is not IPMI 2.0's."""


class LanFacts(Facts):
    """LAN parameters 2, 3, 4 and 20."""

    types: tuple[Octet, ...] = Field(default=(), max_length=5)
    """The IPMI 1.5 authentication types of each privilege, as bits."""
    address: str = Field(default="", max_length=15)
    source: int = Field(default=0, ge=0, le=15)
    vlan: int = Field(default=0, ge=0, le=4095)
    """0 without a tag."""


class Destination(BaseModel):
    """LAN parameters 18 and 19 of one place."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int = Field(ge=1, le=MOST_DESTINATIONS)
    kind: tuple[Octet, ...] = Field(min_length=4, max_length=4)
    place: tuple[Octet, ...] = Field(min_length=13, max_length=17)

    @property
    def address(self) -> str:
        """Its IPv4 address, empty when it has none or another sort of address."""
        if self.place[1] >> 4 or not any(self.place[3:7]):
            return ""
        return ".".join(str(octet) for octet in self.place[3:7])

    @property
    def is_free(self) -> bool:
        return not any(self.place[3:7]) and not self.place[1] >> 4


class Policy(BaseModel):
    """Event filtering's parameter 9: what an alert goes to (table 30-5)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    octets: tuple[Octet, ...] = Field(min_length=4, max_length=4)

    @property
    def is_on(self) -> bool:
        return bool(self.octets[1] & 0x08)

    @property
    def destination(self) -> int:
        return self.octets[2] & 0x0F

    @property
    def channel(self) -> int:
        return self.octets[2] >> 4


class AlertFacts(Facts):
    """Where alerts go."""

    channel: int = Field(default=1, ge=0, le=15)
    destinations: tuple[Destination, ...] = Field(default=(), max_length=MOST_DESTINATIONS)
    policies: tuple[Policy, ...] = Field(default=(), max_length=MOST_POLICIES)
    filtering: bool = False
    """Whether event filtering is on at all: without it nothing is sent."""


F = TypeVar("F", bound=Facts)


def read(facts: HostFacts, name: str, model: type[F]) -> F:
    """One section. Raises `FactError` for what our visit would not have written."""
    section = facts.sections.get(name)
    try:
        return model.model_validate(json.loads(section.text if section else ""))
    except (ValueError, ValidationError) as error:
        raise FactError(f"{name}: the BMC's answers make no sense") from error
