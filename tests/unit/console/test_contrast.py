"""Colours of the console are told apart by whoever sees little: WCAG 2.1, level AA, both themes."""

import re
from importlib.resources import files

import pytest

TOKENS = files("openbunker.console").joinpath("style/tokens.css").read_text(encoding="utf-8")
LIGHT, DARK = TOKENS.split("@media (prefers-color-scheme: dark)")
TEXT, GRAPHIC = 4.5, 3.0
GROUNDS = ("ground", "band")
PAIRS = [(ink, ground) for ink in ("ink", "soft", "accent", "good", "bad") for ground in GROUNDS]
PAIRS += [(name, f"{name}-band") for name in ("good", "bad", "warn")]
PAIRS += [("ink", f"{name}-band") for name in ("accent", "good", "bad", "warn")]
PAIRS += [("soft", "bad-band"), ("accent", "accent-band"), ("accent-ink", "accent")]
DRAWN = [(f"c{number}", "ground") for number in range(9)] + [("strong-line", "ground")]


def colours(text: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", text))


def luminance(colour: str) -> float:
    """Return how light it is, 0 to 1. Source: WCAG 2.1, "relative luminance"."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(theme: str) -> None:
    found = colours(theme)
    weak = {
        f"{one} on {other}": round(contrast(found[one], found[other]), 2)
        for pairs, least in ((PAIRS, TEXT), (DRAWN, GRAPHIC))
        for one, other in pairs
        if contrast(found[one], found[other]) < least
    }

    assert not weak


def test_the_measure_is_the_standards() -> None:
    assert round(contrast("#000000", "#ffffff"), 1) == 21.0
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48
