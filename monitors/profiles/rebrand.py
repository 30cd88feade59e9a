"""A profile of devices that carry another maker's MIB under an enterprise number of their own."""

from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from monitors.profiles.errors import ProfileError

KEY = "same_as"


class _Origin(BaseModel):
    """Whose MIB it is, and what its OIDs begin with there and here."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    profile: str
    root: str
    here: str


def completed(
    path: Path, content: dict[str, object], read: Callable[[Path], dict[str, object]]
) -> dict[str, object]:
    """The content, with what it leaves out taken from the profile that `same_as` names.

    Args:
        path: The profile's file; the other one is beside it.
        content: What stands in it. Unchanged without `same_as`.
        read: Reads the other file.

    Raises:
        ProfileError: `same_as` is wrong, or names a profile that has one itself.
    """
    if KEY not in content:
        return content
    try:
        origin = _Origin.model_validate(content[KEY])
    except ValidationError as error:
        raise ProfileError(f"{path}: {KEY}: give profile, root and here, each a text") from error
    other = read(path.with_name(f"{origin.profile}.yaml"))
    if KEY in other:
        raise ProfileError(f"{path}: {KEY}: {origin.profile} is itself the same as another")
    own = {key: value for key, value in content.items() if key != KEY}
    moved = {key: _moved(value, origin) for key, value in other.items()}
    return {**moved, **own, "identity": _both(moved.get("identity"), own.get("identity"))}


def _moved(value: object, origin: _Origin) -> object:
    if isinstance(value, str):
        if value == origin.root or value.startswith(f"{origin.root}."):
            return origin.here + value[len(origin.root) :]
        return value
    if isinstance(value, dict):
        return {key: _moved(item, origin) for key, item in value.items()}
    if isinstance(value, list):
        return [_moved(item, origin) for item in value]
    return value


def _both(theirs: object, ours: object) -> object:
    return {
        **(theirs if isinstance(theirs, dict) else {}),
        **(ours if isinstance(ours, dict) else {}),
    }
