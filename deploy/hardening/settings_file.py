"""Settings within a file that is not ours alone: each stands there once, the rest stays."""

import re
from collections.abc import Mapping


def with_settings(text: str, settings: Mapping[str, str], between: str) -> str:
    """The text with `key<between>value` lines, in place of those that set the same key.

    Comments stay. A key that nothing set is added at the end, in the mapping's order.
    """
    lines: list[str] = []
    placed: set[str] = set()
    for line in text.splitlines():
        key = _key(line)
        if key not in settings:
            lines.append(line)
        elif key not in placed:
            placed.add(key)
            lines.append(
                line if _is_so(line, key, settings[key]) else _line(key, settings, between)
            )
    lines += [_line(key, settings, between) for key in settings if key not in placed]
    return "".join(f"{line}\n" for line in lines)


def _key(line: str) -> str:
    return re.split(r"[\s=]", line.strip(), maxsplit=1)[0]


def _is_so(line: str, key: str, value: str) -> bool:
    return line.strip().removeprefix(key).strip(" \t=") == value


def _line(key: str, settings: Mapping[str, str], between: str) -> str:
    return f"{key}{between}{settings[key]}"
