"""Proofs over HTTP: whoever may read an entry may have it proven, and nobody else learns that it is there."""

import pytest

from app.domain.log.tree import verify_consistency, verify_inclusion
from app.services.assembly import Assembly
from app.services.entries.identity import new_id
from tests import note_reader
from tests.calling import signed_in
from tests.house import ALICE, CLERK, fired, let_nobody_read, open_claim, open_incident, opening, tried
from tests.over_http import client_without_credential
from tests.signing import KEY, NAME, signer

API = "/api/v1/audit"
AUDITOR = signed_in("audrey", "auditor")
ROOT = signed_in("root", "admin")
CARL = signed_in("carl", "clerk")


@pytest.fixture
async def http(house: Assembly):
    async with client_without_credential(house) as client:
        yield client


async def sign(house: Assembly) -> None:
    await house.ledger.sequence()
    signing = signer(house.store, None)
    signing._me = "the signer of this house"
    await signing.look()


async def checkpoint(http, who) -> tuple[str, int, bytes]:
    answer = await http.get(f"{API}/checkpoint", headers=who)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    return note_reader.read(answer.content, str(KEY.verifier))


async def test_an_entry_is_proven_under_the_newest_checkpoint(house: Assembly, http):
    claim = await open_claim(house)
    await open_incident(house)
    await fired(house, claim, "triage", CLERK)
    await sign(house)
    feed = (await http.get(API, headers=AUDITOR, params={"limit": 200})).json()["items"]
    origin, size, root = await checkpoint(http, AUDITOR)
    assert (origin, size) == (f"{NAME}/acme", len(feed))
    for item in feed:
        shown = (await http.get(f"{API}/entries/{item['entry_id']}", headers=AUDITOR)).json()
        proof = shown.pop("inclusion")
        assert shown == item
        assert (proof["size"], proof["root"]) == (size, root.hex())
        assert note_reader.read(proof["checkpoint"].encode(), str(KEY.verifier)) == (origin, size, root)
        path = [bytes.fromhex(step) for step in proof["path"]]
        assert verify_inclusion(item["leaf_index"], size, bytes.fromhex(item["entry_hash"]), path, root)


async def test_a_receipt_finds_its_entry_at_once_and_its_proof_a_moment_later(house: Assembly, http):
    answer = await tried(house, opening())
    receipt = answer.receipt
    found = (await http.get(f"{API}/receipts/{receipt.entry_hash}", headers=signed_in("alice"))).json()
    assert (found["entry_id"], found["leaf_index"], found["inclusion"]) == (receipt.entry_id, None, None)
    await house.ledger.sequence()
    found = (await http.get(f"{API}/receipts/{receipt.entry_hash}", headers=signed_in("alice"))).json()
    assert (found["leaf_index"] is not None, found["inclusion"]) == (True, None)
    await sign(house)
    found = (await http.get(f"{API}/receipts/{receipt.entry_hash}", headers=signed_in("alice"))).json()
    assert found["inclusion"]["size"] > found["leaf_index"]


async def test_that_the_log_only_grew_is_proven_between_any_two_sizes(house: Assembly, http):
    roots = {}
    for _ in range(3):
        await open_claim(house)
        await sign(house)
        _, size, roots_of = await checkpoint(http, AUDITOR)
        roots[size] = roots_of
    last = max(roots)
    for first in range(last + 1):
        answer = await http.get(f"{API}/consistency", headers=AUDITOR, params={"from": first, "to": last})
        found = answer.json()
        path = [bytes.fromhex(step) for step in found["path"]]
        assert (found["from"], found["to"], found["to_root"]) == (first, last, roots[last].hex())
        assert found["from_root"] == roots.get(first, bytes.fromhex(found["from_root"])).hex()
        assert verify_consistency(first, last, path, bytes.fromhex(found["from_root"]), roots[last])


async def test_an_older_checkpoint_is_there_by_its_size(house: Assembly, http):
    await open_claim(house)
    await sign(house)
    note = (await http.get(f"{API}/checkpoint", headers=AUDITOR)).text
    await open_claim(house)
    await sign(house)
    newest = (await http.get(f"{API}/checkpoint", headers=AUDITOR)).text
    assert newest != note
    assert (await http.get(f"{API}/checkpoint", headers=AUDITOR, params={"size": note.split()[1]})).text == note
    assert (await http.get(f"{API}/checkpoint", headers=AUDITOR, params={"size": 10**9})).status_code == 404


async def test_what_is_not_yours_is_not_there(house: Assembly, http):
    """In the same words, whichever it is."""
    case_id = await open_claim(house)
    await sign(house)
    [entry] = await house.store.entries("acme", case_id, denied=False, after=None, limit=1)
    strangers = (signed_in("steve"), signed_in("audrey", "auditor", tenant="globex"))
    asked = [
        *(f"entries/{entry.entry_id}", f"receipts/{entry.entry_hash}"),
        *(f"entries/{new_id()}", f"receipts/{'0' * 64}", "entries/none", "receipts/none"),
    ]
    for who in strangers:
        told = {
            (answer.status_code, answer.json()["detail"]) for answer in [await get(http, who, one) for one in asked]
        }
        assert told == {(404, "There is nothing here, or nothing that you may see.")}
    for what in ("checkpoint", "consistency?from=0&to=1"):
        assert (await get(http, strangers[1], what)).status_code == 404
    for who in (signed_in("alice"), AUDITOR, ROOT):
        assert (await get(http, who, asked[0])).status_code == 200
        assert (await get(http, who, "checkpoint")).status_code == 200


async def get(http, who, what: str):
    return await http.get(f"{API}/{what}", headers=who)


async def test_who_may_read_no_case_any_more_has_nothing_proven(house: Assembly, http):
    case_id = await open_claim(house)
    await sign(house)
    [entry] = await house.store.entries("acme", case_id, denied=False, after=None, limit=1)
    assert (await get(http, CARL, f"entries/{entry.entry_id}")).status_code == 200
    await let_nobody_read(house, "expense_claim")
    assert (await get(http, CARL, f"entries/{entry.entry_id}")).status_code == 404


async def test_the_log_of_the_service_is_for_those_who_oversee_their_tenant(house: Assembly, http):
    await sign(house)
    answer = await get(http, AUDITOR, "checkpoint?log=service")
    assert note_reader.read(answer.content, str(KEY.verifier))[0] == f"{NAME}/*"
    first = (await http.get(API, headers=AUDITOR, params={"log": "service", "limit": 1})).json()["items"][0]
    shown = (await get(http, AUDITOR, f"entries/{first['entry_id']}?log=service")).json()
    assert shown["inclusion"]["checkpoint"] == answer.text
    assert (await get(http, AUDITOR, f"entries/{first['entry_id']}")).status_code == 404
    await open_claim(house, by=ALICE)
    for what in ("checkpoint?log=service", f"entries/{first['entry_id']}?log=service"):
        assert (await get(http, signed_in("alice"), what)).status_code == 404


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("consistency?from=2&to=1", "must not be above"),
        ("consistency?from=0&to=1000000", "at most"),
        ("consistency?from=0", "to"),
        ("consistency?from=-1&to=1", "from"),
        ("checkpoint?sise=1", "did you mean `size`?"),
        ("checkpoint?size=0", "size"),
    ],
)
async def test_what_is_asked_wrongly_is_told(house: Assembly, http, asked, told):
    await open_claim(house)
    await open_claim(house)
    await sign(house)
    answer = await get(http, AUDITOR, asked)
    assert answer.status_code == 422, answer.text
    assert told in answer.text


async def test_before_the_first_checkpoint_there_is_none(house: Assembly, http):
    await open_claim(house)
    await house.ledger.sequence()
    assert (await get(http, AUDITOR, "checkpoint")).status_code == 404
