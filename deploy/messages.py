"""What the controller and its worker say to each other: a JSON job, then JSON lines back.

A job goes to the worker's stdin as one line; the last line back is `JobDone`, and another job may
follow, unless the worker ends instead. Stdin stays open: its end tells the worker that its
controller is gone.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, field_serializer

from deploy.change import CertificateChange, Change
from deploy.failure import Reason
from deploy.operations.journal import DEAD_MAN_S
from deploy.shipped_change import ReleaseChange
from inventory.settings import READ_TIMEOUT_S

WayName = Literal["ssh", "local", "cli", "netconf", "ipmi", "sis", "pjlink"]
"""How a device is deployed; see `deploy.way`."""


class _Message(BaseModel):
    # What is wrong with a message is told without what it holds: jobs hold secrets.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class AreaJob(_Message):
    """One area's changes on one host, in their order."""

    name: str
    after: tuple[str, ...] = ()
    """Areas of this host whose failure means that this one is not begun."""
    risky: bool = False
    """Armed with a dead-man, which only a fresh login disarms."""
    admin_first: bool = False
    """Whether the admin has to log in before it is begun."""
    changes: tuple[Change, ...] = ()
    facts: Mapping[str, str] = {}
    """Area of facts -> the digest that the plan was made from."""

    @property
    def signs(self) -> bool:
        """Whether it needs the key of the center's authority."""
        return any(isinstance(change, CertificateChange) for change in self.changes)

    @property
    def goes_back(self) -> bool:
        """Whether the old state comes back when it fails, although it cuts nobody off."""
        return any(isinstance(one, ReleaseChange) and one.replaces for one in self.changes)


class HostJob(_Message):
    """One target, how it is reached, and what to do there."""

    name: str
    """The target's: `srv-1`, `srv-1/bmc`."""
    device: str
    way: WayName = "ssh"
    platform: str = ""
    """What sort of gear it is, where the way has several: `ios-xe`, `frr`."""
    reading: int = 0
    """Which of the job's readings is this target's."""
    address: str
    port: int
    user: str
    admin: str
    """The account that has to be able to log in and become root after risky areas."""
    key_file: str = ""
    key_text: SecretStr = SecretStr("")
    """The private key itself, where it is in no file."""
    password: SecretStr = SecretStr("")
    """Where it is logged in to with one."""
    secrets: Mapping[str, SecretStr] = {}
    """`CREDENTIAL.secret` -> its value, of those that the changes' texts have markers of."""
    authority_key: SecretStr = SecretStr("")
    """The private key of the center's authority, where a certificate is to be signed."""
    parcels: Mapping[str, str] = {}
    """SHA-256 -> the file on this machine, of those that are shipped before a change."""
    host_keys: tuple[str, ...] = ()
    """`TYPE BASE64`, the only keys that are believed."""
    areas: tuple[AreaJob, ...] = ()

    @field_serializer("secrets", when_used="json")
    def _reveal_all(self, values: Mapping[str, SecretStr]) -> dict[str, str]:
        return {name: value.get_secret_value() for name, value in values.items()}

    @field_serializer("key_text", "password", "authority_key", when_used="json")
    def _reveal(self, value: SecretStr) -> str:
        return value.get_secret_value()


class Job(_Message):
    """One wave."""

    format: Literal[2] = 2
    mode: Literal["read", "apply"]
    run: str
    owner: str
    """Who asks, for the hosts' locks: `alice@noc-1`."""
    salt: str = ""
    """For the digests of secrets that hosts keep, in hex; one for a whole run."""
    readings: tuple[str, ...]
    """What is read: for SSH the script of `inventory.facts.collect.batch`."""
    hosts: tuple[HostJob, ...]
    connect_timeout_s: float = 10
    read_timeout_s: float = READ_TIMEOUT_S
    change_timeout_s: float = 300
    dead_man_s: int = DEAD_MAN_S
    parallel: int = Field(default=40, ge=1, le=200)


class Connected(_Message):
    """Logged in, and able to become root."""

    event: Literal["connected"] = "connected"
    host: str
    client: str
    """Our address, as the host sees it."""
    port: int
    os: str
    """`debian-12`, from os-release(5); other gear's own words for its system."""


class FactsRead(_Message):
    """What was read: `deploy.reading.facts_in` takes it apart."""

    event: Literal["facts"] = "facts"
    host: str
    when: Literal["before", "after"]
    output: str


class ChangeStarted(_Message):
    """A change is being made."""

    event: Literal["change-started"] = "change-started"
    host: str
    area: str
    number: int
    title: str


class ChangeDone(_Message):
    """A change is made."""

    event: Literal["change-done"] = "change-done"
    host: str
    area: str
    number: int
    seconds: float


class AreaDone(_Message):
    """An area came to its end."""

    event: Literal["area-done"] = "area-done"
    host: str
    area: str
    reason: Reason | None = None
    """None when all its changes are made, and confirmed if they were risky."""
    message: str = ""
    restored: bool = False
    """Whether the old state is back."""
    changed: int = 0
    """How many changes were made."""
    seconds: float = 0


class HostDone(_Message):
    """The last word on a host."""

    event: Literal["host-done"] = "host-done"
    host: str
    reason: Reason | None = None
    message: str = ""
    seconds: float = 0


class JobDone(_Message):
    """Nothing more comes of this job: the worker waits for another one."""

    event: Literal["job-done"] = "job-done"


Event = Annotated[
    Connected | FactsRead | ChangeStarted | ChangeDone | AreaDone | HostDone,
    Field(discriminator="event"),
]
"""What is told of a host."""
EVENTS: TypeAdapter[Event | JobDone] = TypeAdapter(
    Annotated[Event | JobDone, Field(discriminator="event")]
)
