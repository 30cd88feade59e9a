"""A piece of gear in a few lines: takes configuration as its command line would, and prints it.

It knows what replaces what from the grammar under test, and nothing else of the code.
"""

import re
from collections.abc import Iterable

from deploy.network.grammar import Grammar
from deploy.network.running import key_of

Tree = dict[str, "Tree"]


class Gear:
    """Its configuration as nested lines."""

    def __init__(self, grammar: Grammar, lines: Iterable[str] = ()) -> None:
        self._grammar = grammar
        self.tree: Tree = {}
        self.send(lines)

    def send(self, lines: Iterable[str]) -> None:
        """Types the lines one by one."""
        path: list[tuple[int, Tree]] = [(-1, self.tree)]
        banner: list[str] | None = None
        for line in lines:
            if banner is not None:
                banner.append(line)
                if line in {"^C", "EOF"}:
                    self._take(self.tree, "\n".join(banner))
                    banner = None
                continue
            if line.startswith("banner "):
                banner = [line]
                continue
            text = line.strip()
            if text in self._grammar.closings.values():
                continue  # where a line belongs is told by how far it stands to the right
            indent = len(line) - len(line.lstrip())
            while path[-1][0] >= indent:
                path.pop()
            path.append((indent, self._take(path[-1][1], text)))

    def printed(self) -> str:
        """What `show running-config` gives: defaults are not in it."""
        return "\n".join(self._lines(self.tree, 0)) + "\n"

    def _take(self, here: Tree, text: str) -> Tree:
        grammar = self._grammar
        if text.startswith("default "):
            return self._forget(here, text.removeprefix("default "))
        word, _, rest = text.partition(" ")
        if word in {"delete", "unset"}:
            table = "edit " if grammar.closings and word == "delete" else grammar.declaration
            return self._forget(here, table + rest)
        if text.startswith("no "):
            positive = text.removeprefix("no ")
            self._forget(here, positive)
            return here.setdefault(text, {}) if positive in _BY_DEFAULT else {}
        here.pop(f"no {text}", None)
        if text in _BY_DEFAULT:
            return {}
        key = key_of(grammar, text)
        for other in [o for o in here if o != text and key and key_of(grammar, o) == key]:
            del here[other]
        return here.setdefault(text, {})

    def _forget(self, here: Tree, text: str) -> Tree:
        for other in [other for other in here if _covers(text, other)]:
            del here[other]
        return {}

    def _lines(self, here: Tree, depth: int) -> Iterable[str]:
        for text, inside in here.items():
            if any(pattern.search(text) for pattern in self._grammar.unprinted):
                continue
            first, *rest = text.split("\n")
            yield " " * depth + first
            yield from rest
            yield from self._lines(inside, depth + 1)
            closing = self._grammar.closings.get(first.split(" ")[0])
            if closing:
                yield " " * depth + closing


_BY_DEFAULT = frozenset(
    {
        "ip redirects",
        "ip proxy-arp",
        "ip dhcp snooping information option",
        "ip forwarding",
        "switchport",
    }
)
"""What a device does by default: it prints only that it does not."""
_ALONE = frozenset({"ip dhcp snooping", "switchport port-security", "switchport"})
"""Taking these away takes nothing along that begins with the same words."""


def _covers(negated: str, line: str) -> bool:
    """Whether taking `negated` away takes this line: it begins with its words, or its number."""
    if re.fullmatch(r"\d+", negated):
        return line.startswith(f"{negated} ")
    if negated in _ALONE or negated.endswith(" querier") or "use-ipv4acl" in line:
        return line == negated
    return line == negated or line.startswith((f"{negated} ", f"{negated}\n"))
