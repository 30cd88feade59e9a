"""Reads one runbook file; every mistake names the file and line and what would be right."""

import hashlib
from collections.abc import Iterator
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from pydantic import ValidationError

from inventory.errors import WatchfloorError
from monitors.runbooks.model import HEADINGS, Block, FrontMatter, Runbook, step_from

MOST_BYTES = 256 * 1024
_MARKDOWN = MarkdownIt("commonmark", {"html": False})


class RunbookError(WatchfloorError):
    """A mistake in a runbook file."""

    def __init__(self, path: str, line: int, what: str) -> None:
        super().__init__(f"{path}:{line}: {what}")


def parse(path: str, content: bytes) -> Runbook:
    """The runbook in a file's bytes. `path` is relative to the runbooks' folder."""
    if len(content) > MOST_BYTES:
        raise RunbookError(path, 1, f"longer than {MOST_BYTES} bytes; split the alert")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise RunbookError(path, 1, "is not UTF-8; save it as UTF-8") from error
    head_text, body, offset = _split(path, text)
    return Runbook(
        path=path,
        head=_head(path, head_text),
        sections=tuple(_sections(path, body, offset)),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _split(path: str, text: str) -> tuple[str, str, int]:
    """Front matter, body, and the number of lines before the body."""
    lines = text.splitlines()
    if not lines or lines[0] != "---" or "---" not in lines[1:]:
        raise RunbookError(path, 1, "must begin with front matter between two lines of ---")
    end = lines.index("---", 1)
    return "\n".join(lines[1:end]), "\n".join(lines[end + 1 :]), end + 1


def _yaml(path: str, line: int, text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = line + mark.line if mark else line
        what = f"is not YAML: {getattr(error, 'problem', error)}; write longer texts after >-"
        raise RunbookError(path, at, what) from error


def _head(path: str, text: str) -> FrontMatter:
    try:
        return FrontMatter.model_validate(_yaml(path, 2, text))
    except ValidationError as error:
        raise RunbookError(path, 1, f"front matter: {_first(error)}") from error


def _first(error: ValidationError) -> str:
    detail = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in detail["loc"])
    return f"{where}: {detail['msg']}" if where else detail["msg"]


def _sections(path: str, body: str, offset: int) -> Iterator[tuple[str, tuple[Block, ...]]]:
    lines = body.splitlines()
    tokens = _MARKDOWN.parse(body)
    starts = [
        (token.map[0], tokens[index + 1].content)
        for index, token in enumerate(tokens)
        if token.type == "heading_open" and token.map
    ]
    for number, wanted in enumerate(HEADINGS):
        if number >= len(starts) or starts[number][1] != wanted:
            at = starts[number][0] if number < len(starts) else len(lines)
            order = ", ".join(HEADINGS)
            raise RunbookError(path, offset + at + 1, f"the headings are {order}, in this order")
    fences = [t for t in tokens if t.type == "fence" and t.info.strip() == "step" and t.map]
    for number, (start, heading) in enumerate(starts):
        end = starts[number + 1][0] if number + 1 < len(starts) else len(lines)
        inside = [t for t in fences if t.map and start < t.map[0] < end]
        yield heading, tuple(_blocks(path, lines, (start + 1, end), inside, offset))


def _blocks(
    path: str, lines: list[str], span: tuple[int, int], fences: list[Token], offset: int
) -> Iterator[Block]:
    at, end = span
    for fence in fences:
        assert fence.map is not None
        yield from _prose(lines, at, fence.map[0], offset)
        line = offset + fence.map[0] + 1
        try:
            step = step_from(_yaml(path, line + 1, fence.content))
        except ValidationError as error:
            raise RunbookError(path, line, f"step: {_first(error)}") from error
        except ValueError as error:
            raise RunbookError(path, line, f"step: {error}") from error
        yield Block(line=line, step=step)
        at = fence.map[1]
    yield from _prose(lines, at, end, offset)


def _prose(lines: list[str], begin: int, end: int, offset: int) -> Iterator[Block]:
    text = "\n".join(lines[begin:end]).strip()
    if text:
        yield Block(line=offset + begin + 1, prose=text)
