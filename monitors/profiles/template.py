"""Names in a profile: text with `{index}`, `{index.2}`, `{label}` or `{label|index}` in it."""

import re
from collections.abc import Mapping, Sequence

_FIELD = re.compile(r"\{([^{}]*)\}")
_CHOICE = re.compile(r"index(\.[1-9]\d?)?|[a-z][a-z0-9_]*")


class Template:
    """A parsed name template."""

    def __init__(self, text: str) -> None:
        """Parses the text.

        Raises:
            ValueError: A field in braces is not one of the documented forms.
        """
        self._parts: list[str | tuple[str, ...]] = []
        at = 0
        for field in _FIELD.finditer(text):
            choices = tuple(field.group(1).split("|"))
            if not all(_CHOICE.fullmatch(choice) for choice in choices):
                raise ValueError(f"{field.group()!r} is not {{index}}, {{index.2}} or {{label}}")
            self._parts += [text[at : field.start()], choices]
            at = field.end()
        self._parts.append(text[at:])
        if any("{" in part or "}" in part for part in self._parts if isinstance(part, str)):
            raise ValueError(f"{text!r} has a brace without its partner")

    @property
    def labels(self) -> frozenset[str]:
        """The labels that it names, without the index."""
        return frozenset(
            choice
            for part in self._parts
            if isinstance(part, tuple)
            for choice in part
            if not choice.startswith("index")
        )

    def fill(self, index: Sequence[int], labels: Mapping[str, str]) -> str:
        """The name of one row. Of `{a|b}` the first is taken that is not empty."""
        filled = "".join(
            part
            if isinstance(part, str)
            else next(filter(None, (_look_up(choice, index, labels) for choice in part)), "")
            for part in self._parts
        )
        return " ".join(filled.split())


def _look_up(choice: str, index: Sequence[int], labels: Mapping[str, str]) -> str:
    if choice == "index":
        return ".".join(map(str, index))
    if choice.startswith("index."):
        at = int(choice[6:]) - 1
        return str(index[at]) if at < len(index) else ""
    return labels.get(choice, "")
