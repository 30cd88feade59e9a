"""A FRU inventory: the maker's plate of a server, in the IPMI FRU information format v1.0."""

from dataclasses import dataclass

_VERSION, _ENGLISH, _END = 1, 25, 0xC1
_MINUTES_AT = 15_000_000
"""When the board was made, in minutes since 1996-01-01; section 11."""


@dataclass(frozen=True, slots=True)
class Fru:
    """What the plate says. ASCII, at most 63 characters each."""

    manufacturer: str = "Example Systems"
    product: str = "Rack Server 2U"
    serial: str = "EX0000001"
    part: str = "RS2U-0001"
    asset_tag: str = ""

    def encode(self) -> bytes:
        """The common header, the board area and the product area."""
        maker, product, serial, part = map(
            _field, (self.manufacturer, self.product, self.serial, self.part)
        )
        made = _MINUTES_AT.to_bytes(3, "little")
        board = _area(bytes((_ENGLISH,)) + made + maker + product + serial + part + _field(""))
        sale = maker + product + part + _field("1.0") + serial + _field(self.asset_tag) + _field("")
        plate = _area(bytes((_ENGLISH,)) + sale)
        header = bytes((_VERSION, 0, 0, 1, 1 + len(board) // 8, 0, 0))
        return header + _checksum(header) + board + plate


def _field(text: str) -> bytes:
    """A type/length octet for 8-bit ASCII. One character alone would read as the end mark."""
    encoded = text.encode("ascii")[:63]
    if len(encoded) == 1:
        encoded += b" "
    return bytes((0xC0 | len(encoded),)) + encoded


def _area(content: bytes) -> bytes:
    """A version, a length in eights, the fields, an end mark, a pad and a checksum."""
    body = content + bytes((_END,))
    body += bytes(-(len(body) + 3) % 8)
    area = bytes((_VERSION, (len(body) + 3) // 8)) + body
    return area + _checksum(area)


def _checksum(octets: bytes) -> bytes:
    return bytes((-sum(octets) & 0xFF,))
