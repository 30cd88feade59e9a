"""The names of what can fail: whole devices, and their parts."""

Element = str
"""A device's name, or a part of one: `srv-cad-1`, `feed:srv-cad-1/pdu-r3-a/5`,
`supply:srv-cad-1/1`, `outlet:pdu-r3-a/5`, `port:sw-core-a/Gi1/0/12`, `uplink:srv-cad-1/1`,
`battery:ups-a`. Numbers count the device's feeds and uplinks from 1, in the inventory's order."""


def owner_of(element: Element) -> str:
    """The device that an element belongs to, or on which its failure is felt first."""
    kind, colon, rest = element.partition(":")
    return rest.partition("/")[0] if colon else kind


def describe(element: Element) -> str:
    """An element in words: `feed of ups-a from ats-a`, `power supply 2 of srv-cad-1`."""
    kind, colon, rest = element.partition(":")
    device, _, part = rest.partition("/")
    if not colon:
        return element
    if kind == "feed":
        return f"feed of {device} from {part}"
    words = {"supply": "power supply"}.get(kind, kind)
    return f"{words} {part} of {device}" if part else f"{words} of {device}"
