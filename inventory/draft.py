"""A center whose parts are valid by themselves, with the place of each: what the checks look at."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from inventory.document import Entry
from inventory.model import (
    Account,
    Credential,
    Device,
    Function,
    Group,
    Network,
    Rack,
    Role,
)
from inventory.problems import Mark, Problems
from inventory.sections import Sections, walk
from inventory.virtual import VirtualAddress
from inventory.walls import Wall


@dataclass(frozen=True, slots=True)
class Draft:
    """What was built so far. A thing that is itself wrong is known by name, but not built."""

    sections: Sections
    built: Mapping[str, Mapping[str, Any]]
    problems: Problems

    @property
    def devices(self) -> Mapping[str, Device]:
        """The devices that are valid by themselves; so for the others below."""
        return self.built["devices"]

    @property
    def racks(self) -> Mapping[str, Rack]:
        """By name."""
        return self.built["racks"]

    @property
    def groups(self) -> Mapping[str, Group]:
        """Declared groups, by name."""
        return self.built["groups"]

    @property
    def functions(self) -> Mapping[str, Function]:
        """By name."""
        return self.built["functions"]

    @property
    def networks(self) -> Mapping[str, Network]:
        """By name."""
        return self.built["networks"]

    @property
    def roles(self) -> Mapping[str, Role]:
        """By name."""
        return self.built["roles"]

    @property
    def accounts(self) -> Mapping[str, Account]:
        """By name."""
        return self.built["accounts"]

    @property
    def credentials(self) -> Mapping[str, Credential]:
        """By name."""
        return self.built["credentials"]

    @property
    def virtual_addresses(self) -> Mapping[str, VirtualAddress]:
        """By name."""
        return self.built["virtual_addresses"]

    @property
    def walls(self) -> Mapping[str, Wall]:
        """By name."""
        return self.built["walls"]

    def names(self, *sections: str) -> list[str]:
        """Every name in these sections, whether what it names is valid or not."""
        return [name for section in sections for name in self.sections.named[section]]

    def at(self, section: str, name: str, *path: str | int) -> Mark:
        """Where a part of a named thing is written; the thing's own place when it is not."""
        entry = self.sections.named[section][name]
        node = walk(entry.value, path)
        return entry.mark if node is entry.value else node.mark

    def report(self, section: str, name: str, path: Iterable[str | int], message: str) -> None:
        """Notes a mistake at a part of a named thing."""
        self.problems.add(self.at(section, name, *path), message)

    def entry(self, section: str, name: str) -> Entry:
        """The node of a named thing."""
        return self.sections.named[section][name]
