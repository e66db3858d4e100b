"""The pages carry the name, logo and accent that an operator sets, and none that people could not read."""

import re
from pathlib import Path

import pytest

from app.settings import Settings, SettingsError, load_settings
from app.ui.frame.brand import SURFACES, Brand, accent_of
from app.ui.frame.static import FOLDER, assets

LOGO = '<svg xmlns="http://www.w3.org/2000/svg"/>'


def given(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    for name, value in values.items():
        monkeypatch.setenv(f"STATEWARD_BRAND_{name.upper()}", value)
    return load_settings()


def test_name_logo_and_accent_are_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "elm.svg").write_text(LOGO)
    brand = given(monkeypatch, name="Elm", logo=str(tmp_path / "elm.svg"), accent="#5B2A86 #d3b5f5").brand
    assert brand == Brand("Elm", tmp_path / "elm.svg", ("#5b2a86", "#d3b5f5"))
    made = assets(brand)
    [style] = [asset.content.decode() for name, asset in made.files.items() if name.endswith(".css")]
    assert style.endswith("var(--text))}\n")
    assert "--accent:light-dark(#5b2a86,#d3b5f5)" in style
    assert made.files[made.paths["logo.svg"].rpartition("/")[2]].content == LOGO.encode()


@pytest.mark.parametrize("accent", ["#777777 #8fbcff", "#1d4f91 #555555", "#1d4f91", "red blue", "#fff #000"])
def test_an_accent_that_cannot_be_read_is_refused(monkeypatch: pytest.MonkeyPatch, accent: str) -> None:
    with pytest.raises(SettingsError, match=r"STATEWARD_BRAND_ACCENT must be two colours .* 7:1"):
        given(monkeypatch, accent=accent)


def test_the_guide_shows_an_accent_that_is_taken() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "brand.md").read_text()
    assert accent_of(*re.findall(r'BRAND_ACCENT="([^"]+)"', guide))


@pytest.mark.parametrize("name", ["logo.gif", "absent.svg", "large.png"])
def test_a_logo_is_a_small_picture(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    (tmp_path / "logo.gif").write_bytes(b"GIF89a")
    (tmp_path / "large.png").write_bytes(b"x" * 200_000)
    with pytest.raises(SettingsError, match="STATEWARD_BRAND_LOGO must be a file"):
        given(monkeypatch, logo=str(tmp_path / name))


def test_the_surfaces_are_those_of_the_stylesheet() -> None:
    tokens = (FOLDER / "css" / "tokens.css").read_text()
    assert f"--surface: light-dark({SURFACES[0]}, {SURFACES[1]});" in tokens
