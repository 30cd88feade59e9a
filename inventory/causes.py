"""The failed element behind a symptom, found by walking a device's feeds and uplinks upwards."""

from inventory.elements import Element
from inventory.model import Device
from inventory.situation import Situation


def cause_of(situation: Situation, device: Device, *, cut_off: bool) -> Element:
    """The failed element behind what is wrong with a device: the farthest upstream comes first."""
    if not situation.sustained(device.name):
        cause = _cause_along_feeds(situation, device)
        if cause:
            return cause
    if cut_off or (situation.needs_network(device.name) and not situation.connected(device.name)):
        cause = _cause_along_uplinks(situation, device)
        if cause:
            return cause
    return device.name if not situation.is_up(device.name) else ""


def _cause_along_feeds(situation: Situation, device: Device) -> Element:
    for number, feed in enumerate(device.feeds, 1):
        if situation.feed_is_live(device, number, on_battery=False):
            continue
        source = situation.center.devices[feed.device]
        above = cause_of(situation, source, cut_off=False)
        if above:
            return above
        for part in situation.feed_elements(device, number):
            if part in situation.down:
                return part
    return ""


def _cause_along_uplinks(situation: Situation, device: Device) -> Element:
    # Connected, and yet the observer does not reach it: then any of its ways may tell why.
    connected = situation.connected(device.name)
    for number, uplink in enumerate(device.uplinks, 1):
        if not connected and situation.uplink_is_live(device, number):
            continue
        for part in situation.uplink_elements(device, number):
            if part in situation.down:
                return part
        source = situation.center.devices[uplink.device]
        # Power gear is in service without its network, but passes none on either.
        above = cause_of(situation, source, cut_off=not situation.connected(source.name))
        if above:
            return above
    return ""
