"""PJLink class 2 status notices: a display says that something has changed. Pure.

Whatever they say is a hint: nothing in them proves who sent them.
"""

import re

from monitors.printable import printable

LONGEST = 136
_NOTICE = re.compile(rb"%2(LKUP|ERST|POWR|INPT)=([ -~]{1,32})\r?\n?", re.IGNORECASE)
"""The four notices of the class 2 specification, section 3."""
_POWER = {"0": "standby", "1": "on", "2": "cooling", "3": "warming up"}
_PARTS = ("fan", "lamp", "temperature", "cover", "filter", "other")


def read_notice(data: bytes) -> str | None:
    """What a notice says, in words; None when it is none."""
    found = _NOTICE.fullmatch(data) if len(data) <= LONGEST else None
    if found is None:
        return None
    command, value = found[1].decode().upper(), printable(found[2].decode())
    if command == "LKUP":
        return f"is on the network (LKUP {value})"
    if command == "POWR":
        return f"power: {_POWER.get(value, value)} (POWR)"
    if command == "INPT":
        return f"input: {value} (INPT)"
    troubled = [part for part, digit in zip(_PARTS, value, strict=False) if digit != "0"]
    return f"errors: {', '.join(troubled) or 'none'} (ERST)"
