"""Numbers and amounts as people type them in two languages; none is rounded in silence."""

import pytest

from app.ui.forms.amounts import read_amount, shown_amount
from app.ui.forms.manner import Manner, Unreadable
from app.ui.forms.numbers import as_json, read_decimal, told_number
from app.ui.forms.raw_json import read_json

EN, DE = Manner("en"), Manner("de")


@pytest.mark.parametrize(
    ("manner", "text", "number"),
    [
        (EN, "1,234.5", 1234.5),
        (EN, "1234.5", 1234.5),
        (EN, "1,234,567", 1234567),
        (EN, " 12 ", 12),
        (EN, "1 234", 1234),
        (EN, "1e3", 1000),
        (EN, "\u2212 5", -5),
        (EN, ".5", 0.5),
        (DE, "1.234,5", 1234.5),
        (DE, "1234,5", 1234.5),
        (DE, "1.234", 1234),
        (DE, "1.234.567", 1234567),
        (DE, "12.5", 12.5),
        (DE, "0.125", 0.125),
        (DE, "1234.5", 1234.5),
        (DE, "1'234,5", 1234.5),
        (DE, "-0,5", -0.5),
    ],
)
def test_a_number_is_read_in_the_readers_language_and_plain(manner: Manner, text: str, number: float) -> None:
    found = read_decimal(text, manner)
    assert found is not None
    assert as_json(found, manner) == number


@pytest.mark.parametrize(
    "text", ["1.234,5", "12,5", "1,23", "1,2345", "12.345.678", "abc", "1 2 .", "--1", "1.2.3", "½", "١"]
)
def test_what_could_be_meant_in_two_ways_or_in_none_is_no_number_in_english(text: str) -> None:
    assert read_decimal(text, EN) is None


@pytest.mark.parametrize("text", ["1,234.5", "1,2,3", "1.23.456", "1,5.0"])
def test_nor_in_german(text: str) -> None:
    assert read_decimal(text, DE) is None


@pytest.mark.parametrize("text", ["9007199254740993", "0.12345678901234567890", "1e999", "1e-999", "9" * 300])
def test_a_number_that_would_become_another_one_is_refused(text: str) -> None:
    found = read_decimal(text, EN)
    assert found is not None
    with pytest.raises(Unreadable, match="Enter a number"):
        as_json(found, EN)
    with pytest.raises(Unreadable):
        read_json(f'{{"n": {text}}}', EN)


def test_the_largest_whole_number_is_kept_to_the_digit() -> None:
    found = read_decimal("9,007,199,254,740,991", EN)
    assert found is not None
    assert as_json(found, EN) == 2**53 - 1


@pytest.mark.parametrize(
    ("manner", "currency", "text", "minor"),
    [
        (EN, "EUR", "500", 50_000),
        (EN, "EUR", "1,234.50", 123_450),
        (EN, "EUR", "12.5", 1_250),
        (DE, "EUR", "1.234,50", 123_450),
        (DE, "EUR", "12,50 €", 1_250),
        (EN, "EUR", "EUR 12.50", 1_250),
        (EN, "USD", "$12", 1_200),
        (EN, "JPY", "1200", 1_200),
        (EN, "BHD", "1.234", 1_234),
        (EN, "", "12.34", 1_234),
        (EN, "EUR", "0", 0),
        (EN, "EUR", "-3.10", -310),
        (EN, "EUR", "90071992547409.91", 2**53 - 1),
    ],
)
def test_an_amount_is_kept_in_minor_units_by_the_digits_of_its_currency(
    manner: Manner, currency: str, text: str, minor: int
) -> None:
    assert read_amount(text, currency, manner) == minor
    assert read_amount(shown_amount(minor, currency, manner), currency, manner) == minor


@pytest.mark.parametrize(
    ("currency", "text", "told"),
    [
        ("EUR", "12.345", "at most 2 decimals"),
        ("JPY", "12.5", "without decimals"),
        ("EUR", "12,50", "such as 1234.50"),
        ("EUR", "$12", "such as 1234.50"),
        ("EUR", "100000000000000", "not as large"),
    ],
)
def test_an_amount_that_cannot_be_kept_says_what_to_enter(currency: str, text: str, told: str) -> None:
    with pytest.raises(Unreadable, match=told):
        read_amount(text, currency, EN)


def test_a_limit_is_told_with_groups() -> None:
    assert told_number(12345.5, EN) == "12,345.5"
    assert told_number(12345.5, DE) == "12.345,5"
    assert told_number(-1000, DE) == "-1000"


@pytest.mark.parametrize(
    "text", ["{", "NaN", "[Infinity]", '{"a": 1, "a": 2}', "[" * 5000, '"\\ud800"', '"\\u0000"', "{'a': 1}"]
)
def test_what_is_no_json_or_could_not_be_kept_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_json(text, EN)
