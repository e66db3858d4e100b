"""A form takes its fields and no others, merges them into the data before `set`, and says what is wrong with each."""

import json
from typing import Any

import pytest

from app.domain.case.attempt import Actor, Attempt, Opens
from app.domain.case.case import Case
from app.domain.case.entry import AuditEntry
from app.domain.deciding.decide import fire, open_case
from app.domain.deciding.decided_again import NO_VALUES, DecidedAgain
from app.domain.deciding.outcome import Outcome, Refusal
from app.domain.deciding.situation import OnCase, Situation
from app.domain.declaring.checks.case_type import check_case_type
from app.domain.declaring.reading.load import load_case_type
from app.domain.definition.case_type import CaseType
from app.domain.machine.form_asked import form_asked
from app.domain.machine.machine import Machine
from app.policy.engine import PolicyEngine
from app.services.entries.identity import new_salt
from app.services.store.stored import PolicyLine
from tests.factories import OPENED, TENANT, a_case, new_id

CLAIM = """
case_type: claim
opening: {open: draft, save: draft}
data:
  type: object
  required: [category]
  properties:
    category: {enum: [travel, meals, other]}
    reason: {type: string, maxLength: 10}
    amount: {type: integer, minimum: 1}
    currency: {type: string, default: EUR}
    iban: {type: string}
    total: {type: integer}
    level: {type: string}
    address:
      type: object
      properties: {city: {type: string}, zip: {type: string}, country: {type: string, default: DE}}
    notes: {type: array, items: {type: object, x-key: id, properties: {id: {type: string}, text: {type: string}}}}
    free: {type: object, additionalProperties: true}
states: {draft: {}, small: {final: true}, large: {final: true}}
events:
  open:
    form:
      - {field: data.category, required: true}
      - data.amount
      - data.currency
      - {field: data.address.city, show: "data.currency == 'EUR'"}
  edit:
    form:
      - {field: data.category, required: true}
      - {field: data.reason, required: true, show: "data.category == 'other'"}
      - data.amount
      - data.address.city
      - data.notes
      - data.free
      - {page: Bank, show: data.amount > 100, fields: [{field: data.iban, keep_hidden: true}]}
    set: {data.total: data.amount * 2}
    from: draft
    to: "="
  decide:
    form: [data.amount]
    set: {data.level: "data.amount > 5 ? 'high' : 'low'"}
    transitions:
      - {from: draft, to: small, when: after.data.amount <= 10 && data.amount > 0, set: {data.total: "1"}}
      - {from: draft, to: large, when: after.data.level == 'high'}
  plain:
    payload: {type: object}
    from: draft
    to: "="
"""
LOADED = load_case_type(CLAIM, "claim.yaml")
assert [fault for fault in check_case_type(LOADED, calendars=frozenset()) if fault.severity == "error"] == []
assert LOADED.case_type is not None
MACHINE = Machine(LOADED.case_type, "c" * 64, 1)
EVERYTHING = PolicyEngine()
EVERYTHING.load(
    [PolicyLine(kind="p", role="*", tenant="*", obj="*", act=act, eft="allow") for act in ("*", "case:read")], 0
)
HELD = {"category": "meals", "amount": 3, "iban": "DE1", "reason": "r", "notes": [{"id": "a"}]}


def attempt(event: str, data: dict[str, Any] | None, **values: Any) -> Attempt:
    actor = Actor(tenant=TENANT, id="user:alice")
    given = {"actor": actor, "entry_id": new_id(), "new_case_id": new_id(), "request_id": "r"}
    return Attempt(event=event, data=data, **(given | values))


def around(machine: Machine = MACHINE) -> dict[str, Any]:
    return {"machine": machine, "policy": EVERYTHING, "at": OPENED, "new_salt": new_salt}


def opened(event: str, data: dict[str, Any]) -> Outcome | Refusal:
    return open_case(Situation(attempt=attempt(event, data, opens=Opens.ALWAYS, case_type="claim"), **around()))


def held(data: dict[str, Any]) -> Case:
    return a_case(case_type="claim", definition="c" * 64, state="draft", data=data)


def fired(event: str, data: dict[str, Any] | None, before: dict[str, Any] | None = None) -> Outcome | Refusal:
    case = held(before or HELD)
    return fire(OnCase(attempt=attempt(event, data, case_id=case.id), case=case, **around()))


def faults(decision: Outcome | Refusal) -> dict[str, str]:
    assert isinstance(decision, Refusal)
    assert decision.error.code == "invalid"
    return {fault.field: fault.message for fault in decision.error.errors}


def done(decision: Outcome | Refusal) -> Outcome:
    assert isinstance(decision, Outcome), decision.error.errors or decision.error.message
    return decision


def test_what_is_sent_is_merged_and_the_entry_says_what_changed_and_what_is_gone():
    outcome = done(fired("edit", {"category": "travel", "amount": 200, "notes": {"$put": [{"id": "b"}]}, "free": None}))
    assert outcome.case.data == {
        "category": "travel",
        "amount": 200,
        "iban": "DE1",
        "notes": [{"id": "a"}, {"id": "b"}],
        "total": 400,
    }
    fields = outcome.entry.draft.fields
    assert set(fields) == {"/data/category", "/data/amount", "/data/notes", "/data/total"}
    assert outcome.entry.draft.body["removed"] == ["/data/reason"]


def test_a_field_that_is_left_out_stays_and_one_that_is_null_goes():
    before = HELD | {"address": {"city": "Ulm", "zip": "1"}, "free": {"a": 1}}
    data = done(fired("edit", {"address": {"city": None}, "free": {"b": 2}}, before)).case.data
    assert data["address"] == {"zip": "1"}
    assert data["free"] == {"a": 1, "b": 2}


def test_what_a_condition_hides_is_dropped_and_removed_or_kept_and_refused():
    """Dropped with `keep_hidden: false`, which is so where nothing is said; the category is no other one."""
    data = done(fired("edit", {"reason": "sent in vain"})).case.data
    assert "reason" not in data
    assert data["iban"] == "DE1"
    hidden = faults(fired("edit", {"iban": "DE2"}))
    assert hidden == {"data.iban": "This field is hidden, and stays as it is: `data.amount > 100` does not hold."}


def test_conditions_see_the_values_as_they_are_entered_and_what_they_show_is_required():
    assert faults(fired("edit", {"category": "other", "reason": None})) == {"data.reason": "This field is required."}
    data = done(fired("edit", {"category": "other", "reason": "lost", "amount": 101, "iban": "DE3"})).case.data
    assert (data["reason"], data["iban"]) == ("lost", "DE3")


@pytest.mark.parametrize(
    ("sent", "field", "message"),
    [
        ({"categry": "other"}, "data.categry", "This field is not known; did you mean `category`?"),
        ({"total": 3}, "data.total", "This field is not known."),
        ({"address": {"zip": "1"}}, "data.address.zip", "This field is not known."),
        ({"address": None}, "data.address", "this form takes `data.address.city` of it"),
        ({"notes": {"$put": [{"id": "c", "txt": ""}]}}, "data.notes.$put.0.txt", "did you mean `text`?"),
        ({"notes": {"$put": [{"text": ""}]}}, "data.notes.$put.0.id", "This field is required"),
        ({"amount": 0}, "data.amount", "Must be at least 1."),
        ({"category": None}, "data.category", "This field is required."),
    ],
)
def test_a_fault_is_told_where_it_is_with_what_was_meant(sent, field, message):
    found = faults(fired("edit", sent))
    assert field in found
    assert message in found[field]


def test_an_event_without_a_form_takes_no_data():
    [(field, message)] = faults(fired("plain", {"amount": 1})).items()
    assert (field, message) == ("data", "plain has no form and takes no data; what it carries is its payload")


def test_a_form_that_is_not_sent_asks_for_what_is_required_all_the_same():
    assert done(fired("edit", None)).case.data["total"] == 6
    assert faults(fired("edit", None, {"amount": 1})) == {"data.category": "This field is required."}


@pytest.mark.parametrize(("amount", "state"), [(9, "small"), (11, "large"), (4, "small")])
def test_a_guard_sees_what_will_be_beside_what_is(amount, state):
    outcome = done(fired("decide", {"amount": amount}))
    assert outcome.case.state == state
    assert outcome.case.data.get("total") == (1 if state == "small" else None)


def test_where_what_will_be_cannot_be_computed_the_guard_is_false_and_says_why():
    refusal = fired("decide", {"amount": None})
    assert isinstance(refusal, Refusal)
    assert refusal.error.code == "guard_refused"
    assert "cannot be computed: data.amount is missing" in refusal.error.reasons[1].message


def test_an_opening_fills_in_defaults_and_the_entry_lists_them():
    outcome = done(opened("open", {"category": "meals", "address": {"city": "Ulm"}}))
    data = {"category": "meals", "currency": "EUR", "address": {"city": "Ulm", "country": "DE"}}
    assert outcome.case.data == data
    assert outcome.entry.draft.body["defaulted"] == ["/data/currency", "/data/address/country"]
    without = done(opened("save", {"category": "meals", "currency": "USD"}))
    assert without.case.data == {"category": "meals", "currency": "USD"}
    assert "defaulted" not in without.entry.draft.body


def test_null_keeps_a_default_away_and_a_condition_sees_it_where_it_is_not():
    outcome = done(opened("open", {"category": "meals", "currency": None, "address": {"city": "Ulm"}}))
    assert outcome.case.data == {"category": "meals", "address": {"country": "DE"}}


def test_what_nothing_declares_is_refused_of_what_is_sent_and_not_of_what_a_case_holds():
    assert faults(opened("save", {"category": "meals", "amont": 1})) == {
        "data.amont": "This field is not known; did you mean `amount`?"
    }
    assert done(opened("save", {"category": "meals", "free": {"any": {"thing": 1}}}))
    assert done(fired("edit", {"amount": 5}, HELD | {"of an older version": 1})).case.data["of an older version"] == 1


def test_a_form_tells_all_that_is_needed_to_draw_it():
    form = form_asked(MACHINE, "edit", HELD | {"address": {"city": "Ulm", "zip": "1"}})
    assert form.values == HELD | {"address": {"city": "Ulm"}}
    assert list(form.schema["properties"]) == ["category", "reason", "amount", "address", "notes", "free", "iban"]
    assert form.schema["properties"]["address"]["properties"] == {"city": {"type": "string"}}
    assert form.schema["required"] == ["category"]
    bank = form.pages[1]
    assert (bank.title, bank.show, bank.fields[0].keep_hidden) == ("Bank", "data.amount > 100", True)
    assert form_asked(MACHINE, "open", None).values == {"currency": "EUR"}


def lived(machine: Machine, data: dict[str, Any], *events: tuple[str, dict[str, Any]]) -> list[AuditEntry]:
    """The entries of a case that is opened by its first opening event, and of these events."""
    opens = attempt(next(iter(machine.case_type.opening)), data, opens=Opens.ALWAYS, case_type="claim")
    outcome = done(open_case(Situation(attempt=opens, **around(machine))))
    entries = [outcome.entry]
    for event, sent in events:
        case = outcome.case
        outcome = done(fire(OnCase(attempt=attempt(event, sent, case_id=case.id), case=case, **around(machine))))
        entries.append(outcome.entry)
    return entries


def again(machine: Machine, entries: list[AuditEntry], **changed: Any) -> tuple[DecidedAgain, list[str | None]]:
    """What deciding them again says; `changed` is what somebody made of the last one."""
    deciding = DecidedAgain(lambda _: machine)
    told = [json.loads(entry.entry) for entry in entries]
    told[-1] |= changed
    values = [{row.path: row.value for row in entry.payload} for entry in entries]
    return deciding, [deciding.take(*one) for one in zip(told, values, strict=True)]


def test_what_forms_did_is_decided_again_from_the_log_alone():
    events = ("edit", {"amount": 200, "iban": "X"}), ("edit", {"amount": 7}), ("decide", {"amount": 9})
    entries = lived(MACHINE, {"category": "meals", "amount": 1}, *events)
    deciding, said = again(MACHINE, entries)
    assert said == [None] * 4
    assert (deciding.decided, deciding.undecided) == (4, {})
    _, [*_, otherwise] = again(MACHINE, entries, target="large")
    assert otherwise == "decide leads to small, not to large"


def test_what_a_transition_wrote_over_what_was_entered_cannot_be_decided_again_and_is_counted():
    told = MACHINE.case_type.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    told["events"]["decide"]["transitions"][0]["set"] = {"data.amount": "1"}
    machine = Machine(CaseType.model_validate(told), "c" * 64, 1)
    deciding, said = again(machine, lived(machine, {"category": "meals", "amount": 1}, ("decide", {"amount": 9})))
    assert said == [None, None]
    assert deciding.undecided == {NO_VALUES: 1}


def test_who_may_not_read_the_case_is_told_nothing_of_what_it_lacks_or_hides():
    blind = PolicyEngine()
    blind.load([PolicyLine(kind="p", role="*", tenant="*", obj="*", act="edit", eft="allow")], 0)
    case = held({"amount": 1})
    for sent in ({}, {"category": "travel", "iban": "DE2"}):
        here = around() | {"policy": blind}
        decision = fire(OnCase(attempt=attempt("edit", sent, case_id=case.id), case=case, **here))
        assert faults(decision) == {"data": "This does not fit the case as it stands."}
    here = around() | {"policy": blind}
    decision = fire(OnCase(attempt=attempt("edit", {"no": 1}, case_id=case.id), case=case, **here))
    assert faults(decision) == {"data.no": "This field is not known."}
