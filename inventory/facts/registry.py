"""All areas of facts there are, by name: every module of the package that has a `SCRIPT`."""

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import cast

import inventory.facts
from inventory.facts.area import Area, FactError

_FRAMEWORK = {"area", "collect", "registry", "remote"}
"""These are not imported here: they import this module."""


def _areas() -> dict[str, Area[object]]:
    names = sorted(module.name for module in pkgutil.iter_modules(inventory.facts.__path__))
    modules = {
        name: import_module(f"inventory.facts.{name}") for name in names if name not in _FRAMEWORK
    }
    return {
        name: cast(Area[object], module)
        for name, module in modules.items()
        if hasattr(module, "SCRIPT")
    }


AREAS: Mapping[str, Area[object]] = MappingProxyType(_areas())


def area(name: str) -> Area[object]:
    """The area of that name. Raises `FactError` when there is none."""
    if name not in AREAS:
        raise FactError(f"there is no area of facts called {name!r}; there are {', '.join(AREAS)}")
    return AREAS[name]
