"""The grammars of the platforms."""

from collections.abc import Mapping

from deploy.network.grammar import Grammar
from deploy.network.grammars.cisco import IOS
from deploy.network.grammars.frr import FRR
from inventory.gear import Platform

GRAMMARS: Mapping[Platform, Grammar] = {
    Platform.IOS: IOS,
    Platform.IOSXE: IOS,
    Platform.FRR: FRR,
}
