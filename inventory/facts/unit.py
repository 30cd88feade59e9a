"""The state of a systemd unit as several areas read it."""

from collections.abc import Iterable
from dataclasses import dataclass

from inventory.facts.area import FactError

SHOW_UNIT = """\
show_unit() {
  systemctl show -p LoadState -p ActiveState -p UnitFileState -- "$@" | {
    said=
    while read -r property; do
      said="$said $property"
      [ -z "$property" ] || continue
      printf 'unit\\t%s%s\\n' "$1" "$said"
      said=; shift
    done
    [ -z "$said" ] || printf 'unit\\t%s%s\\n' "$1" "$said"
  }
}
"""
"""`show_unit NAME…` prints a line for each that `units` understands; needs systemd 246 or later."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit."""

    name: str
    loaded: str
    """`loaded`, `not-found`, `masked` … (systemd's LoadState)."""
    active: str
    """`active`, `inactive`, `failed` … (ActiveState)."""
    enabled: str
    """`enabled`, `disabled`, `masked`, `static` … (UnitFileState); empty when not found."""

    @property
    def is_there(self) -> bool:
        return self.loaded not in ("not-found", "")

    @property
    def is_running(self) -> bool:
        return self.active in ("active", "reloading", "activating")

    @property
    def is_enabled(self) -> bool:
        return self.enabled in ("enabled", "enabled-runtime", "alias", "static")


def units(lines: Iterable[str]) -> tuple[Unit, ...]:
    """The units in lines of `show_unit`, without their tag. Raises `FactError`."""
    return tuple(_unit(line) for line in lines)


def unit_named(all_units: Iterable[Unit], name: str) -> Unit:
    """The unit of that name; one that is not found when it was not looked at."""
    return next((unit for unit in all_units if unit.name == name), Unit(name, "not-found", "", ""))


def _unit(line: str) -> Unit:
    name, *pairs = line.split()
    values = dict(pair.partition("=")[::2] for pair in pairs)
    if "LoadState" not in values:
        raise FactError(f"not a unit's state: {line[:80]!r}")
    return Unit(
        name,
        values["LoadState"],
        values.get("ActiveState", ""),
        values.get("UnitFileState", ""),
    )
