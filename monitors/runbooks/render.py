"""Fills a runbook with a device's live facts, as Markdown for a terminal and as safe HTML.

Prose is a sandboxed template whose facts are escaped as Markdown, and raw HTML is off, so that a
device that names itself `<script>` stays text. A step's YAML was parsed before its texts are
filled in, so a device cannot add a step either.
"""

import re
from dataclasses import dataclass

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markdown_it import MarkdownIt

from monitors.runbooks.checks import ACTIONS, CHECKS, UNANSWERED, holds, says
from monitors.runbooks.context import Context
from monitors.runbooks.facts import FACTS
from monitors.runbooks.model import Block, Check, CheckCall, Do, Hands, Runbook, Step
from monitors.runbooks.parse import RunbookError

_MARKDOWN = MarkdownIt("commonmark", {"html": False})
_TEMPLATES = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|<>&~])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


@dataclass(frozen=True, slots=True)
class RenderedStep:
    """One step, with what a look at the device says now."""

    number: int
    kind: str
    """`check`, `do` or `hands`."""
    text: str
    command: str = ""
    """Of `do`: what to type."""
    answer: str = ""
    """Of `check`: what was read just now."""
    holds: bool | None = None
    """Of `check`: whether that is what the runbook expects; None when there is no reading."""
    expect: str = ""
    after: str = ""
    """Of `do`: what proves that it worked. Of `hands`: what to write down."""
    undo: str = ""
    """Of `do`: the way back, or why there is none."""


@dataclass(frozen=True, slots=True)
class RenderedBlock:
    """Prose, in three forms, or a step."""

    text: str = ""
    """As it is, with the facts' own words."""
    markdown: str = ""
    """With the facts escaped, so that they cannot become markup."""
    html: str = ""
    step: RenderedStep | None = None


@dataclass(frozen=True, slots=True)
class RenderedRunbook:
    """A runbook for one device at one moment."""

    alert: str
    title: str
    device: str
    path: str
    priority: str
    respond_within: str
    escalate_to: str
    sha256: str
    sections: tuple[tuple[str, tuple[RenderedBlock, ...]], ...]


def render(runbook: Runbook, context: Context) -> RenderedRunbook:
    """The runbook with this device's facts. Raises RunbookError where a text cannot be filled."""
    filler = _Filler(runbook, context)
    sections = tuple(
        (heading, tuple(filler.block(block) for block in blocks))
        for heading, blocks in runbook.sections
    )
    head = runbook.head
    return RenderedRunbook(
        alert=head.alert,
        title=head.title,
        device=context.device.name,
        path=runbook.path,
        priority=head.priority,
        respond_within=head.respond_within,
        escalate_to=head.escalate_to,
        sha256=runbook.sha256,
        sections=sections,
    )


class _Filler:
    def __init__(self, runbook: Runbook, context: Context) -> None:
        self._runbook = runbook
        self._context = context
        self._steps = 0
        plain = {name: FACTS[name](context) for name in runbook.head.needs if name in FACTS}
        self._plain = {name: _CONTROL.sub(" ", value) for name, value in plain.items()}
        self._escaped = {name: _SPECIAL.sub(r"\\\1", v) for name, v in self._plain.items()}

    def block(self, block: Block) -> RenderedBlock:
        if block.step is not None:
            self._steps += 1
            return RenderedBlock(step=self._step(block.step, block.line))
        markdown = self._fill(block.prose, self._escaped, block.line)
        return RenderedBlock(
            text=self._fill(block.prose, self._plain, block.line),
            markdown=markdown,
            html=_MARKDOWN.render(markdown),
        )

    def _fill(self, text: str, facts: dict[str, str], line: int) -> str:
        try:
            return _TEMPLATES.from_string(text).render(facts)
        except TemplateError as error:
            raise RunbookError(
                self._runbook.path, line, f"{error}; name the fact in needs"
            ) from error

    def _step(self, step: Step, line: int) -> RenderedStep:
        match step:
            case Check():
                return self._check(step, line)
            case Do():
                return self._do(step, line)
            case Hands():
                return RenderedStep(
                    number=self._steps,
                    kind="hands",
                    text=self._fill(step.hands, self._plain, line),
                    after=f"write down: {self._fill(step.record, self._plain, line)}",
                )

    def _check(self, step: Check, line: int) -> RenderedStep:
        answer = _CONTROL.sub(" ", _ask(step.check, step.args, self._context))
        return RenderedStep(
            number=self._steps,
            kind="check",
            text=self._fill(step.text, self._plain, line) or says(step.check, step.args),
            answer=answer,
            holds=holds(answer, step.expect),
            expect=step.expect,
        )

    def _do(self, step: Do, line: int) -> RenderedStep:
        action = ACTIONS[step.do]
        proof = step.verify
        return RenderedStep(
            number=self._steps,
            kind="do",
            text=self._fill(step.text, self._plain, line) or action.says,
            command=action.command(self._context.device.name),
            after=f"within {proof.within} this must read {proof.expect}: {_proof(proof)}",
            undo=f"undo: {step.undo}" if step.undo else f"cannot be undone: {step.irreversible}",
        )


def _proof(proof: CheckCall) -> str:
    """What is looked at, without the list of what it may read: that has been said."""
    question = says(proof.check, proof.args).partition(":")[0]
    return question[0].lower() + question[1:]


def _ask(check: str, arguments: dict[str, str | int | float | bool], context: Context) -> str:
    """A check's answer; a check that cannot look is no reason for the page not to open."""
    try:
        return CHECKS[check](context, **arguments)
    except (LookupError, ValueError):
        return UNANSWERED
