"""Every sentence of the pages is found, and said in the language of whoever reads."""

import pytest

from app.ui.frame.words import words
from tests.ui.said import said
from tests.ui.serving import pages, reader


def test_sentences_are_found_in_code_and_templates() -> None:
    found = {message.id if isinstance(message.id, str) else message.id[0] for message in said()}
    assert {"There is nothing here", "Skip to the content", "%(num)s day"} <= found
    assert len(found) > 80


def test_a_page_speaks_german_to_whoever_reads_german() -> None:
    with pages(somebody=reader(language="de")) as client:
        text = client.get("/help/keys").text
    assert '<html lang="de"' in text
    assert "Zum Inhalt springen" in text
    assert "Tasten" in text


@pytest.mark.parametrize(
    ("asked", "spoken"), [("de-AT,de;q=0.9,en;q=0.5", "de"), ("fr,en;q=0.1,de;q=0", "en"), ("", "en"), ("x;q=y", "en")]
)
def test_who_is_not_signed_in_is_spoken_to_as_their_browser_asks(asked: str, spoken: str) -> None:
    with pages(signed_in=False) as client:
        text = client.get("/nothing", headers={"accept-language": asked}).text
    assert f'<html lang="{spoken}"' in text


def test_one_and_many_are_said_differently_and_values_are_filled_in() -> None:
    german = words("de")
    assert german.ngettext("%(num)s day", "%(num)s days", 1) == "1 Tag"
    assert german.ngettext("%(num)s day", "%(num)s days", 3) == "3 Tagen"
    assert german.gettext("in %(duration)s", duration="2 Std.") == "in 2 Std."
    assert words("en").gettext("100 %") == "100 %"


def test_a_language_that_nobody_wrote_is_english() -> None:
    assert words("xx").language == "en"
