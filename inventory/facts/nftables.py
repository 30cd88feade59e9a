"""Which packets the host lets in: the rules in the kernel, and those its file would make."""

import re
from dataclasses import dataclass

from inventory.facts.area import tagged
from inventory.facts.textfile import SHOW_FILE, TextFile, file_at, text_files
from inventory.facts.unit import SHOW_UNIT, Unit, unit_named, units

CONFIGURATION = "/etc/nftables.conf"

# What the file would make is asked from nft itself, in a network namespace that lives for this one
# question: both texts then have nft's own spelling, and can be compared.
SCRIPT = (
    SHOW_FILE
    + SHOW_UNIT
    + """\
command -v nft >/dev/null || { echo no | tag installed; exit 0; }
echo yes | tag installed
show_file /etc/nftables.conf || exit 1
show_unit nftables.service
rules=$(nft -s list ruleset) || exit 1
printf '%s\\n' "$rules" | tag running
if [ -f /etc/nftables.conf ]; then
  if made=$(unshare --net -- sh -c 'nft -f /etc/nftables.conf && nft -s list ruleset' 2>&1)
  then printf '%s\\n' "$made" | tag filed
  else printf '%s\\n' "$made" | tag invalid; fi
fi
"""
)


@dataclass(frozen=True, slots=True)
class BaseChain:
    """A chain that packets come to by themselves."""

    family: str
    table: str
    name: str
    hook: str
    """`input`, `forward`, `output` …"""
    policy: str
    """`accept` or `drop`."""


@dataclass(frozen=True, slots=True)
class NftablesFacts:
    """The packet filter. An uninstalled one has only `installed=False`."""

    installed: bool
    running: tuple[str, ...]
    """The kernel's rules, line by line, counters left out."""
    filed: tuple[str, ...]
    """The rules that /etc/nftables.conf would make, spelled in the same way."""
    invalid: str
    """What nft says against the file; empty when it accepts it."""
    files: tuple[TextFile, ...]
    units: tuple[Unit, ...]

    @property
    def file(self) -> TextFile:
        return file_at(self.files, CONFIGURATION)

    @property
    def unit(self) -> Unit:
        return unit_named(self.units, "nftables.service")

    @property
    def base_chains(self) -> tuple[BaseChain, ...]:
        """The kernel's base chains."""
        return base_chains(self.running)

    @property
    def drops_by_default(self) -> bool:
        """Whether some inet input chain drops what no rule of it accepts (both IP versions)."""
        return any(
            chain.hook == "input" and chain.policy == "drop" and chain.family == "inet"
            for chain in self.base_chains
        )


def parse(text: str) -> NftablesFacts:
    """Raises `FactError` when even the first line is missing."""
    parts = tagged(text, "installed")
    if parts["installed"] != ("yes",):
        return NftablesFacts(False, (), (), "", (), ())
    return NftablesFacts(
        installed=True,
        running=_rules(parts.get("running", ())),
        filed=_rules(parts.get("filed", ())),
        invalid=" ".join(parts.get("invalid", ())),
        files=text_files(parts.get("file", ())),
        units=units(parts.get("unit", ())),
    )


def table(rules: tuple[str, ...], family: str, name: str) -> tuple[str, ...]:
    """The lines of one table, its first and last one included; empty when it is not there."""
    opening = f"table {family} {name} {{"
    if opening not in rules:
        return ()
    start = rules.index(opening)
    return rules[start : rules.index("}", start) + 1]


def base_chains(rules: tuple[str, ...]) -> tuple[BaseChain, ...]:
    """The base chains in nft's listing."""
    found = []
    family = name = chain = ""
    for line in rules:
        words = line.split()
        if words[:1] == ["table"]:
            family, name = words[1], words[2]
        elif words[:1] == ["chain"]:
            chain = words[1]
        elif match := re.match(r"\s*type \w+ hook (\w+) .*?policy (\w+);", line):
            found.append(BaseChain(family, name, chain, match[1], match[2]))
    return tuple(found)


def _rules(lines: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(line.rstrip() for line in lines if line.strip())
