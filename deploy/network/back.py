"""The lines that bring a device back to an earlier reading of it, whatever happened since. Pure."""

from deploy.network.difference import share
from deploy.network.grammars import GRAMMARS
from deploy.network.remedy import remedy
from deploy.network.running import running_form
from deploy.network.tree import flat, parse
from inventory.gear import Platform


def lines_back(platform: Platform, now: str, before: str) -> tuple[str, ...]:
    """From one masked configuration to an earlier one; its masks are the earlier reading's.

    Raises `ConfigurationError`.
    """
    grammar = GRAMMARS[platform]
    have = running_form(grammar, parse(platform, now))
    wanted = running_form(grammar, parse(platform, before))
    if grammar.permanent is not None:
        share(grammar.permanent, have.lines, wanted.lines)
    return tuple(flat(remedy(grammar, have, wanted), closings=grammar.closings))
