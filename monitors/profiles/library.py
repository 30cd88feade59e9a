"""All device profiles together: finds those that fit a device and makes one poll plan of them."""

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from monitors.profiles.compiled import CompiledProfile
from monitors.profiles.errors import ProfileError
from monitors.profiles.loader import load_profile
from monitors.snmp.plan import PollPlan, grouped

DATA = Path(__file__).parent / "data"
OWN = "profiles"
"""The folder in a center's folder that holds profiles of its own."""


class Library:
    """Every profile that is known, ready for use."""

    def __init__(self, profiles: Iterable[CompiledProfile]) -> None:
        self.profiles = tuple(sorted(profiles, key=_rank))
        """Families first, standards last: where both read an object, the family knows better."""
        names = {profile.name for profile in self.profiles}
        for profile in self.profiles:
            if missing := set(profile.profile.replaces) - names:
                where = f"{profile.name}.yaml: replaces"
                raise ProfileError(f"{where}: there is no profile {', '.join(sorted(missing))}")

    @classmethod
    def load(cls, folder: Path = DATA) -> "Library":
        """Reads every `*.yaml` of a folder.

        Raises:
            ProfileError: One of them is wrong, or there is none.
        """
        paths = sorted(folder.glob("*.yaml"))
        if not paths:
            raise ProfileError(f"{folder}: no profiles (*.yaml) here")
        return cls(CompiledProfile(load_profile(path)) for path in paths)

    @property
    def probes(self) -> tuple[bytes, ...]:
        """Every subtree by whose presence a family is known."""
        return tuple(dict.fromkeys(oid for profile in self.profiles for oid in profile.probes))

    def recognise(
        self, object_id: bytes, present: Collection[bytes]
    ) -> tuple[CompiledProfile, ...]:
        """The profiles that fit a device.

        Args:
            object_id: Its sysObjectID as BER content bytes; empty when it has none.
            present: OIDs that it answered when the library's probes were asked.
        """
        found = [profile for profile in self.profiles if _fits(profile, object_id, present)]
        replaced = {name for profile in found for name in profile.profile.replaces}
        wanted = (profile for profile in found if profile.name not in replaced)
        placed = (profile.below(object_id) for profile in wanted)
        return tuple(profile for profile in placed if not profile.is_relative)


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
    own = [CompiledProfile(load_profile(path)) for path in paths]
    known = {profile.name for profile in shipped().profiles}
    for path, profile in zip(paths, own, strict=True):
        if profile.name in known:
            raise ProfileError(f"{path}: {profile.name} is a profile already; choose another name")
        known.add(profile.name)
    return Library([*shipped().profiles, *own])


def plan_of(profiles: Sequence[CompiledProfile], gets: Iterable[bytes] = ()) -> PollPlan:
    """Everything that these profiles read, each object once, besides some more `gets`."""
    singles = [*gets, *(oid for profile in profiles for oid in profile.gets)]
    columns = {c for profile in profiles for table in profile.tables for c in table.columns}
    return PollPlan(tuple(dict.fromkeys(singles)), grouped(columns))


def pruned(plan: PollPlan, values: Collection[bytes]) -> PollPlan:
    """The plan without what the device was found not to have."""
    columns = {column for group in plan.walks for column in group}
    sizes = {len(column) for column in columns}
    present = {oid[:size] for oid in values for size in sizes}
    return PollPlan(tuple(oid for oid in plan.gets if oid in values), grouped(columns & present))


def _rank(profile: CompiledProfile) -> tuple[bool, str]:
    return profile.profile.recognise.always, profile.name


def _fits(profile: CompiledProfile, object_id: bytes, present: Collection[bytes]) -> bool:
    return (
        profile.profile.recognise.always
        or any(_under(object_id, prefix) for prefix in profile.object_ids)
        or any(_under(oid, probe) for probe in profile.probes for oid in present)
    )


def _under(oid: bytes, prefix: bytes) -> bool:
    """Whether an OID is a prefix or lies below it; sub-identifiers end below 0x80 by themselves."""
    return oid.startswith(prefix)
