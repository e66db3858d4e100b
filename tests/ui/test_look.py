"""What is vendored is what was published, and every pair of colours can be read: computed from the stylesheet."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from app.ui.frame.static import FOLDER, stylesheet

TOKEN = re.compile(r"--([a-z0-9-]+): ?light-dark\((#[0-9a-f]{6}), ?(#[0-9a-f]{6})\)")
GROUNDS = ("canvas", "surface", "sunken", "hover", "selected")
STATUSES = ("late", "soon", "ok", "info", "paused", "neutral")
LOCKS = [FOLDER / "vendor", Path(__file__).parent / "vendor"]


def tokens() -> dict[str, tuple[str, str]]:
    return {name: (light, dark) for name, light, dark in TOKEN.findall(stylesheet())}


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


PAIRS = [
    *((name, ground, least) for ground in GROUNDS for name, least in [
        ("text", (14.9, 10.7)),
        ("muted", (6.7, 6.0)),
        ("accent", (6.8, 6.5)),
        ("accent-hover", (6.8, 6.5)),
        ("focus", (3.0, 3.0)),
    ]),
    *(("control", ground, (3.5, 3.5)) for ground in GROUNDS),
    *((name, f"{name}-bg", (4.5, 4.5)) for name in STATUSES),
    *((name, "surface", (4.5, 4.5)) for name in STATUSES),
    *((f"chart-{number}", "surface", (3.0, 3.0)) for number in range(1, 7)),
    ("on-accent", "accent", (8.1, 8.9)),
    ("on-accent", "accent-hover", (8.1, 8.9)),
    ("text", "hit", (7.0, 7.0)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "ground", "least"), PAIRS)
def test_every_pair_of_colours_can_be_read(name: str, ground: str, least: tuple[float, float]) -> None:
    known = tokens()
    for theme, enough in enumerate(least):
        assert contrast(known[name][theme], known[ground][theme]) >= enough


def test_a_colour_stands_in_the_table_of_tokens_only() -> None:
    for path in (FOLDER / "css").glob("*.css"):
        if path.name not in ("tokens.css", "print.css"):
            assert re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(", path.read_text()) == [], path.name


def test_no_size_is_in_pixels_but_hairlines() -> None:
    for path in (FOLDER / "css").glob("*.css"):
        found = re.findall(r"[\w-]+: [^;{}]*?\d+px[^;{}]*", path.read_text())
        fine = ("border", "outline", "width: 1px", "height: 1px", "margin: -1px", "text-decoration-thickness")
        assert [one for one in found if not one.startswith(fine)] == [], path.name


@pytest.mark.parametrize("folder", LOCKS, ids=lambda folder: folder.parent.name)
def test_what_is_vendored_is_what_the_lock_says_and_has_its_licence(folder: Path) -> None:
    locked = json.loads((folder / "lock.json").read_text())
    assert {one["file"] for one in locked} | {"lock.json"} == {path.name for path in folder.iterdir()}
    for one in locked:
        assert hashlib.sha256((folder / one["file"]).read_bytes()).hexdigest() == one["sha256"]
        assert re.fullmatch(r"\d+\.\d+\.\d+", one["version"])
    names = {one["name"] for one in locked}
    assert {one["name"] for one in locked if one["file"].endswith(".LICENSE")} == names
    assert "://" not in (folder / "lock.json").read_text()
