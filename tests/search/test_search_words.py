"""What is a word, in any language, and what somebody asks for."""

from typing import Any

import pytest

from app.domain.case.search_query import Term, terms
from app.domain.case.search_text import MOST_CHARACTERS, own_words, said_words, words
from app.domain.schemas.text_fields import TextFields
from app.domain.values.errors import Invalid
from tests.factories import a_case

SPELLED = [
    ("EXP-2026-0042", ["exp", "2026", "0042"]),
    ("Straße, STRASSE", ["strasse", "strasse"]),
    ("Ærø ŽLUŤOUČKÝ", ["ærø", "zlutoucky"]),
    ("Σίσυφος ΣΊΣΥΦΟΣ", ["σισυφοσ", "σισυφοσ"]),
    ("ﬁle e\u0301te\u0301", ["file", "ete"]),
    ("Zürich München ЙОД", ["zurich", "munchen", "иод"]),
    ("각 한국어", ["각", "한국어"]),
    ("हिन्दी में", ["हिन्दी", "में"]),
    ("مرحبا بالعالم", ["مرحبا", "بالعالم"]),
    ("東京で printer", ["東", "京", "で", "printer"]),
    ("a_b a'b user:zoe@x.org", ["a", "b", "a", "b", "user", "zoe", "x", "org"]),
    ("\0\ud800 %_\\ '\"", []),
    ("x" * 100, ["x" * 64]),
]


@pytest.mark.parametrize(("text", "found"), SPELLED)
def test_words_are_letters_and_digits_in_one_spelling(text: str, found: list[str]) -> None:
    assert words(text) == found


ASKED = [
    ("printer burns", [Term(("printer",)), Term(("burns",))]),
    ("EXP-2026-0042", [Term(("exp", "2026", "0042"))]),
    ("EXP-2026* burn*", [Term(("exp", "2026"), begins=True), Term(("burn",), begins=True)]),
    ('"Second Floor" x', [Term(("second", "floor")), Term(("x",))]),
    ('"second flo"*', [Term(("second", "flo"), begins=True)]),
    ('"not closed', [Term(("not", "closed"))]),
    ("EXP-* twice twice", [Term(("exp",)), Term(("twice",))]),
    ("a AND (b OR NOT c) & | ! : <-> ^", [Term((one,)) for one in ("a", "and", "b", "or", "not", "c")]),
]


@pytest.mark.parametrize(("q", "found"), ASKED)
def test_a_search_is_words_phrases_and_beginnings(q: str, found: list[Term]) -> None:
    assert list(terms(q)) == found


@pytest.mark.parametrize("q", ["", "  ", "***", '""', "-", "x" * 201, '"', "\0", "\u0301 ´"])
def test_what_cannot_be_searched_for_names_q(q: str) -> None:
    with pytest.raises(Invalid) as refused:
        terms(q)
    assert [fault.field for fault in refused.value.errors] == ["q"]


def test_free_text_is_what_the_case_type_declares_as_a_string() -> None:
    text = {"type": "string"}
    schema = {
        "type": "object",
        "properties": {
            "summary": text,
            "note": {"type": ["string", "null"]},
            "kind": {"enum": ["Fire", "Water"]},
            "amount": {"type": "integer"},
            "tags": {"type": "array", "items": text},
            "place": {"type": "object", "properties": {"town": text, "zip": {"type": "integer"}}},
        },
    }
    data = {"kind": "Fire", "amount": 7, "tags": ["Hot", "Old"], "place": {"town": "Ulm", "zip": 89073}, "more": "No"}
    case = a_case(reference="A-1", data=data | {"summary": "It burns", "note": None})
    assert own_words(case, TextFields(schema)) == " a 1 \n it burns \n hot \n old \n ulm "
    assert own_words(a_case(data={}), TextFields(schema)) == " "


def test_what_is_too_long_is_cut_between_words() -> None:
    cut = own_words(
        a_case(data={"x": "word " * 10_000}), TextFields({"type": "object", "properties": {"x": {"type": "string"}}})
    )
    assert len(cut) <= MOST_CHARACTERS
    assert set(cut.split()) == {"word"}
    assert len(said_words("\ufdfa" * 10_000)) <= MOST_CHARACTERS // 2


class Counted(dict[str, Any]):
    """Properties of a schema that count how often they are walked through."""

    walks = 0

    def items(self) -> Any:
        Counted.walks += 1
        return super().items()


def test_what_is_searched_costs_as_much_as_the_data_and_not_as_the_schema() -> None:
    fields = TextFields({"type": "object", "properties": Counted({"x": {"type": "string"}})})
    before = Counted.walks
    assert own_words(a_case(data={"x": "here"}), fields) == " here "
    assert Counted.walks == before
