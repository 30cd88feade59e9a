"""Text and marks can be told from their ground, in both themes (WCAG 2.2: 4.5 and 3 to 1)."""

import re

import pytest

from inventory import assets

STYLE = (assets.templates() / "noc" / "static" / "noc.css").read_text()
THEMES = dict(
    zip(
        ("dark", "light"),
        (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", m)) for m in STYLE.split("@media")[:2]),
        strict=True,
    )
)
TEXT = [
    ("ink", "paper"),
    ("dim", "paper"),
    ("ink", "raised"),
    ("dim", "raised"),
    ("critical", "paper"),
    ("warning", "paper"),
    ("notice", "paper"),
    ("warning", "raised"),
    ("notice", "raised"),
    ("on-alarm", "critical"),
]


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_can_be_read(theme: str, ink: str, ground: str) -> None:
    assert contrast(THEMES[theme][ink], THEMES[theme][ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_outlines_can_be_seen(theme: str) -> None:
    assert contrast(THEMES[theme]["line"], THEMES[theme]["paper"]) >= 3


def test_nothing_is_fetched_from_elsewhere() -> None:
    folder = assets.templates() / "noc"
    for path in folder.rglob("*"):
        if path.is_file():
            outside = re.findall(r"(?:https?:)?//[a-z]", path.read_text())
            assert outside in ([], ["http://w"]), path  # the SVG namespace's name
            assert not re.search(r"\son[a-z]+=|style=", path.read_text()), path
