"""Texts in the encodings of IPMI's type/length byte (IPMI 2.0, section 43.15). Pure."""

_BCD_PLUS = "0123456789 -.:,_"
LONGEST = 64


def text_of(type_length: int, data: bytes, *, unicode_first: bool) -> str:
    """The text behind a type/length byte, without what could disturb a page.

    Args:
        type_length: The byte itself: bits 7:6 are the encoding, 4:0 (5:0 in a FRU) the length.
        data: What follows it; it may be shorter than it should.
        unicode_first: Encoding 0 is Unicode in a sensor's record, and plain octets in a FRU.
    """
    kind = type_length >> 6
    if kind == 0:
        text = data.decode("utf-8", "replace") if unicode_first else data.hex()
    elif kind == 1:
        text = "".join(_BCD_PLUS[each >> 4] + _BCD_PLUS[each & 0x0F] for each in data)
    elif kind == 2:
        bits = int.from_bytes(data, "little")
        letters = len(data) * 8 // 6
        text = "".join(chr((bits >> 6 * place & 0x3F) + 0x20) for place in range(letters))
    else:
        text = data.decode("latin-1")
    kept = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(kept.split())[:LONGEST]
