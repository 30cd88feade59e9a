"""The checks by the names that the catalogue uses; nothing else in these modules can be called."""

from collections.abc import Callable, Iterator, Mapping
from types import FunctionType, MappingProxyType, ModuleType
from typing import TypeVar

from monitors.baseline.checks import (
    accounts,
    clock,
    configuration,
    management,
    network,
    notice,
    passwords,
    software,
    ssh,
)
from monitors.baseline.checks.configuration import Configuration
from monitors.baseline.checks.management import Bmc, SnmpAgent
from monitors.baseline.subject import Host
from monitors.baseline.verdict import Outcome

T = TypeVar("T")
Check = Callable[[T], Outcome]


def _checks(given: type, *modules: ModuleType) -> Iterator[tuple[str, FunctionType]]:
    """The public functions of these modules that make an `Outcome` of `given` alone."""
    for module in modules:
        for name, member in vars(module).items():
            if not isinstance(member, FunctionType) or name.startswith("_"):
                continue
            types = dict(member.__annotations__)
            if types.pop("return", None) is Outcome and list(types.values()) == [given]:
                yield f"{module.__name__.rpartition('.')[2]}.{name}", member


HOST_CHECKS: Mapping[str, Check[Host]] = MappingProxyType(
    dict(_checks(Host, accounts, clock, network, notice, passwords, software, ssh))
)
BMC_CHECKS: Mapping[str, Check[Bmc]] = MappingProxyType(dict(_checks(Bmc, management)))
SNMP_CHECKS: Mapping[str, Check[SnmpAgent]] = MappingProxyType(dict(_checks(SnmpAgent, management)))
CONFIGURATION_CHECKS: Mapping[str, Check[Configuration]] = MappingProxyType(
    dict(_checks(Configuration, configuration))
)
