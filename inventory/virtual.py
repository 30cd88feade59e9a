"""Virtual addresses: what several hosts share, so that one of them always answers there."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from inventory.words import Address, Name


class VirtualAddress(BaseModel):
    """An address that one of its members holds at a time, by VRRP (RFC 5798)."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: Name
    title: str = ""
    address: Address
    """In the members' own network; nobody's own address."""
    of: tuple[Name, ...] = Field(min_length=2, max_length=8)
    """Its members, hosts of one group; the first holds it when all begin at once."""
    router: Annotated[int, Field(ge=1, le=255)]
    """The virtual router's number (VRID): the center's own, and the same for good."""
    port: Annotated[int, Field(ge=1, le=65535)]
    """The TCP port of the service behind it: a member whose own does not answer gives it up."""
