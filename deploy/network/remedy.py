"""The lines that lead from one configuration to another, by hier_config with our own grammar."""

from collections.abc import Iterable, Iterator

from hier_config import HConfig, HConfigChild
from hier_config.platforms.driver_base import HConfigDriverBase, HConfigDriverRules

from deploy.network.grammar import Grammar
from deploy.network.running import Lineage, Spelled, key_of, negation_of
from deploy.network.tree import Line

_USUAL = 500


class _Driver(HConfigDriverBase):
    """hier_config's own drivers know each platform at large; this one knows what is ours."""

    def __init__(self, grammar: Grammar, have: Spelled, wanted: Spelled) -> None:
        self._grammar = grammar
        self._have = have
        self._wanted = [line.text for line in wanted.lines]
        super().__init__()

    @staticmethod
    def _instantiate_rules() -> HConfigDriverRules:
        return HConfigDriverRules(indentation=1)

    @property
    def negation_prefix(self) -> str:
        return self._grammar.negation

    @property
    def declaration_prefix(self) -> str:
        return self._grammar.declaration

    def swap_negation(self, child: HConfigChild) -> HConfigChild:
        """Takes a line away in the way that the platform wants it."""
        lineage = tuple(each.text for each in child.lineage())
        whole = self._container(child.text) if len(lineage) == 1 else ""
        original = self._have.original.get(lineage, child.text)
        child.text = whole or negation_of(self._grammar, original)
        return child

    def _container(self, text: str) -> str:
        """The negation of what a line is in, when nothing of that is wanted."""
        for pattern in self._grammar.containers:
            found = pattern.search(text)
            if found and not any(line.startswith(found[0]) for line in self._wanted):
                return f"{self._grammar.negation}{found[1]}"
        return ""

    def idempotent_for(
        self, config: HConfigChild, other_children: Iterable[HConfigChild]
    ) -> HConfigChild | None:
        """The line that replaces this one."""
        key = key_of(self._grammar, config.text)
        if key is None:
            return None
        return next((o for o in other_children if key_of(self._grammar, o.text) == key), None)


def remedy(grammar: Grammar, have: Spelled, wanted: Spelled) -> list[Line]:
    """What to send so that `have` becomes `wanted`, in the order in which it is safe to send it."""
    driver = _Driver(grammar, have, wanted)
    delta = _hier(driver, have.lines).config_to_get_to(_hier(driver, wanted.lines))
    for child in delta.children:
        child.order_weight = _place(grammar, child.text)
    return list(_sendable(grammar, delta.children, wanted, ()))


def _hier(driver: HConfigDriverBase, lines: Iterable[Line]) -> HConfig:
    root = HConfig(driver)
    _fill(root, lines)
    return root


def _fill(node: HConfig | HConfigChild, lines: Iterable[Line]) -> None:
    for line in lines:
        _fill(node.add_child(line.text, return_if_present=True), line.inside)


def _place(grammar: Grammar, text: str) -> int:
    """The last rule that fits says when."""
    found = _USUAL
    for pattern, place in grammar.order:
        if pattern.search(text):
            found = place
    return found


def _sendable(
    grammar: Grammar, children: Iterable[HConfigChild], wanted: Spelled, above: Lineage
) -> Iterator[Line]:
    sent: set[str] = set()
    for child in sorted(children):
        lineage = (*above, child.text)
        text = wanted.original.get(lineage, child.text)
        if text in sent or _is_gone(grammar, text, sent):
            continue
        sent.add(text)
        yield Line(text, list(_sendable(grammar, child.children, wanted, lineage)))


def _is_gone(grammar: Grammar, text: str, sent: Iterable[str]) -> bool:
    """Whether a line that was taken away took this one along."""
    return any(
        pattern.search(other) and text.startswith(f"{other} ")
        for other in sent
        for pattern in grammar.wholes
    )
