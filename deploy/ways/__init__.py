"""Every way into a device, by name. A new one is a module here and a line below."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import cast

from deploy.messages import WayName
from deploy.way import Way
from deploy.ways import cli, ipmi, netconf, pjlink, ssh

WAYS: Mapping[WayName, Way] = MappingProxyType(
    {way.NAME: cast(Way, way) for way in (ssh, cli, netconf, pjlink, ipmi)}
)

AREAS: tuple[str, ...] = tuple(dict.fromkeys(area for way in WAYS.values() for area in way.AREAS))
"""The names of all areas of all ways, in the order of work."""
