"""What a service writes down itself stands in no case's chain, says who did it, and only commits to values."""

import json

from app.domain.case.attempt import Actor
from app.services.entries.actors import actor_json, operator_json
from app.services.entries.writing import entry_of
from tests.factories import OPENED, TENANT

ANN = Actor(tenant=TENANT, id="user:ann", roles=frozenset({"role:clerk", "role:boss"}))


def test_an_entry_says_who_did_what_and_commits_to_values():
    actor = actor_json(ANN, ANN.roles | {"*"})
    sealed = entry_of("policy", TENANT, OPENED, actor=actor, says={"how": "changed"}, values={"/reason": "asked for"})
    entry = json.loads(sealed.entry)
    assert entry["actor"] == {
        "reference": "user:ann",
        "roles": ["role:boss", "role:clerk"],
        "authenticated": "jwt",
        "on_behalf_of": None,
    }
    assert (entry["kind"], entry["tenant"], entry["how"]) == ("policy", TENANT, "changed")
    assert entry["fields"].keys() == {"/reason"}
    assert "asked for" not in sealed.entry
    assert not entry.keys() & {"case_id", "case_seq", "prev"}


def test_each_entry_has_an_id_of_its_own():
    actor = operator_json("operator:ann")
    one, other = (entry_of("calendar", TENANT, OPENED, actor=actor, says={}) for _ in range(2))
    assert one.draft.entry_id != other.draft.entry_id
