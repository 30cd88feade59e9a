"""What one host is given to converge itself by: its own part of the inventory, signed. Pure.

There is no secret in it, nor where one is kept: what needs one is left to `watchfloor apply`.
"""

import json
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from deploy.cargo import BUNDLES
from deploy.desired import AREAS
from inventory.errors import WatchfloorError
from inventory.model import Center, Device

NAMESPACE = BUNDLES
LARGEST = 8 * 1024**2
VALID_DAYS = 7
WITHHELD = "env:WATCHFLOOR_WITHHELD"
"""Stands for every reference to a secret."""
PULLED: tuple[str, ...] = tuple(name for name, area in AREAS.items() if not area.RISKY)
"""The areas that a host may change by itself: nobody outside confirms a login for the others."""


class BundleError(WatchfloorError):
    """A bundle that is not taken: unknown, too old, or another host's."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Bundle(_Part):
    """What is signed."""

    format: Literal[1] = 1
    host: str
    serial: int = Field(ge=1)
    """Grows with each making: a host takes none that is older than its last."""
    made: AwareDatetime
    valid_until: AwareDatetime
    program: str
    """The version that made it."""
    inventory: str
    """Digest of the whole inventory, for the record."""
    center: Center
    """Cut down to what the host needs."""


class Envelope(_Part):
    """The file: the bundle's very text, and its signature."""

    format: Literal[1] = 1
    bundle: str = Field(max_length=LARGEST)
    signature: str = Field(max_length=8192)


def make_bundle(
    center: Center, device: Device, *, serial: int, made: datetime, program: str, inventory: str
) -> Bundle:
    """The bundle of one host. `center` has its public keys resolved."""
    return Bundle(
        host=device.name,
        serial=serial,
        made=made,
        valid_until=made + timedelta(days=VALID_DAYS),
        program=program,
        inventory=inventory,
        center=cut(center, device),
    )


def cut(center: Center, device: Device) -> Center:
    """The center as one host needs it: of others their names, addresses and roles alone."""
    credentials = {
        name: credential.model_copy(update={"secret": WITHHELD, "privacy_secret": ""})
        for name, credential in center.credentials.items()
    }
    return center.model_copy(
        update={
            "devices": {
                name: other if name == device.name else _outline(other)
                for name, other in center.devices.items()
            },
            "credentials": credentials,
            "contacts": {},
            "rotas": {},
            "windows": {},
            "waivers": {},
            "mail": None,
            "gear_authentication": None,
        }
    )


def _outline(device: Device) -> Device:
    kept = ("name", "id", "kind", "address", "os", "platform", "roles", "pair", "desk", "baseline")
    return Device.model_validate({name: getattr(device, name) for name in kept})


def sealed(bundle_text: str, signature: str) -> str:
    """The file's content."""
    return json.dumps({"format": 1, "bundle": bundle_text, "signature": signature})


def opened(content: bytes) -> Envelope:
    """The file's two parts, of which nothing is believed yet. Raises `BundleError`."""
    try:
        return Envelope.model_validate_json(content)
    except ValidationError as error:
        raise BundleError("that is no bundle of Watchfloor's") from error


def checked(text: str, host: str, last_serial: int, now: datetime) -> Bundle:
    """The bundle whose signature was found good, when it may be used. Raises `BundleError`."""
    try:
        bundle = Bundle.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]["msg"]
        raise BundleError(f"the bundle is of another version than this program: {first}") from error
    if bundle.host != host or host not in bundle.center.devices:
        raise BundleError(f"the bundle is for {bundle.host}, and this is {host}")
    if bundle.serial < last_serial:
        raise BundleError(
            f"the bundle (serial {bundle.serial}) is older than the last one ({last_serial})"
        )
    if now >= bundle.valid_until:
        raise BundleError(
            f"the bundle was valid until {bundle.valid_until:%Y-%m-%d %H:%M}Z; make a new one"
        )
    if bundle.made > now + timedelta(hours=1):
        raise BundleError("the bundle was made in the future; is this clock right?")
    return bundle
