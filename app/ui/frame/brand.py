"""Whose pages these are: a name, a logo, an accent, as an operator sets them; a colour nobody could read is refused."""

import re
from dataclasses import dataclass
from pathlib import Path

STATEWARD = "Stateward"
SURFACES = ("#ffffff", "#1a1e24")
"""What panels are painted in, light and dark, as app/ui/static/css/tokens.css has it."""
READABLE = 7.0
ACCENTS = re.compile(r"(#[0-9a-f]{6})[ ,]+(#[0-9a-f]{6})")
LOGO_BYTES = 100_000
LOGO_KINDS = frozenset({"svg", "png"})


@dataclass(frozen=True, slots=True)
class Brand:
    """`accent` is one colour for light pages and one for dark ones."""

    name: str = STATEWARD
    logo: Path | None = None
    accent: tuple[str, str] | None = None

    def style(self) -> str:
        """What stands behind the stylesheet."""
        if self.accent is None:
            return ""
        colour = "light-dark({},{})".format(*self.accent)
        hover = f"color-mix(in srgb,{colour} 80%,var(--text))"
        return f":root{{--accent:{colour};--focus:{colour};--accent-hover:{hover}}}\n"


def accent_of(text: str) -> tuple[str, str]:
    """Two colours such as `#1d4f91 #8fbcff`; ValueError where one of them cannot be read on its surface."""
    found = ACCENTS.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError("no two colours")
    colours = found[1], found[2]
    for colour, surface in zip(colours, SURFACES, strict=True):
        if contrast(colour, surface) < READABLE:
            raise ValueError(f"{colour} on {surface}")
    return colours


def logo_of(path: Path) -> Path:
    """ValueError where it is no picture that a page can show."""
    if path.suffix.lower().lstrip(".") not in LOGO_KINDS or not path.is_file():
        raise ValueError("no picture")
    if path.stat().st_size > LOGO_BYTES:
        raise ValueError("too large")
    return path


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours (WCAG 2.2)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
