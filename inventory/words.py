"""What the inventory's models are made of: names, addresses, zones and days."""

import re
from datetime import UTC, date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BeforeValidator,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic.networks import IPvAnyAddress

Name = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", max_length=63)
]
"""A name of a device, group or function: lower case, digits and dashes, as in a host name."""

ComponentId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(:\S+)?$", max_length=200)]
"""A part of a device as the monitor names it: its kind and its index, `power_supply:2`."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("not an IANA time zone such as America/Chicago") from None
    return name


Timezone = Annotated[str, AfterValidator(_known_zone)]


def address_text(value: object) -> object:
    """pydantic would take the number 10 for the address 0.0.0.10."""
    if isinstance(value, int | float):
        raise ValueError("an address is written 10.20.9.31 or fd00::31")
    return value


def _day_text(value: object) -> object:
    """pydantic would take a number for seconds since 1970."""
    if isinstance(value, date) or (isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d", value)):
        return value
    raise ValueError("a day is written 2026-12-31, a time 2026-12-31 02:00")


def _bounded_day(day: date) -> date:
    if not 2000 <= day.year <= 2199:
        raise ValueError("a day such as 2026-12-31, between 2000 and 2199")
    return day


def _zoned(moment: datetime, info: ValidationInfo) -> datetime:
    """A time without an offset is the center's own time (`context["timezone"]`)."""
    _bounded_day(moment)
    zone: ZoneInfo | None = (info.context or {}).get("timezone")
    if moment.tzinfo is None and zone is None:
        raise ValueError("write it with its offset: 2026-12-06 02:00-06:00")
    local = moment.replace(tzinfo=zone) if moment.tzinfo is None else moment
    if local.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None) != local.replace(
        tzinfo=None
    ):
        raise ValueError("the clocks skip this time when summer time begins: choose another")
    return local.astimezone(zone) if zone else local


Day = Annotated[date, BeforeValidator(_day_text), AfterValidator(_bounded_day)]
"""A day, written 2026-12-31."""
Moment = Annotated[
    datetime,
    BeforeValidator(_day_text),
    AfterValidator(_zoned),
    # Not the format date-time: that one demands an offset.
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d\d-\d\d([ T]\d\d:\d\d)?"}),
]
"""A time with its zone."""
Address = Annotated[IPvAnyAddress, BeforeValidator(address_text)]
