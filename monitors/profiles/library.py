"""All device profiles together: finds those that fit a device and makes one poll plan of them.

A center has gear of few families. The others stay closed: of them, only that is kept open by which
they are recognised.
"""

import pickle
import zlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from weakref import WeakValueDictionary

from monitors.profiles.compiled import CompiledProfile
from monitors.profiles.errors import ProfileError
from monitors.profiles.loader import load_profile
from monitors.profiles.schema import Profile
from monitors.snmp.oid import encode_oid
from monitors.snmp.plan import PollPlan, grouped

DATA = Path(__file__).parent / "data"
OWN = "profiles"
"""The folder in a center's folder that holds profiles of its own."""


@dataclass(frozen=True, slots=True)
class _Card:
    """What a library knows of a profile without opening it."""

    name: str
    always: bool
    replaces: tuple[str, ...]
    object_ids: tuple[bytes, ...]
    probes: tuple[bytes, ...]
    _closed: bytes

    @classmethod
    def of(cls, profile: Profile) -> "_Card":
        return cls(
            profile.profile,
            profile.recognise.always,
            tuple(profile.replaces),
            tuple(map(encode_oid, profile.recognise.object_id)),
            tuple(map(encode_oid, profile.recognise.probe)),
            zlib.compress(pickle.dumps(profile), 1),
        )

    @property
    def rank(self) -> tuple[bool, str]:
        return self.always, self.name

    def open(self) -> CompiledProfile:
        return CompiledProfile(pickle.loads(zlib.decompress(self._closed)))  # noqa: S301 - our own

    def fits(self, object_id: bytes, present: Collection[bytes]) -> bool:
        return (
            self.always
            or any(_under(object_id, prefix) for prefix in self.object_ids)
            or any(_under(oid, probe) for probe in self.probes for oid in present)
        )


class Library:
    """Every profile that is known, ready for use."""

    def __init__(self, profiles: Iterable[Profile]) -> None:
        self._fill(map(_Card.of, profiles))

    @classmethod
    def load(cls, folder: Path = DATA) -> "Library":
        """Reads every `*.yaml` of a folder.

        Raises:
            ProfileError: One of them is wrong, or there is none.
        """
        paths = sorted(folder.glob("*.yaml"))
        if not paths:
            raise ProfileError(f"{folder}: no profiles (*.yaml) here")
        return cls(map(load_profile, paths))

    def extended(self, profiles: Iterable[Profile]) -> "Library":
        """One with these profiles besides."""
        library = Library(())
        library._fill([*self._cards, *map(_Card.of, profiles)])
        return library

    @property
    def names(self) -> frozenset[str]:
        """What the profiles are called."""
        return frozenset(card.name for card in self._cards)

    @property
    def profiles(self) -> tuple[CompiledProfile, ...]:
        """All of them, opened. Families first, standards last: see `recognise`."""
        return tuple(map(self._opened, self._cards))

    @property
    def probes(self) -> tuple[bytes, ...]:
        """Every subtree by whose presence a family is known."""
        return tuple(dict.fromkeys(oid for card in self._cards for oid in card.probes))

    def recognise(
        self, object_id: bytes, present: Collection[bytes]
    ) -> tuple[CompiledProfile, ...]:
        """The profiles that fit a device: the same objects for devices that are alike.

        Args:
            object_id: Its sysObjectID as BER content bytes; empty when it has none.
            present: OIDs that it answered when the library's probes were asked.
        """
        found = [card for card in self._cards if card.fits(object_id, present)]
        replaced = {name for card in found for name in card.replaces}
        placed = (self._placed(card, object_id) for card in found if card.name not in replaced)
        return tuple(profile for profile in placed if not profile.is_relative)

    def _fill(self, cards: Iterable[_Card]) -> None:
        # Where two read an object, the first wins: the family knows better than the standard.
        self._cards = tuple(sorted(cards, key=lambda card: card.rank))
        self._open: WeakValueDictionary[tuple[str, bytes], CompiledProfile] = WeakValueDictionary()
        names = self.names
        for card in self._cards:
            if missing := set(card.replaces) - names:
                where = f"{card.name}.yaml: replaces"
                raise ProfileError(f"{where}: there is no profile {', '.join(sorted(missing))}")

    def _opened(self, card: _Card) -> CompiledProfile:
        known = self._open.get((card.name, b""))
        if known is None:
            known = self._open[card.name, b""] = card.open()
        return known

    def _placed(self, card: _Card, object_id: bytes) -> CompiledProfile:
        known = self._open.get((card.name, object_id))
        if known is not None:
            return known
        opened = self._opened(card)
        placed = opened.below(object_id)
        if placed is not opened:
            self._open[card.name, object_id] = placed
        return placed


@lru_cache(maxsize=1)
def shipped() -> Library:
    """The profiles that come with Watchfloor, read once."""
    return Library.load()


def library_for(center: Path) -> Library:
    """The shipped profiles and, where a center's folder has a folder `profiles`, those in it.

    Raises:
        ProfileError: One of them is wrong, or a name stands twice.
    """
    paths = sorted((center / OWN).glob("*.yaml"))
    if not paths:
        return shipped()
    own = [load_profile(path) for path in paths]
    known = set(shipped().names)
    for path, profile in zip(paths, own, strict=True):
        name = profile.profile
        if name in known:
            raise ProfileError(f"{path}: {name} is a profile already; choose another name")
        known.add(name)
    return shipped().extended(own)


_PLANS: WeakValueDictionary[PollPlan, PollPlan] = WeakValueDictionary()


def _one(plan: PollPlan) -> PollPlan:
    """The same plan for all devices that are asked the same."""
    return _PLANS.setdefault(plan, plan)


def plan_of(profiles: Sequence[CompiledProfile], gets: Iterable[bytes] = ()) -> PollPlan:
    """Everything that these profiles read, each object once, besides some more `gets`."""
    singles = [*gets, *(oid for profile in profiles for oid in profile.gets)]
    columns = {c for profile in profiles for table in profile.tables for c in table.columns}
    return _one(PollPlan(tuple(dict.fromkeys(singles)), grouped(columns)))


def pruned(plan: PollPlan, values: Collection[bytes]) -> PollPlan:
    """The plan without what the device was found not to have."""
    columns = {column for group in plan.walks for column in group}
    sizes = {len(column) for column in columns}
    present = {oid[:size] for oid in values for size in sizes}
    gets = tuple(oid for oid in plan.gets if oid in values)
    return _one(PollPlan(gets, grouped(columns & present)))


def _under(oid: bytes, prefix: bytes) -> bool:
    """Whether an OID is a prefix or lies below it; sub-identifiers end below 0x80 by themselves."""
    return oid.startswith(prefix)
