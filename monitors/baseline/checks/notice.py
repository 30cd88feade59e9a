"""Checks of the use notification at the console, and what such a text has to say."""

import re

from inventory.facts import banner
from monitors.baseline.subject import Host
from monitors.baseline.verdict import Outcome, failed, passed

_STATEMENTS = (
    ("that the system is restricted", r"\brestricted\b"),
    (
        "that use may be monitored, recorded and audited",
        r"\bmonitored\b.*\brecorded\b.*\baudit(ed)?\b",
    ),
    (
        "that unauthorized use has criminal and civil penalties",
        r"\bunauthori[sz]ed\b.*\bcriminal\b.*\bcivil\b",
    ),
    ("that use is consent to monitoring", r"\bconsents?\b"),
)
"""CJIS AC-8 (a), in our own words."""


def missing_statements(text: str) -> list[str]:
    """Which of the four statements of CJIS AC-8 a text does not make."""
    flat = _flat(text).lower()
    return [what for what, pattern in _STATEMENTS if not re.search(pattern, flat)]


def shows(shown: str, wanted: str) -> bool:
    """Whether the text that is shown holds the wanted one, apart from spacing."""
    return bool(_flat(wanted)) and _flat(wanted) in _flat(shown)


def console(host: Host) -> Outcome:
    """getty shows /etc/issue before it asks for a name (CJIS AC-8)."""
    issue = host.facts.read(banner).console
    cited = f"banner: {issue.kind} {issue.path} of {len(issue.content)} characters"
    # agetty(8) reads a doubled backslash as one.
    if not shows(issue.content.replace("\\\\", "\\"), host.baseline.banner):
        return failed("/etc/issue does not hold the center's use notification", cited)
    missing = missing_statements(host.baseline.banner)
    if host.baseline.profile == "cjis-6.0" and missing:
        return failed(f"the use notification does not say {'; nor '.join(missing)}", cited)
    return passed("the console shows the center's use notification", cited)


def _flat(text: str) -> str:
    return " ".join(text.split())
