"""What an attempt names, and under what its answer is kept: known once, and right for one that is made of another."""

from dataclasses import replace

import pytest

from app.domain.case.attempt import Actor, Attempt, Idempotency
from app.domain.case.keys import AnswerKey, CaseKey

ATTEMPT = Attempt(
    actor=Actor(tenant="acme", id="user:alice"), event="submit", entry_id="e", new_case_id="c", request_id="r"
)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({}, None),
        ({"case_type": "claim"}, None),
        ({"reference": "R-1"}, None),
        ({"case_type": "claim", "reference": "R-1"}, CaseKey("acme", case_type="claim", reference="R-1")),
        ({"case_id": "1"}, CaseKey("acme", case_id="1")),
        ({"case_id": "1", "case_type": "claim", "reference": "R-1"}, CaseKey("acme", case_id="1")),
    ],
)
def test_a_case_is_named_by_its_id_or_by_case_type_and_reference(values: dict[str, str], names: CaseKey | None) -> None:
    assert replace(ATTEMPT, **values).names == names


def test_an_answer_is_kept_for_whoever_calls_under_their_key() -> None:
    keyed = replace(ATTEMPT, idempotency=Idempotency("k", "f"))
    assert ATTEMPT.key is None
    assert keyed.key == AnswerKey("acme", "user:alice", "k")
    assert replace(keyed, actor=Actor(tenant="globex", id="user:bob")).key == AnswerKey("globex", "user:bob", "k")
    assert replace(keyed, idempotency=None).key is None
