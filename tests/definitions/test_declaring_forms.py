"""What `check` says about forms: each fault on its line, with the name that was meant."""

import pytest

from app.domain.declaring.reading.load import load_case_type, load_stored
from tests.declaring import FILE, checked, claim, told

STATES = "a: {}\nb: {final: true}"
DATA = """
type: object
properties:
  category: {enum: [travel, other]}
  amount: {type: integer}
  address: {type: object, properties: {city: {type: string}}, additionalProperties: false}
"""


def of_form(form: str, more: str = "") -> list[str]:
    """The faults of an event whose form is on line 9."""
    return told(claim(STATES, f"go:\n  from: a\n  to: b\n  form: {form}{more}", data=DATA))


@pytest.mark.parametrize(
    "form",
    [
        "[data.amount, {field: data.category, required: true, show: data.amount > 1, keep_hidden: true}]",
        "[{page: {en: One, de: Eins}, fields: [data.amount, {field: data.address.city}], show: 'has(data.category)'}]",
        "[{field: data.amount, show: case.version > 1 && 'role:x' in actor.roles}]",
    ],
)
def test_a_form_that_is_right_is_told_nothing(form):
    assert of_form(form) == []


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ("[data.amont]", "unknown field `data.amont`"),
        ("[{field: data.address.cty}]", "unknown field `data.address.cty`"),
        ("[data.amount, data.amount]", "`data.amount` stands in this form already (on line 10)"),
        ("[data.amount, {page: P, fields: [{field: data.amount}]}]", "`data.amount` stands in this form already"),
        ("[data.address, data.address.city]", "`data.address.city` and `data.address` are one inside the other"),
        ("[data.address.city, data.address]", "`data.address` and `data.address.city` are one inside the other"),
        ("[{field: data.amount, show: data.category == 'travl'}]", "is never true: data.category is one of travel"),
        ("[{page: P, fields: [data.amount], show: data.categry == 'x'}]", "data.categry is not declared"),
        ("[{field: data.amount, show: 'payload.x'}]", "the event declares no payload"),
        ("[{field: data.amount, show: 'after.data.amount > 1'}]", "`after` is seen by the guards"),
        ("[{field: data.amount, show: 'data.amount >'}]", "it ends too early"),
        ("[amount]", "`form` cannot be `amount`; it takes a list of data fields"),
        ("[{field: amount}]", "`field` cannot be `amount`"),
        ("[{field: data.amount, requird: true}]", "unknown key `requird` in a field of a form"),
        ("[{page: P, fields: [data.amount], sho: 'true'}]", "unknown key `sho` in a page of a form"),
        ("[{fields: [data.amount]}]", "a page of a form lacks the key `page`"),
        ("[{page: P, fields: []}]", "`fields` cannot be an empty list"),
        ("[]", "`form` cannot be an empty list"),
        ("[{field: data.amount, show: true}]", "`show` cannot be `true`"),
    ],
)
def test_what_is_wrong_with_a_form_is_one_sentence_on_its_line(form, message):
    [fault] = [str(one) for one in checked(claim(STATES, f"go:\n  from: a\n  to: b\n  form: {form}", data=DATA))]
    assert fault.startswith(f"{FILE}:10: error: ")
    assert message in fault


def test_a_field_that_the_event_writes_over_was_asked_for_in_vain():
    assert of_form("[data.amount]", "\n  set: {data.amount: '1'}")[0].startswith("10 warning: `set` of the event")
    assert of_form("[data.amount]", "\n  set: {data.amount: data.amount + 1}") == []


def test_a_condition_that_is_wrong_is_told_once_however_many_fields_have_it():
    lines = "".join(f"\n    - {{field: data.{name}, show: data.x}}" for name in ("category", "amount", "address"))
    assert of_form(lines) == ["11 error: data.x is not declared"]


def test_an_opening_event_has_a_form_without_any_transition():
    assert told(claim("a: {}", "open: {form: [data.amount]}", data=DATA)) == ["4 warning: nothing leaves `a`"]
    assert told(claim("a: {}", "other: {form: [data.amount]}", data=DATA)) == [
        "6 error: the event has no transitions, and opens no case"
    ]


def test_more_fields_than_a_case_type_may_ask_for_are_told_at_the_form_that_is_too_much():
    names = [f"f{number}" for number in range(2001)]
    fields = "".join(f"\n  {name}: {{type: string}}" for name in names)
    form = "".join(f"\n    - {{field: data.{name}, show: data.f0 == 'x'}}" for name in names)
    events = "".join(f"{name}:\n  from: a\n  to: b\n  form:{form}\n" for name in ("one", "two"))
    found = checked(claim(STATES, events, data=f"type: object\nproperties:{fields}"))
    assert [fault.message[:37] for fault in found] == ["the forms up to here have 4002 fields"]


def test_a_form_is_part_of_the_identity_of_its_case_type():
    one, other = (
        load_case_type(claim(STATES, f"go:\n  from: a\n  to: b\n  form: [{field}]", data=DATA), FILE).case_type
        for field in ("data.amount", "{field: data.amount, required: true}")
    )
    assert one
    assert other
    assert one.hash() != other.hash()
    for case_type in (one, other):
        assert load_stored(case_type.canonical()).hash() == case_type.hash()
