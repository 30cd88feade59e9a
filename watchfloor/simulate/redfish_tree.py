"""A recorded Redfish tree: resources by path, and the failures that people inject into it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from watchfloor.simulate.errors import FaultError, GearError
from watchfloor.simulate.families import RECORDINGS

FORMAT = 1
Resource = dict[str, Any]
"""JSON, as it goes over the wire."""


class RedfishTree:
    """All resources of one BMC."""

    def __init__(self, resources: dict[str, Resource]) -> None:
        self._recorded = resources
        self.resources = copy.deepcopy(resources)

    @classmethod
    def shipped(cls, shape: str) -> RedfishTree:
        """The tree of a shape. Raises GearError when there is none."""
        return cls(_recording(shape))

    def restore(self) -> None:
        """As recorded."""
        self.resources = copy.deepcopy(self._recorded)

    def resource(self, path: str, query: str = "") -> Resource | None:
        """The resource at a path, its members and parts put in where `$expand` asks for it."""
        found = self._at(path)
        if found is None or "$expand" not in query:
            return found
        levels = 2 if "levels=2" in query else 1
        return self._expanded(found, levels)

    def member(self, key: str, number: int) -> Resource:
        """The n-th (from 1) of all `Fans` or `PowerSupplies`, in whichever schema."""
        members = list(self._members(key))
        if not 1 <= number <= len(members):
            raise FaultError(f"no {number} among {len(members)} {key}: count from 1")
        return members[number - 1]

    def fail_supply(self, number: int) -> None:
        """A power supply without output; the BMC sees the redundancy lost."""
        supply = self.member("PowerSupplies", number)
        supply["Status"] = {"State": "UnavailableOffline", "Health": "Critical"}
        for key in ("LineInputVoltage", "PowerInputWatts", "PowerOutputWatts"):
            if key in supply:
                supply[key] = 0
        self._lose_redundancy("Power")
        self._roll_up("Critical")

    def fail_fan(self, number: int) -> None:
        """A fan that stands still."""
        fan = self.member("Fans", number)
        fan["Status"] = {"State": "Enabled", "Health": "Critical"}
        if "Reading" in fan:
            fan["Reading"] = 0
        if "SpeedPercent" in fan:
            fan["SpeedPercent"]["SpeedRPM"] = 0
        self._lose_redundancy("Fan")
        self._roll_up("Critical")

    def take_out(self, key: str, number: int) -> None:
        """Leaves an empty bay."""
        self.member(key, number)["Status"] = {"State": "Absent"}

    def log(self, message: str, severity: str = "Critical", *, newest_first: bool = False) -> None:
        """Writes an entry into the log."""
        path = next(path for path in self.resources if path.rstrip("/").endswith("Entries"))
        collection = self.resources[path]
        number = len(collection["Members"]) + 1
        place = f"{path.rstrip('/')}/{number}"
        entry = {
            "@odata.id": place,
            "Id": str(number),
            "Name": f"Log Entry {number}",
            "Created": datetime.now(UTC).isoformat(timespec="seconds"),
            "Severity": severity,
            "Message": message,
        }
        collection["Members"].insert(0 if newest_first else number - 1, entry)
        collection["Members@odata.count"] = number

    def _at(self, path: str) -> Resource | None:
        for known in (path, path.rstrip("/"), path + "/"):
            if known in self.resources:
                return self.resources[known]
        return None

    def _expanded(self, resource: Resource, levels: int) -> Resource:
        if not levels:
            return resource

        def expanded(value: Any) -> Any:
            if isinstance(value, dict) and list(value) == ["@odata.id"]:
                below = self._at(value["@odata.id"])
                return value if below is None else self._expanded(below, levels - 1)
            return value

        return {
            key: [expanded(item) for item in value]
            if key == "Members"
            else expanded(value)
            if key != "Links"
            else value
            for key, value in resource.items()
        }

    def _members(self, key: str) -> Iterator[Resource]:
        for path, resource in self.resources.items():
            value = resource.get(key)
            if isinstance(value, list):
                yield from value
            elif path.rstrip("/").endswith(f"/{key}"):
                for member in resource["Members"]:
                    yield self.resources[member["@odata.id"]]

    def _lose_redundancy(self, of: str) -> None:
        for path, resource in self.resources.items():
            classic = path.rstrip("/").endswith("/Power" if of == "Power" else "/Thermal")
            key = "PowerSupplyRedundancy" if of == "Power" else "FanRedundancy"
            groups = resource.get("Redundancy", []) if classic else resource.get(key, [])
            for group in groups:
                group["Status"] = {"State": "Enabled", "Health": "Critical"}

    def _roll_up(self, health: str) -> None:
        for resource in self.resources.values():
            if "ComputerSystem." in resource.get("@odata.type", "") and "Status" in resource:
                resource["Status"] |= {"Health": health, "HealthRollup": health}


@lru_cache(maxsize=8)
def _recording(shape: str) -> dict[str, Resource]:
    path = RECORDINGS / f"redfish-{shape}.json"
    try:
        recorded = json.loads(path.read_text())
    except FileNotFoundError:
        raise GearError(f"no recording of a {shape} BMC: use idrac, ilo or openbmc") from None
    if recorded["format"] != FORMAT:
        raise GearError(f"{path}: this version reads format {FORMAT}")
    resources: dict[str, Resource] = recorded["resources"]
    return resources
