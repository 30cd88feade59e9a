"""Which monitor hangs on an output, by its EDID (VESA E-EDID, release A, revision 2)."""

from dataclasses import dataclass

LENGTH = 128
_HEAD = b"\x00\xff\xff\xff\xff\xff\xff\x00"
_NAME, _SERIAL = 0xFC, 0xFF


@dataclass(frozen=True, slots=True)
class Monitor:
    """What mutter knows a monitor by; `unknown` where nothing hangs, or nothing is told."""

    output: str
    vendor: str = "unknown"
    """Three letters."""
    product: str = "unknown"
    """Its name, or else its number, `0x1a2b`."""
    serial: str = "unknown"


def monitor(output: str, octets: bytes) -> Monitor:
    """The monitor in an EDID's first block; an unknown one when it is none."""
    if len(octets) < LENGTH or octets[:8] != _HEAD or sum(octets[:LENGTH]) % 256:
        return Monitor(output)
    word = int.from_bytes(octets[8:10], "big")
    vendor = "".join(chr(64 + (word >> shift & 31)) for shift in (10, 5, 0))
    texts = {octets[n + 3]: _text(octets[n + 5 : n + 18]) for n in (54, 72, 90, 108)
             if octets[n : n + 3] == b"\0\0\0"}  # fmt: skip
    number = int.from_bytes(octets[10:12], "little")
    serial = int.from_bytes(octets[12:16], "little")
    return Monitor(
        output,
        vendor,
        texts.get(_NAME) or f"0x{number:04x}",
        texts.get(_SERIAL) or f"0x{serial:08x}",
    )


def _text(octets: bytes) -> str:
    text = octets.partition(b"\n")[0].decode("ascii", "replace").strip()
    return "".join(sign if sign.isprintable() else "?" for sign in text)
