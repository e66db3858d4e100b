"""A language that ships lacks no sentence of the pages."""

import pytest

from app.ui.frame.words import FOLDER, languages
from tests.ui.said import lacking


@pytest.mark.parametrize("language", [name for name in languages() if name != "en"])
def test_a_language_that_ships_lacks_nothing(language: str) -> None:
    assert lacking(FOLDER / f"{language}.po") == []
