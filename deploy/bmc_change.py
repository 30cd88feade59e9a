"""Typed changes of a BMC: a user's slot, and one parameter of its LAN or its event filtering.

They are among `deploy.change.Change`. What they write is read back by the visit.
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from deploy.typed_change import TypedChange

Octet = Annotated[int, Field(ge=0, le=255)]
NO_ACCESS = 0x0F
PRIVILEGES = {1: "CALLBACK", 2: "USER", 3: "OPERATOR", 4: "ADMINISTRATOR", NO_ACCESS: "NO ACCESS"}
"""Privilege limits of a user (IPMI v2.0, section 22.26)."""
SecretName = Annotated[
    str, StringConstraints(pattern=r"^([a-z0-9][a-z0-9-]{0,62}\.(secret|privacy_secret))?$")
]


class BmcUserState(BaseModel):
    """A user's slot, without its password."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(pattern=r"^[\x20-\x7e]{0,16}$")]
    privilege: int = Field(ge=0, le=NO_ACCESS)
    messaging: bool
    """Whether the user may log in over IPMI."""
    enabled: bool | None
    """None where the BMC does not tell."""

    def __str__(self) -> str:
        word = {True: "on", False: "off", None: "not told"}[self.enabled]
        login = "logs in" if self.messaging else "no login"
        limit = PRIVILEGES.get(self.privilege, str(self.privilege))
        return f"{self.name or '(no name)'}: {limit}, {login}, {word}"


class BmcUserChange(TypedChange):
    """A slot gets a user's name, privilege and password, or is shut.

    Undone but for the password: the old one is known to nobody.
    """

    kind: Literal["bmc-user"] = "bmc-user"
    title: str
    slot: int = Field(ge=1, le=63)
    wanted: BmcUserState
    before: BmcUserState
    password: SecretName = ""
    """The secret that is set as its password; empty where it stays."""

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.password,) if self.password else ()

    @property
    def diff(self) -> tuple[str, ...]:
        same = self.before == self.wanted
        return () if same else (f"-{self.slot} {self.before}", f"+{self.slot} {self.wanted}")

    @property
    def lost(self) -> tuple[str, ...]:
        """What no undo brings back, for people."""
        name = self.wanted.name
        return (f"the old password of {name} is not known",) if self.password else ()

    def taken_back(self) -> Self | None:
        """The change that undoes this one; None where only a password was set."""
        if self.before == self.wanted:
            return None
        swapped = {"wanted": self.before, "before": self.wanted}
        title = f"take back: {self.title}"
        return self.model_copy(update={**swapped, "title": title, "password": ""})


class BmcSettingChange(TypedChange):
    """One parameter gets other octets (IPMI v2.0, tables 23-4 and 30-5)."""

    kind: Literal["bmc-setting"] = "bmc-setting"
    title: str
    group: Literal["lan", "events"]
    parameter: int = Field(ge=0, le=191)
    selector: Octet = 0
    """Which one, where the parameter is a table; its first octet then says it again."""
    value: tuple[Octet, ...] = Field(min_length=1, max_length=32)
    before: tuple[Octet, ...] = Field(max_length=32)
    mask: tuple[Octet, ...] = ()
    """The bits that the read-back has to show; all of them when empty."""

    @property
    def diff(self) -> tuple[str, ...]:
        return f"-{bytes(self.before).hex(' ')}", f"+{bytes(self.value).hex(' ')}"

    @property
    def lost(self) -> tuple[str, ...]:
        """An undo brings back all of it."""
        return ()

    def taken_back(self) -> Self | None:
        """The change that undoes this one; None where the old octets were not read."""
        if len(self.before) != len(self.value):
            return None
        swapped = {"value": self.before, "before": self.value}
        return self.model_copy(update={**swapped, "title": f"take back: {self.title}"})

    def is_shown_by(self, octets: bytes) -> bool:
        """Whether what was read back is what was written."""
        mask = self.mask or (0xFF,) * len(self.value)
        return len(octets) >= len(self.value) and all(
            (read ^ written) & bits == 0
            for read, written, bits in zip(octets, self.value, mask, strict=False)
        )
