"""The Debian packages that are installed, and their versions."""

from dataclasses import dataclass

from inventory.facts.area import FactError, lines

SCRIPT = """\
dpkg-query -W -f '${db:Status-Status} ${Package} ${Version}\\n'
"""


@dataclass(frozen=True, slots=True)
class Package:
    """One installed package."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class PackagesFacts:
    """All installed packages, in dpkg's order."""

    installed: tuple[Package, ...]

    @property
    def names(self) -> frozenset[str]:
        """The packages' names."""
        return frozenset(package.name for package in self.installed)


def parse(text: str) -> PackagesFacts:
    """Raises `FactError` when dpkg listed nothing, or something else."""
    rows = [line.split(" ") for line in lines(text)]
    if not rows or any(len(row) != 3 for row in rows):
        raise FactError("dpkg did not list its packages")
    if not any(all(row) for row in rows):
        raise FactError("dpkg listed no package with a name")
    return PackagesFacts(
        tuple(Package(name, v) for status, name, v in rows if status == "installed")
    )
