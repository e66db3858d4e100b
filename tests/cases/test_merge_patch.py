"""A merge patch does what RFC 7396 says, and what it says of the items of a list with keys."""

from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.schemas.merge_patch import merged, same
from tests.lengths import length

ITEM = {"type": "object", "x-key": "id", "properties": {"id": {"type": "string"}, "n": {"type": "integer"}}}
SCHEMA = {
    "type": "object",
    "$defs": {"notes": {"type": "array", "items": {"$ref": "#/$defs/note"}}, "note": ITEM},
    "properties": {
        "items": {"$ref": "#/$defs/notes"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "inner": {"type": "object", "properties": {"items": {"type": "array", "items": ITEM | {"x-key": "n"}}}},
        "free": {"type": "object"},
    },
}
NAMES = st.sampled_from(["a", "b", "c", "free"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "x"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=4)

RFC = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]
"""The examples of its appendix A whose documents are objects."""


@pytest.mark.parametrize(("data", "patch", "after"), RFC)
def test_the_examples_of_the_rfc_come_out_as_it_says(data, patch, after):
    assert merged(data, patch, {}) == (after, ())


@settings(max_examples=length(100, 20_000), deadline=None)
@given(OBJECTS, OBJECTS)
def test_a_patch_does_what_the_rfc_writes_down_and_changes_nothing_in_place(data, patch):
    before = deepcopy(data), deepcopy(patch)
    after, faults = merged(data, patch, SCHEMA)
    assert same(after, as_the_rfc_writes(data, patch))
    assert faults == ()
    assert (data, patch) == before


def as_the_rfc_writes(target, patch):
    """Section 2, line by line."""
    if not isinstance(patch, dict):
        return patch
    after = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            after.pop(name, None)
        else:
            after[name] = as_the_rfc_writes(after.get(name), value)
    return after


def test_items_are_put_in_place_of_their_like_or_behind_and_removed_by_their_keys():
    data = {"items": [{"id": "a", "n": 1}, {"id": "b", "n": 2}, {"id": "c"}]}
    patch = {"items": {"$put": [{"id": "d"}, {"id": "b", "n": 5}], "$remove": ["a", "not there"]}}
    assert merged(data, patch, SCHEMA) == ({"items": [{"id": "b", "n": 5}, {"id": "c"}, {"id": "d"}]}, ())


def test_items_are_put_where_no_list_is_yet_and_nothing_comes_of_removing_there():
    inner = {"inner": {"items": {"$put": [{"n": 1}], "$remove": [2]}}}
    assert merged({}, inner, SCHEMA) == ({"inner": {"items": [{"n": 1}]}}, ())
    assert merged({}, {"items": {"$remove": ["a"]}}, SCHEMA) == ({}, ())
    assert merged({"items": [{"id": "a"}]}, {"items": {"$remove": ["a"]}}, SCHEMA) == ({"items": []}, ())


def test_the_words_of_a_list_are_names_like_any_other_where_no_list_is_declared():
    assert merged({}, {"free": {"$put": 1}}, SCHEMA) == ({"free": {"$put": 1}}, ())


@pytest.mark.parametrize(
    ("patch", "field", "message"),
    [
        ({"tags": {"$put": ["x"]}}, "data.tags", "Its items declare no `x-key`: send the whole list."),
        ({"items": {"$put": [], "$removes": []}}, "data.items.$removes", "did you mean `$remove`?"),
        ({"items": {"$put": {"id": "a"}}}, "data.items.$put", "Must be a list."),
        ({"items": {"$put": ["a"]}}, "data.items.$put.0", "Must be an object."),
        ({"items": {"$put": [{"n": 1}]}}, "data.items.$put.0.id", "This field is required"),
        ({"items": {"$put": [{"id": "a"}, {"id": "a"}]}}, "data.items.$put.1.id", "Must not repeat"),
        ({"items": {"$remove": [True]}}, "data.items.$remove.0", "Must be the key of an item."),
        ({"items": {"$remove": ["a"], "$put": [{"id": "a"}]}}, "data.items", "put and removed at once"),
        ({"items": [{"id": "a"}, {"id": "a"}]}, "data.items.1.id", "Must not repeat"),
    ],
)
def test_what_cannot_be_merged_is_told_where_it_stands_and_nothing_else_changes(patch, field, message):
    data = {"items": [{"id": "z"}], "tags": ["t"]}
    after, [fault] = merged(data, patch, SCHEMA)
    assert fault.field == field
    assert message in fault.message
    assert after == data or isinstance(patch["items"], list)


@settings(max_examples=length(100, 20_000), deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 9)), max_size=6, unique_by=lambda pair: pair[0]),
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 9)), max_size=6, unique_by=lambda pair: pair[0]),
    st.sets(st.integers(0, 6)),
)
def test_items_come_out_as_a_dictionary_that_keeps_its_order_would_have_them(held, put, removed):
    removed -= {key for key, _ in put}
    schema = {"type": "object", "properties": {"items": {"type": "array", "items": {"x-key": "id"}}}}
    listed = [[{"id": key, "n": n} for key, n in pairs] for pairs in (held, put)]
    after, faults = merged({"items": listed[0]}, {"items": {"$put": listed[1], "$remove": sorted(removed)}}, schema)
    expected = {key: n for key, n in held if key not in removed} | dict(put)
    assert faults == ()
    assert after == {"items": [{"id": key, "n": n} for key, n in expected.items()]}


def test_two_values_are_the_same_where_they_are_one_to_json_and_not_to_python():
    assert same({"a": 1, "b": [2]}, {"b": [2], "a": 1})
    assert not same(1, True)
    assert not same([0], [False])
