"""Exports by the API: who may, what comes of it, in which parts it is fetched, and who takes over from whoever died."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient, Response

from app.commands.opening.making import MakerProcess
from app.exports.registry import WRITES
from app.exports.sidecar import sidecar
from app.http.border.ranges import Part, RangeNotSatisfiable, part_of
from app.policy.engine import PolicyEngine
from app.services.log import export_jobs, export_making
from app.services.log.export_jobs import ExportJobs, ExportLimits
from app.services.log.export_making import ExportMaking, Write
from app.services.log.export_rights import ExportRights
from app.services.log.signing import KeysOfSettings
from app.services.store.stored import PolicyChange, PolicyLine
from app.verify import verify
from tests.calling import signed_in
from tests.databases import Database
from tests.exporting import KEY, live, verdict_of
from tests.house import Assembly as House
from tests.house import change, entries, open_claim, open_incident, rows
from tests.one_app import app_of
from tests.over_http import services_of
from tests.running import environment

API = "/api/v1/exports"
AUDITOR = signed_in("audrey", "auditor")
OTHER = signed_in("anton", "auditor")
FOREIGN = signed_in("audrey", "auditor", tenant="globex")
CLERK = signed_in("carl", "clerk")
GONE = "0198c0de-0000-7000-8000-00000000ffff"


class Here:
    """Makes in this process what a service has made by another one; `writes` says how."""

    formats = tuple(WRITES)
    patience = 30.0

    def __init__(self, house: House, writes: Mapping[str, Write] = WRITES, limits: ExportLimits | None = None) -> None:
        beside = partial(sidecar, signing=KeysOfSettings([KEY]))
        self.making = ExportMaking(house.store, writes, PolicyEngine, [], limits or ExportLimits(), beside)
        self.works = True
        self.tasks: list[asyncio.Task[int]] = []

    def wake(self) -> None:
        if self.works:
            self.tasks.append(asyncio.create_task(self.making.make_all()))

    async def stop(self) -> None:
        await asyncio.gather(*self.tasks)


@asynccontextmanager
async def served(
    house: House, maker: Here | MakerProcess, limits: ExportLimits | None = None
) -> AsyncIterator[AsyncClient]:
    rights = ExportRights(house.policies, house.definitions)
    jobs = ExportJobs(house.store, house.policies, rights, house.refusals, limits or ExportLimits(), maker)
    transport = ASGITransport(app_of(replace(services_of(house), exports=jobs)), raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        yield client
    await jobs.stop()


@pytest.fixture
def small_pieces(monkeypatch):
    for module in (export_jobs, export_making):
        monkeypatch.setattr(module, "PIECE", 1000)


async def asked(http: AsyncClient, by: dict[str, str] = AUDITOR, format: str = "zip", **wanted: object) -> Response:  # noqa: A002
    return await http.post(API, headers=by, json={"format": format, "filter": wanted})


async def test_a_small_one_is_there_at_once_proves_itself_and_is_in_the_log(
    house: House, database: Database, tmp_path: Path, small_pieces
):
    await live(house, 2)
    async with served(house, Here(house)) as http:
        answer = await asked(http)
        told = answer.json()
        assert (answer.status_code, told["state"]) == (201, "done"), answer.text
        assert answer.headers["location"] == told["file"] == f"{API}/{told['id']}/file"
        whole = await http.get(told["file"], headers=AUDITOR)
        assert whole.headers["accept-ranges"] == "bytes"
        assert (len(whole.content), hashlib.sha256(whole.content).hexdigest()) == (told["size"], told["sha256"])
        assert told["size"] > 5_000  # several pieces
        (tmp_path / "export.zip").write_bytes(whole.content)
        assert verdict_of(tmp_path / "export.zip").exit_code == 3  # nothing is wrong, and no key signed it
        of = told["entries"]
        assert of["looked_at"] == of["of"] == of["written"] > 5
        one, two = [entry for entry in await entries(database, "export") if entry["export"] == told["id"]]
        assert one["actor"]["reference"] == two["actor"]["reference"] == "user:audrey"
        assert (one["act"], one["format"], one["filter"], one["tree_size"]) == ("case:export", "zip", {}, of["of"])
        assert (
            one["actor"]
            == two["actor"]
            == {
                "reference": "user:audrey",
                "roles": ["role:auditor"],
                "authenticated": "jwt",
                "on_behalf_of": None,
            }
        )
        assert one["request_id"] == answer.headers["x-request-id"]
        assert (two["made"], two["entries"]) == (True, of["written"])
        await _parts_are_parts(http, told, whole)


async def _parts_are_parts(http: AsyncClient, told: dict, whole: Response) -> None:
    size, etag = told["size"], whole.headers["etag"]
    for asking, first, until in (
        ("bytes=990-2009", 990, 2010),
        ("bytes=1000-1000", 1000, 1001),
        (f"bytes={size - 5}-", size - 5, size),
        ("bytes=-7", size - 7, size),
        (f"bytes=0-{size * 2}", 0, size),
    ):
        part = await http.get(told["file"], headers={**AUDITOR, "range": asking, "if-range": etag})
        assert (part.status_code, part.content) == (206, whole.content[first:until]), asking
        assert part.headers["content-range"] == f"bytes {first}-{until - 1}/{size}"
    beyond = await http.get(told["file"], headers={**AUDITOR, "range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.json()["code"]) == (416, "range_not_satisfiable")
    assert beyond.headers["content-range"] == f"bytes */{size}"
    another = await http.get(told["file"], headers={**AUDITOR, "range": "bytes=0-9", "if-range": '"another"'})
    assert (another.status_code, another.content) == (200, whole.content)


async def test_beside_a_file_that_is_no_zip_stands_what_it_is_and_the_key_signed_so(house: House, tmp_path: Path):
    await live(house, 1)
    async with served(house, Here(house)) as http:
        told = (await asked(http, format="csv")).json()
        path = tmp_path / "acme.csv"
        path.write_bytes((await http.get(told["file"], headers=AUDITOR)).content)
        beside = await http.get(f"{API}/{told['id']}/sidecar", headers=AUDITOR)
        assert (beside.status_code, beside.headers["content-type"]) == (200, "application/json")
        kept = tmp_path / "kept.json"
        kept.write_bytes(beside.content)
        keys = [verify.Key.parse(str(KEY.verifier))]
        assert verify.judge_flat(str(path), str(kept), keys).findings == []
        path.write_bytes(path.read_bytes().replace(b"opened", b"closed", 1))
        assert [one["class"] for one in verify.judge_flat(str(path), str(kept), keys).findings] == ["ALTERED"]
        proves_itself = (await asked(http)).json()
        assert (await http.get(f"{API}/{proves_itself['id']}/sidecar", headers=AUDITOR)).status_code == 404


async def test_it_is_the_askers_alone_and_gone_once_it_is_removed(house: House, database: Database):
    await live(house, 1)
    async with served(house, Here(house)) as http:
        told = (await asked(http, format="jsonl")).json()
        later = (await asked(http, format="csv", kind=["opened"], case_type=["expense_claim"])).json()
        page = (await http.get(API, headers=AUDITOR, params={"limit": 1})).json()
        assert [one["id"] for one in page["items"]] == [later["id"]]
        rest = (await http.get(API, headers=AUDITOR, params={"after": page["next_after"]})).json()
        assert [one["id"] for one in rest["items"]] == [told["id"]]
        assert later["filter"] == {"case_type": ["expense_claim"], "kind": ["opened"]}
        for who in (OTHER, FOREIGN, CLERK):
            assert (await http.get(API, headers=who)).json()["items"] == []
            for method, path in (("GET", ""), ("GET", "/file"), ("GET", "/sidecar"), ("DELETE", "")):
                answer = await http.request(method, f"{API}/{told['id']}{path}", headers=who)
                nothing = await http.request(method, f"{API}/{GONE}{path}", headers=who)
                assert (answer.status_code, answer.json()) == (404, nothing.json()), (who, method, path)
        assert (await http.delete(f"{API}/{told['id']}", headers=AUDITOR)).status_code == 204
        assert (await http.get(f"{API}/{told['id']}", headers=AUDITOR)).status_code == 404
        past = "1" if database.kind == "sqlite" else "now() - interval '1 second'"
        await change(database, f"UPDATE export_job SET ends_at = {past} WHERE id = '{later['id']}'")
        assert (await http.get(later["file"], headers=AUDITOR)).status_code == 404  # its time is over
        assert await rows(database, "SELECT * FROM export_piece")
        while await house.store.forget_exports():
            pass
        assert (
            await rows(database, "SELECT * FROM export_piece") == await rows(database, "SELECT * FROM export_job") == []
        )


async def test_who_may_not_export_is_told_why_and_is_in_the_log(house: House, database: Database):
    claim, incident = await open_claim(house), await open_incident(house)
    await house.ledger.sequence()
    ann = signed_in("ann", "exporter")
    line = PolicyLine(kind="p", role="role:exporter", tenant="*", obj="incident", act="case:export", eft="allow")
    async with house.store.transaction(line.tenant) as tx:
        await tx.change_policy(PolicyChange(add=[line]))
    async with served(house, Here(house)) as http:
        refused = await asked(http, CLERK)
        assert (refused.status_code, refused.json()["code"]) == (403, "denied")
        assert refused.json()["reasons"]
        [entry] = [one for one in await entries(database, "denied") if one.get("act") == "case:export"]
        assert (entry["actor"]["reference"], entry["code"]) == ("user:carl", "denied")
        for wanted, status in (
            ({"case_type": ["incident"]}, 201),
            ({"case": [incident]}, 201),
            ({"case_type": ["expense_claim"]}, 403),
            ({"case_type": ["incident", "expense_claim"]}, 403),
            ({"case_type": ["incident", "permit"]}, 403),
            ({"case": [claim]}, 403),
            ({"case": [incident, claim]}, 403),
            ({"case": [GONE]}, 403),
            ({}, 403),
        ):
            answer = await asked(http, ann, "jsonl", **wanted)
            assert answer.status_code == status, (wanted, answer.text)
            if "case" in wanted and status == 201:
                kept = answer.json()
            elif status == 201:
                file = await http.get(answer.json()["file"], headers=ann)
                assert claim not in file.text
                assert incident in file.text
                await http.delete(f"{API}/{answer.json()['id']}", headers=ann)
        assert incident in (await http.get(kept["file"], headers=ann)).text
        await house.policies.refresh()
        [given] = [one for one in await house.store.policy_lines() if one.role == "role:exporter"]
        async with house.store.transaction(line.tenant) as tx:
            await tx.change_policy(PolicyChange(remove=[given.id]))
        assert (await http.get(kept["file"], headers=ann)).status_code == 403


async def test_a_name_that_is_not_known_comes_with_the_one_that_was_meant(house: House):
    async with served(house, Here(house)) as http:
        for body, field, meant in (
            ({"format": "jsnol"}, "format", "did you mean `jsonl`?"),
            ({"fromat": "zip"}, "fromat", "did you mean `format`?"),
            ({"filter": {"case_types": []}}, "filter.case_types", "did you mean `case_type`?"),
            ({"filter": {"from": "yesterday"}}, "filter.from", "RFC 3339"),
        ):
            answer = await http.post(API, headers=AUDITOR, json=body)
            [fault] = answer.json()["errors"]
            assert (answer.status_code, fault["field"]) == (422, field)
            assert meant in fault["message"]
        assert (await asked(http, FOREIGN)).status_code in (403, 404)  # there is nothing in that log


async def test_so_many_are_made_at_once_and_so_many_bytes_are_kept(house: House):
    await live(house, 1)
    limits = ExportLimits(export_bytes_per_tenant=2**20)
    maker = Here(house, limits=limits)
    maker.works, maker.patience = False, 0.0
    async with served(house, maker, limits) as http:
        waiting = [await asked(http, format="csv") for _ in range(export_jobs.OF_A_PERSON)]
        assert [(one.status_code, one.json()["state"]) for one in waiting] == [(202, "queued")] * len(waiting)
        assert waiting[0].headers["location"] == f"{API}/{waiting[0].json()['id']}"
        assert (await http.get(f"{API}/{waiting[0].json()['id']}/file", headers=AUDITOR)).status_code == 404
        refused = await asked(http, format="csv")
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert (await asked(http, OTHER, "csv")).status_code == 202
        assert (await http.delete(waiting[0].headers["location"], headers=AUDITOR)).status_code == 204
        assert (await asked(http, format="csv")).status_code == 202
        await maker.making.make_all()
        kept = (await http.get(API, headers=AUDITOR)).json()["items"]
        assert {one["state"] for one in kept} == {"done"}
    full = ExportLimits(export_bytes_per_tenant=1)
    async with served(house, Here(house, limits=full), full) as http:
        refused = await asked(http)
        assert (refused.status_code, refused.json()["code"]) == (413, "over_quota")


async def test_whoever_dies_is_taken_over_from_and_what_they_wrote_counts_for_nothing(
    house: House, database: Database, monkeypatch, small_pieces
):
    await live(house, 1)
    maker = Here(house)
    maker.works, maker.patience = False, 0.0
    async with served(house, maker) as http:
        told = (await asked(http, format="jsonl")).json()
        dead = await house.store.take_export("acme", told["id"], "dead", timedelta(hours=1))
        await house.store.add_export_piece(dead, 0, b"half of a file")
        assert await maker.making.make_all() == 0  # somebody is at it
        assert await house.store.take_export("acme", told["id"], "another", timedelta(0)) is None
        over = "1" if database.kind == "sqlite" else "now() - interval '1 second'"
        await change(database, f"UPDATE export_job SET held_until = {over}")
        assert await maker.making.make_all() == 1
        assert not await house.store.go_on_export(dead, "dead", 1, timedelta(hours=1))
        assert not await house.store.end_export(replace(dead, state="failed"), "dead", timedelta(hours=1))
        done = (await http.get(f"{API}/{told['id']}", headers=AUDITOR)).json()
        file = (await http.get(done["file"], headers=AUDITOR)).content
        assert (len(file), hashlib.sha256(file).hexdigest()) == (done["size"], done["sha256"])
        assert len(file.splitlines()) == done["entries"]["written"]


async def test_what_cannot_be_made_says_so_after_some_tries_and_what_is_too_large_at_once(house: House):
    await live(house, 1)
    tries = []

    async def breaks(extract, out, policy) -> None:
        tries.append(extract)
        raise ValueError("a fault in a format")

    async def floods(extract, out, policy) -> None:
        while True:
            out.write(bytes(2**20))

    limits = ExportLimits(export_bytes_per_tenant=2**21)
    async with served(house, Here(house, {**WRITES, "csv": breaks, "jsonl": floods}, limits), limits) as http:
        failed = (await asked(http, format="csv")).json()
        assert (failed["state"], failed["problem"], failed["file"]) == ("failed", "a fault of ours: ValueError", None)
        assert len(tries) == export_making.MOST_TRIES
        large = (await asked(http, format="jsonl")).json()
        assert large["state"] == "failed"
        assert "2097152 bytes" in large["problem"]


async def test_one_that_is_stopped_is_not_made_any_further(house: House, monkeypatch):
    await live(house, 1)
    monkeypatch.setattr(export_making, "TELL_EVERY", 0.01)
    begun = asyncio.Event()

    async def lasts(extract, out, policy) -> None:
        begun.set()
        await asyncio.Event().wait()

    maker = Here(house, {**WRITES, "csv": lasts})
    maker.patience = 0.0
    async with served(house, maker) as http:
        told = (await asked(http, format="csv")).json()
        await begun.wait()
        assert (await http.delete(f"{API}/{told['id']}", headers=AUDITOR)).status_code == 204
        assert await asyncio.gather(*maker.tasks) == [1]  # it ended, and would have lasted for ever


async def test_a_process_of_its_own_makes_it(house: House, database: Database, monkeypatch):
    await live(house, 1)
    for name, value in environment(database_url=database.url).items():
        monkeypatch.setenv(name, value)
    maker = MakerProcess()
    maker.patience = 60.0
    async with served(house, maker) as http:
        answer = await asked(http, format="csv")
        assert (answer.status_code, answer.json()["state"]) == (201, "done"), answer.text
        file = await http.get(answer.json()["file"], headers=AUDITOR)
        assert file.text.startswith("leaf_index,")


@pytest.mark.parametrize(
    ("asking", "unless", "found"),
    [
        (None, None, None),
        ("bytes=0-0", None, (0, 1)),
        ("bytes=2-", '"x"', (2, 10)),
        ("Bytes=-3", None, (7, 10)),
        ("bytes=-30", None, (0, 10)),
        ("bytes=0-1,3-4", None, None),
        ("bytes=5-4", None, None),
        ("bytes=-", None, None),
        ("lines=0-1", None, None),
        ("bytes=1-2", '"y"', None),
        ("bytes=1-2", 'W/"x"', None),
    ],
)
def test_a_range_is_one_part_or_none(asking, unless, found):
    assert part_of(10, '"x"', asking, unless) == (Part(*found, 10) if found else None)


@pytest.mark.parametrize("asking", ["bytes=10-", "bytes=11-12", "bytes=-0"])
def test_a_part_that_is_not_there_is_said(asking):
    with pytest.raises(RangeNotSatisfiable):
        part_of(10, '"x"', asking, None)
