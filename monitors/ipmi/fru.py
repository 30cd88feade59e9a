"""Who made a server, by the inventory data (FRU) that its BMC holds."""

from dataclasses import dataclass

from monitors.ipmi.connection import Connection
from monitors.ipmi.messages import OK, Request
from monitors.ipmi.names import text_of
from monitors.ipmi.repository import STORAGE

_FIRST_CHUNK = 32
_SMALLEST_CHUNK = 8
_AREA_UNIT = 8
_HEADER_BYTES = 8
_LARGEST_AREA = 255 * _AREA_UNIT
_LAST_FIELD = 0xC1
_MOST_FIELDS = 32
_BOARD_FIELDS_AT = 6
_PRODUCT_FIELDS_AT = 3


@dataclass(frozen=True, slots=True)
class FruIdentity:
    """Maker, model and serial number; empty where the data does not say."""

    vendor: str = ""
    model: str = ""
    serial: str = ""


async def read_fru_identity(connection: Connection) -> FruIdentity:
    """The identity in FRU device 0: the product's, else the board's. Raises IpmiError.

    A BMC that has no such data has an empty identity.
    """
    reader = _FruReader(connection)
    header = await reader.read(0, _HEADER_BYTES)
    if len(header) < _HEADER_BYTES or header[0] & 0x0F != 1 or sum(header) & 0xFF:
        return FruIdentity()
    product = product_identity(await reader.read_area(header[4]))
    board = board_identity(await reader.read_area(header[3]))
    return FruIdentity(
        vendor=product.vendor or board.vendor,
        model=product.model or board.model,
        serial=product.serial or board.serial,
    )


def product_identity(area: bytes) -> FruIdentity:
    """From a product info area (FRU specification 1.0, section 12)."""
    fields = _fields(area, _PRODUCT_FIELDS_AT)
    return FruIdentity(vendor=_at(fields, 0), model=_at(fields, 1), serial=_at(fields, 4))


def board_identity(area: bytes) -> FruIdentity:
    """From a board info area (FRU specification 1.0, section 11)."""
    fields = _fields(area, _BOARD_FIELDS_AT)
    return FruIdentity(vendor=_at(fields, 0), model=_at(fields, 1), serial=_at(fields, 2))


def _fields(area: bytes, start: int) -> list[str]:
    fields: list[str] = []
    at = start
    while at < len(area) and area[at] != _LAST_FIELD and len(fields) < _MOST_FIELDS:
        length = area[at] & 0x3F
        data = area[at + 1 : at + 1 + length]
        fields.append(text_of(area[at], data, unicode_first=False))
        at += 1 + length
    return fields


def _at(fields: list[str], index: int) -> str:
    return fields[index] if index < len(fields) else ""


class _FruReader:
    """Reads FRU device 0 in pieces of a size that the BMC takes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._chunk = _FIRST_CHUNK

    async def read_area(self, offset: int) -> bytes:
        """The area at a multiple of 8 bytes; its second byte is its length in the same unit."""
        if not offset:
            return b""
        head = await self.read(offset * _AREA_UNIT, 2)
        if len(head) < 2:
            return b""
        length = min(head[1] * _AREA_UNIT, _LARGEST_AREA)
        area = head + await self.read(offset * _AREA_UNIT + 2, length - 2)
        return b"" if sum(area) & 0xFF else area

    async def read(self, offset: int, count: int) -> bytes:
        """At most `count` bytes from `offset`; fewer where the data ends or is refused."""
        found = b""
        while len(found) < count:
            wanted = min(self._chunk, count - len(found))
            place = (offset + len(found)).to_bytes(2, "little")
            request = Request(STORAGE, 0x11, b"\0" + place + bytes((wanted,)))
            response = await self._connection.ask(request)
            if response.code != OK and self._chunk > _SMALLEST_CHUNK:
                self._chunk //= 2
                continue
            fresh = response.data[1 : 1 + wanted] if response.code == OK else b""
            if not fresh:
                break
            found += fresh
        return found
