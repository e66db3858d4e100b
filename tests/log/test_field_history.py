"""What a field was: each value with who gave it by which event, on both databases, and page by page."""

import json
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from app.services.log import field_history
from app.services.log.field_history import FieldHistory, Unset
from app.services.store.history import FieldSpan
from app.services.store.stored import StoredEntry
from tests.calling import signed_in
from tests.house import ALICE, actor, fired, open_incident
from tests.house import Assembly as House
from tests.over_http import client_without_credential

AGENT = actor("agnes", "agent")
AUDITOR = signed_in("audrey", "auditor")
ROOT = signed_in("root", "admin")


async def test_each_value_is_told_with_who_gave_it_by_which_event_and_the_entry(house: House):
    case_id = await open_incident(house, priority=3)
    await open_incident(house, priority=1)
    await fired(house, case_id, "triage", AGENT, payload={"priority": 2})
    await fired(house, case_id, "add_note", AGENT, payload={"note": "/data/priority"})
    async with client_without_credential(house) as http:
        path = f"/api/v1/cases/{case_id}"
        log = (await http.get(f"{path}/audit", headers=ROOT)).json()["items"]
        for reader in (ROOT, AUDITOR, signed_in("alice")):
            told = (await http.get(f"{path}/fields/priority", headers=reader)).json()
            assert told["next_after"] is None
            assert [(one["value"], one["actor"]["reference"], one["event"]) for one in told["items"]] == [
                (3, ALICE.id, "report"),
                (2, AGENT.id, "triage"),
            ]
            assert [one["entry_id"] for one in told["items"]] == [one["entry_id"] for one in log[:2]]
            assert [one["at"] for one in told["items"]] == [one["entry"]["at"] for one in log[:2]]
        one = (await http.get(f"{path}/fields/priority", headers=ROOT, params={"limit": 1})).json()
        two = (await http.get(f"{path}/fields/priority", headers=ROOT, params={"after": one["next_after"]})).json()
        assert [*one["items"], *two["items"]] == told["items"]
        never = (await http.get(f"{path}/fields/resolution", headers=ROOT)).json()
        assert never == {"items": [], "next_after": None}
        misspelt = await http.get(f"{path}/fields/pirority", headers=ROOT)
        assert (misspelt.status_code, misspelt.json()["code"]) == (422, "invalid")
        assert "did you mean `priority`?" in misspelt.json()["errors"][0]["message"]
        for nobody in (signed_in("steve"), signed_in("root", "admin", tenant="globex")):
            for name in ("priority", "pirority"):
                assert (await http.get(f"{path}/fields/{name}", headers=nobody)).status_code == 404
        assert (await http.get(f"{path}/fields/priority", headers=ROOT, params={"after": "x"})).status_code == 422


class Chain:
    """The entries of a case, as (case_seq, what they set, what they remove), of a store and of the cases too."""

    reads = SimpleNamespace()

    def __init__(self, *entries, erased=()):
        self._entries = {seq: (sets, gone) for seq, sets, gone in entries}
        self._erased = erased
        self.looked: list[FieldSpan] = []
        self.reads = SimpleNamespace(reading=self._reading)

    @asynccontextmanager
    async def _reading(self, _):
        yield

    async def check_log(self, _, case_id):
        case = SimpleNamespace(tenant="acme", id=case_id, data={}, seq=max(self._entries), case_type="thing")
        declared = {"properties": {"a": {}, "b.c": {}, "b": {}}}
        return SimpleNamespace(case=case, machine=SimpleNamespace(case_type=SimpleNamespace(data=declared)))

    async def field_entries(self, span: FieldSpan):
        self.looked.append(span)
        return [self._stored(seq) for seq in self._within(span.after, span.until, span.path)]

    def _within(self, after, until, path):
        return [seq for seq in sorted(self._entries) if after < seq <= until and path in str(self._entries[seq])]

    def _stored(self, seq):
        sets, gone = self._entries[seq]
        entry = {"kind": "transition", "fields": dict.fromkeys(sets, "ab"), "removed": gone, "actor": {}, "at": ""}
        values = {} if seq in self._erased else sets
        return StoredEntry(entry_id=str(seq), case_seq=seq, entry=json.dumps(entry), entry_hash="", values=values)


async def told(chain: Chain, name: str, limit: int = 50) -> list:
    """All pages together: (case_seq, value), or what there is instead of one."""
    found, after = [], 0
    while after is not None:
        page = await FieldHistory(chain, chain).read(ALICE, "c", name, after, limit)
        assert len(page.changes) <= limit
        found += [
            (one.case_seq, ("withheld" if one.withheld else "none") if isinstance(one.value, Unset) else one.value)
            for one in page.changes
        ]
        after = page.next_after
    return found


A = Chain(
    (1, {"/data/a": 1}, []),
    (2, {"/data/a": 1}, []),
    (3, {"/data/a": True}, []),
    (4, {}, ["/data/a"]),
    (5, {}, ["/data/a"]),
    (6, {"/data/a": None}, []),
    (7, {"/data/b": {"c": 1, "d": 1}}, []),
    (8, {"/data/b": {"c": 1, "d": 2}}, []),
    (9, {"/data/b": {"d": 2}}, []),
    (10, {"/data/b.c": 5}, []),
)


@pytest.mark.parametrize("limit", [1, 2, 50])
async def test_what_changes_nothing_is_left_out_and_what_is_taken_away_is_told(limit):
    assert await told(A, "a", limit) == [(1, 1), (3, True), (4, "none"), (6, None)]
    assert await told(A, "b.d", limit) == [(7, 1), (8, 2)]
    assert await told(A, "b.c", limit) == [(10, 5)]  # a property of that name goes before the way into an object
    assert await told(A, "b", limit) == [(7, {"c": 1, "d": 1}), (8, {"c": 1, "d": 2}), (9, {"d": 2})]


async def test_what_was_erased_is_told_without_its_value():
    chain = Chain((1, {"/data/a": 1}, []), (2, {"/data/a": 2}, []), (3, {"/data/a": 2}, []), erased=(1, 2))
    assert await told(chain, "a") == [(1, "withheld"), (2, "withheld"), (3, 2)]


async def test_a_page_looks_at_so_many_entries_and_goes_on_behind_them(monkeypatch):
    monkeypatch.setattr(field_history, "SPAN", 3)
    monkeypatch.setattr(field_history, "MOST_SPANS", 2)
    chain = Chain((20, {"/data/a": 1}, []), (21, {"/data/b": 1}, []))
    assert await told(chain, "a") == [(20, 1)]
    assert [(one.after, one.until) for one in chain.looked] == [
        *((0, 3), (3, 6)),
        *((3, 6), (6, 9), (9, 12)),  # what it was before, and what comes
        *((9, 12), (12, 15), (15, 18)),
        *((15, 18), (18, 21)),
    ]
