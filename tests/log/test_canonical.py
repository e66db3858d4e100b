"""The two ways to canonical JSON write the same bytes."""

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from app.domain.case.sealing import canonical
from app.domain.values.writable import MAX_EXACT, writable

LEAVES = st.none() | st.booleans() | st.integers(-MAX_EXACT, MAX_EXACT) | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(VALUES.filter(lambda value: writable(value) is None))
def test_what_msgspec_writes_is_what_rfc_8785_says(value):
    assert canonical(value) == rfc8785.dumps(value)
