"""The grammars of the platforms."""

from collections.abc import Mapping

from deploy.network.grammar import Grammar
from deploy.network.grammars.arista import EOS
from deploy.network.grammars.cisco import IOS
from deploy.network.grammars.fortinet import FORTIOS
from deploy.network.grammars.frr import FRR
from deploy.network.grammars.juniper import JUNOS
from deploy.network.grammars.nexus import NXOS
from inventory.gear import Platform

GRAMMARS: Mapping[Platform, Grammar] = {
    Platform.IOS: IOS,
    Platform.IOSXE: IOS,
    Platform.NXOS: NXOS,
    Platform.EOS: EOS,
    Platform.JUNOS: JUNOS,
    Platform.FORTIOS: FORTIOS,
    Platform.FRR: FRR,
}
