"""What a case type says about its look: read, checked by line, and told in two languages."""

import pickle
from copy import deepcopy
from pathlib import Path

import pytest

from app.domain.declaring.reading.load import load_case_type, load_stored
from app.domain.definition.case_type import CaseType
from app.domain.definition.fields import field_paths, is_declared, schema_at
from app.domain.definition.languages import LANGUAGES, Title, plain_schema
from app.domain.definition.titles import (
    titled,
    titled_case_type,
    titled_clock,
    titled_event,
    titled_field,
    titled_state,
)
from app.domain.definition.views import COLUMNS, MOST_COLUMNS
from app.domain.machine.machine import Machine
from app.domain.values.currencies import CURRENCIES, minor_digits
from tests.declaring import FILE, checked

MACHINES = Path(__file__).resolve().parents[2] / "machines"
CLAIM = """\
case_type: claim
title: {en: Claim, de: Antrag}
opening: {open: a}
data:
  type: object
  additionalProperties: false
  properties:
    amount: {type: integer, title: {en: Amount, de: Betrag}, x-money: data.currency}
    currency: {enum: [EUR, USD]}
    kind: {enum: [a, b], x-titles: {a: {en: One, de: Eins}, b: Two}}
    subject: {type: string, x-multiline: true, title: Subject}
    area: {type: integer, x-unit: m²}
    payee: {type: object, additionalProperties: false, properties: {iban: {type: string}}}
states: {a: {title: {en: New, de: Neu}}, b: {final: true}}
events:
  go: {from: a, to: b, title: {de: Los}, payload: {type: object, properties: {paid: {type: integer, x-money: EUR}}}}
slas:
  look: {title: {en: Looked at, de: Angesehen}, start: {enters: a}, stop: {leaves: a}, target: 4h}
views:
  list: [reference, data.amount, state]
  title: data.subject
  groups:
    - {title: {en: Money, de: Geld}, fields: [data.amount, data.currency]}
    - {title: Payment, fields: [data.payee.iban]}
"""
PLAIN = """\
case_type: claim
title: Claim
initial: a
data:
  type: object
  title: D
  properties:
    title: {type: string, title: T, description: d, x-titles: {a: b}, x-own: {title: {en: x}}}
states: {a: {title: A}, b: {final: true}}
events: {go: {title: Go, description: On, from: a, to: b, payload: {type: object}}}
slas: {s: {title: S, start: {enters: a}, target: 4h}}
"""


def claim(*changed: tuple[str, str]) -> str:
    text = CLAIM
    for old, new in changed:
        assert old in text, old
        text = text.replace(old, new)
    return text


def declared(text: str = CLAIM) -> CaseType:
    case_type = load_case_type(text, FILE).case_type
    assert case_type is not None
    return case_type


def test_a_look_that_is_right_is_not_remarked_upon():
    assert checked(CLAIM) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "message", "remedy"),
    [
        ("data.amount, state]", "data.amout, state]", 20, "unknown field `data.amout`", "did you mean `data.amount`?"),
        ("data.amount, state]", "stat]", 20, "unknown column `stat`", "did you mean `state`?"),
        ("data.amount, state]", "amount]", 20, "unknown column `amount`", "did you mean `data.amount`?"),
        ("data.amount, state]", "state, state]", 20, "the column `state` stands here twice", "keep one of the two"),
        (
            "[reference, data.amount, state]",
            f"[{', '.join((*COLUMNS, 'data.amount'))}]",
            20,
            f"the list has 9 columns, and more than {MOST_COLUMNS} are not read",
            "keep those that tell one case from another",
        ),
        ("  list: [reference, data.amount, state]", "  list: []", 20, "`list` cannot be an empty list", None),
        ("title: data.subject", "title: subject", 21, "`subject` is no data field", "did you mean `data.subject`?"),
        ("title: data.subject", "title: data.payee.bic", 21, "unknown field `data.payee.bic`", None),
        (
            "title: data.subject",
            "title: data.payee",
            21,
            "`data.payee` is of the type `object`, which says nothing of a case",
            "name a text, such as its subject",
        ),
        ("title: data.subject", "titel: data.subject", 21, "unknown key `titel` in `views`", "did you mean `title`?"),
        (
            "[data.amount, data.currency]",
            "[data.amount, data.amount]",
            23,
            "`data.amount` stands in this group twice",
            "keep one of the two",
        ),
        (
            "[data.payee.iban]",
            "[data.amount]",
            24,
            "`data.amount` stands in a group already (on line 23)",
            "keep one of the two",
        ),
        ("[data.payee.iban]", "[data.iban]", 24, "unknown field `data.iban`", None),
        ("{title: Payment, fields", "{fields", 24, "a group lacks the key `title`", None),
        ("[data.payee.iban]", "[]", 24, "`fields` cannot be an empty list", None),
        (
            "amount: {type: integer",
            "amount: {type: number",
            8,
            "`x-money` counts minor units, and this is no whole number",
            None,
        ),
        (
            "x-money: data.currency",
            "x-money: data.curency",
            8,
            "unknown field `data.curency`",
            "did you mean `data.currency`?",
        ),
        ("x-money: data.currency", "x-money: data.area", 8, "`data.area` is no text, and so no currency", None),
        ("x-money: data.currency", "x-money: eur", 8, "`eur` is no currency of ISO 4217", "write `EUR`"),
        ("x-money: data.currency", "x-money: 978", 8, "`978` is no currency of ISO 4217", None),
        ("x-money: EUR", "x-money: EURO", 16, "`EURO` is no currency of ISO 4217", None),
        (
            "enum: [EUR, USD]",
            "enum: [EUR, UDS]",
            8,
            "`data.currency` may be `UDS`, which is no currency of ISO 4217",
            None,
        ),
        ("x-multiline: true", "x-multiline: yes", 11, "`x-multiline` is neither `true` nor `false`", None),
        (
            "x-unit: m²",
            "x-unit: 2",
            12,
            "`x-unit` is no text",
            "write what stands behind the number, such as `x-unit: m²`",
        ),
        ("x-unit: m²", "x-uint: m²", 12, "`x-uint` means nothing in a schema", "did you mean `x-unit`?"),
        ("b: Two", "c: Two", 10, "`c` is no value of `enum`", "the values are `a`, `b`"),
        ("b: Two", "b: 2", 10, "the title of `b` is no text", None),
        ("{enum: [a, b], x-titles", "{type: string, x-titles", 10, "`x-titles` without `enum` beside it", None),
        ("x-titles: {a: {en: One, de: Eins}, b: Two}", "x-titles: [One, Two]", 10, "`x-titles` is no mapping", None),
        ("{en: Claim, de", "{en: Claim, fr", 2, "`fr` is no language of the pages", "the languages are `en`, `de`"),
        ("{en: Claim, de: Antrag}", "{}", 2, "`title` cannot be an empty mapping", None),
        ("{en: Claim, de: Antrag}", "{en: 5}", 2, "`en` cannot be `5`", "it takes a text"),
        ("title: {en: New, de", "title: {en: New, dee", 14, "`dee` is no language of the pages", "did you mean `de`?"),
        ("title: {de: Los}", "title: {DE: Los}", 16, "`DE` is no language of the pages", None),
        (
            "opening: {open: a}",
            "opening: {open: a}\nopening_titles: {opne: Open}",
            4,
            "`opne` opens no case",
            "did you mean `open`?",
        ),
        (
            "opening: {open: a}",
            "opening: {open: a}\nopening_titles: {open: {fr: Ouvrir}}",
            4,
            "`fr` is no language of the pages",
            None,
        ),
        ("{en: Looked at, de", "{en: Looked at, it", 18, "`it` is no language of the pages", None),
        ("{en: Money, de", "{en: Money, it", 23, "`it` is no language of the pages", None),
        ("{en: Amount, de", "{en: Amount, fr", 8, "`fr` is no language of the pages", "the languages are `en`, `de`"),
        ("{en: Amount, de: Betrag}", "{en: ''}", 8, "`en` is no text", "give it one, or remove it"),
        ("{en: Amount, de: Betrag}", "{}", 8, "no language is given", "write a text, or `{en: ..., de: ...}`"),
        ("{en: One, de", "{en: One, fr", 10, "`fr` is no language of the pages", None),
    ],
)
def test_what_is_wrong_with_a_look_is_told_by_its_line_with_what_to_do(old, new, line, message, remedy):
    [fault] = checked(claim((old, new)))
    assert (fault.line, fault.message) == (line, message)
    assert fault.remedy == remedy if remedy else fault.remedy


def test_views_that_say_nothing_are_told_so():
    [fault] = checked(CLAIM[: CLAIM.index("views:")] + "views: {}\n")
    assert str(fault) == f"{FILE}:19: error: `views` says nothing; name `list`, `title` or `groups`, or remove it"


@pytest.mark.parametrize("word", ["title", "description"])
def test_a_text_in_languages_may_stand_wherever_a_title_does(word):
    both = "{en: New, de: Neu}"
    text = claim(
        ("title: {en: Claim, de: Antrag}", f"{word}: {both}"),
        ("{title: {en: New, de: Neu}}", f"{{{word}: {both}}}"),
        ("title: {de: Los}", f"{word}: {both}"),
        ("title: {en: Amount, de: Betrag}", f"{word}: {both}"),
    )
    assert checked(text) == []


def test_a_title_is_said_in_the_language_of_the_reader():
    case_type = declared()
    told = {
        language: [
            titled_case_type(case_type, language),
            titled_state(case_type, "a", language),
            titled_state(case_type, "b", language),
            titled_event(case_type, "go", language),
            titled_event(case_type, "open", language),
            titled_clock(case_type, "look", language),
            titled_field(case_type.data, "data.amount", language),
            titled_field(case_type.data, "data.payee.iban", language),
        ]
        for language in ("en", "de", "fr")
    }
    assert told["en"] == ["Claim", "New", "B", "Los", "Open", "Looked at", "Amount", "Iban"]
    assert told["de"] == ["Antrag", "Neu", "B", "Los", "Open", "Angesehen", "Betrag", "Iban"]
    assert told["fr"] == told["en"], "the English, else the first"


def test_an_event_that_only_opens_cases_has_its_words_too():
    case_type = declared(
        claim(("opening: {open: a}", "opening: {open: a}\nopening_titles: {open: {en: File, de: Einreichen}}"))
    )
    assert [titled_event(case_type, "open", language) for language in ("en", "de")] == ["File", "Einreichen"]
    assert load_stored(case_type.canonical()).hash() == case_type.hash() != declared().hash()


def test_titled_takes_what_a_file_says_in_any_form():
    assert [titled(one, "de") for one in (None, "", "Paid", {"en": "Paid", "de": "Bezahlt"}, {"en": "Paid"}, {})] == [
        *("", "", "Paid", "Bezahlt", "Paid", "")
    ]


def test_a_title_in_languages_is_its_english_to_all_who_know_none():
    title = Title({"de": "Bezahlt", "en": "Paid"})
    assert title == "Paid"
    assert f"“{title}”" == "“Paid”"
    assert Title({"de": "Bezahlt"}) == "Bezahlt"
    for again in (deepcopy(title), pickle.loads(pickle.dumps(title))):
        assert again.languages == {"de": "Bezahlt", "en": "Paid"}


def test_what_is_stored_has_the_languages_as_they_were_written():
    case_type = declared()
    stored = load_stored(case_type.canonical())
    assert stored.canonical() == case_type.canonical()
    assert stored.hash() == case_type.hash()
    assert titled_state(stored, "a", "de") == "Neu"
    assert titled(stored.data["properties"]["amount"]["title"], "de") == "Betrag"
    assert titled(stored.data["properties"]["kind"]["x-titles"]["a"], "de") == "Eins"
    assert CaseType.model_validate(case_type.model_dump(by_alias=True, exclude_none=True)).hash() == case_type.hash()


def test_a_schema_with_titles_in_languages_judges_data_as_before():
    machine = Machine(declared(), "ab" * 32, 1)
    assert machine.data.errors({"amount": 5, "currency": "EUR"}, "data") == ()
    [fault] = machine.data.errors({"amount": "5"}, "data")
    assert (fault.field, fault.message) == ("data.amount", "Must be a whole number.")


def test_the_schema_without_languages_holds_texts_alone():
    plain = plain_schema(declared().data)
    assert plain["properties"]["amount"]["title"] == "Amount"
    assert type(plain["properties"]["amount"]["title"]) is str


def test_a_file_that_says_nothing_of_its_look_is_the_version_that_it_was():
    """The hash is what the release before there were views gave it."""
    assert declared(PLAIN).hash() == "1137ed7b571453aa62451858aee0c5fbed9d972d13bf0cb06268b8a19062f315"


def test_fields_are_found_through_references_and_combinations():
    schema = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/money", "title": "A"}, "self": {"$ref": "#/$defs/loop"}},
        "allOf": [{"properties": {"b": {"title": "B"}}}],
        "$defs": {
            "money": {"type": "integer", "title": "Money", "x-money": "EUR"},
            "loop": {"properties": {"self": {"$ref": "#/$defs/loop"}}},
        },
    }
    assert schema_at(schema, "data.a") == {"$ref": "#/$defs/money", "title": "A", "type": "integer", "x-money": "EUR"}
    assert titled_field(schema, "data.b", "de") == "B"
    assert is_declared(schema, "data.self.self.self")
    assert not is_declared(schema, "data.self.other")
    assert schema_at(schema, "data.c") == {}
    assert [path for path in field_paths(schema) if path.count(".") == 1] == ["data.a", "data.self", "data.b"]


def test_currencies_know_how_many_digits_their_minor_unit_has():
    assert {code: minor_digits(code) for code in ("EUR", "JPY", "KWD", "CLF")} == {
        "EUR": 2,
        "JPY": 0,
        "KWD": 3,
        "CLF": 4,
    }
    assert {"EUR", "USD", "GBP", "CHF"} <= CURRENCIES
    assert not {"DEM", "EURO", "eur", ""} & CURRENCIES


def _texts(value: object, path: str = "") -> list[tuple[str, str]]:
    """Every title and description of a canonical form that is there in one language alone."""
    if isinstance(value, list):
        return [found for index, part in enumerate(value) for found in _texts(part, f"{path}/{index}")]
    if not isinstance(value, dict):
        return []
    own = [(f"{path}/{key}", value[key]) for key in ("title", "description") if isinstance(value.get(key), str)]
    return own + [found for key, part in value.items() for found in _texts(part, f"{path}/{key}")]


@pytest.mark.parametrize("path", sorted(MACHINES.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_shipped_case_type_speaks_both_languages_and_says_how_it_looks(path):
    case_type = declared_at(path)
    assert LANGUAGES == ("en", "de")
    alone = {
        place: text
        for place, text in _texts(case_type.model_dump(mode="json", by_alias=True, exclude_defaults=True))
        if not text.startswith("data.")
    }
    assert set(alone.values()) <= {"IBAN"}, alone
    views = case_type.views
    assert views is not None
    shown = {field for group in views.groups or () for field in group.fields}
    assert shown == set(field_paths(case_type.data)), "each field has its place"


def declared_at(path: Path) -> CaseType:
    case_type = load_case_type(path.read_text(encoding="utf-8"), str(path)).case_type
    assert case_type is not None
    return case_type
