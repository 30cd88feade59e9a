"""Reads profile files; every mistake is told as `file: where: what`."""

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from monitors.profiles.errors import ProfileError
from monitors.profiles.rebrand import completed
from monitors.profiles.schema import FORMAT, Profile

MAX_FILE_BYTES = 1_000_000


# libyaml reads all profiles in a fraction of a second; a PyYAML without it still reads them.
_Base: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc, valid-type]  # chosen at run time
    """YAML in which `on`, `off`, `yes` and `no` are words, and no key stands twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key!r} stands twice", key_node.start_mark
                )
            seen.add(key)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return mapping


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":bool", ":null"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def load_profile(path: Path) -> Profile:
    """Reads one profile.

    Raises:
        ProfileError: The file cannot be read or is not a profile; all its mistakes are listed.
    """
    return _check(path, completed(path, _read(path), _read))


def _read(path: Path) -> dict[str, object]:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ProfileError(f"{path}: larger than {MAX_FILE_BYTES} bytes, so not a profile")
        text = path.read_text(encoding="utf-8")
        # _Loader is a SafeLoader: it builds plain values only.
        content = yaml.load(text, Loader=_Loader)  # noqa: S506
    except (OSError, UnicodeDecodeError) as error:
        raise ProfileError(f"{path}: {error}") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise ProfileError(f"{place}: not YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise ProfileError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    return _of_this_format(path, content)


def _of_this_format(path: Path, content: object) -> dict[str, object]:
    if not isinstance(content, dict):
        raise ProfileError(f"{path}: a profile is a mapping that starts with `format: {FORMAT}`")
    if content.get("format") != FORMAT:
        found = content.get("format")
        raise ProfileError(f"{path}: format: {found!r} is not known; write format: {FORMAT}")
    return content


def _check(path: Path, content: dict[str, object]) -> Profile:
    try:
        profile = Profile.model_validate(content)
    except ValidationError as error:
        raise ProfileError("; ".join(_lines(path, error))) from error
    if profile.profile != path.stem:
        raise ProfileError(f"{path}: profile: {profile.profile} must be named as its file")
    return profile


def _lines(path: Path, error: ValidationError) -> list[str]:
    return [
        f"{path.name}: {'.'.join(map(str, item['loc'])) or 'profile'}: {_words(item['msg'])}"
        for item in error.errors(include_url=False, include_input=False)
    ]


def _words(message: str) -> str:
    return message.removeprefix("Value error, ")
