"""How a raw value from the wire is compared with what a profile writes."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from monitors.profiles.notation import Key, is_pattern
from monitors.profiles.sensor_schema import States
from monitors.reading import State
from monitors.snmp.values import Value, text_of


def key_of(value: Value) -> Key:
    """The form in which raw values are compared: whole numbers as int, texts without case."""
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return text_of(value).casefold()


class KeySet:
    """A list of raw values in a profile; a number also matches the text of that number.

    A text that begins with `~` is a regular expression, looked for anywhere and without case.
    """

    def __init__(self, keys: Collection[Key]) -> None:
        patterns = [key[1:] for key in keys if is_pattern(key)]
        self._keys = {form for key in keys if not is_pattern(key) for form in _forms(key)}
        self._pattern = re.compile("|".join(patterns), re.IGNORECASE) if patterns else None

    def __bool__(self) -> bool:
        return bool(self._keys) or self._pattern is not None

    def __contains__(self, value: Value) -> bool:
        if self._keys and key_of(value) in self._keys:
            return True
        return self._pattern is not None and bool(self._pattern.search(text_of(value)))


def _forms(key: Key) -> tuple[Key, ...]:
    return (key, str(key)) if isinstance(key, int) else (key.casefold(),)


@dataclass(frozen=True, slots=True)
class Meant:
    """What one raw value means."""

    state: State
    word: str
    number: int


class StateMap:
    """A profile's `states`, ready for looking up."""

    def __init__(self, states: States) -> None:
        self._otherwise = states.otherwise
        self._meant: dict[Key, Meant] = {}
        self._any: Meant | None = None
        for state in State:
            self._add(state, getattr(states, state.value))

    def _add(self, state: State, words: Mapping[Key, str]) -> None:
        for key, word in words.items():
            # A text has no number of its own; its place in the profile stands in for one.
            number = key if isinstance(key, int) else len(self._meant) + 1
            for form in _forms(key):
                self._meant[form] = Meant(state, word, number)

    @classmethod
    def absent(cls, word: str) -> "StateMap":
        """Whatever is read there, the part is not: the same word for any value."""
        nothing = cls(States())
        nothing._any = Meant(State.ABSENT, word, 0)
        return nothing

    def look_up(self, value: Value) -> Meant:
        """The meaning; a value that is not listed has the state `otherwise` and itself as word."""
        if self._any is not None:
            return self._any
        key = key_of(value)
        found = self._meant.get(key)
        if found is not None:
            return found
        return Meant(self._otherwise, text_of(value), key if isinstance(key, int) else 0)
