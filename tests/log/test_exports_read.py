"""A case as people read it: sentences that are true, nothing that runs, nothing from elsewhere."""

import asyncio
import re
import shutil
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from app.db import open_store
from app.domain.case.attempt import Principal
from app.exports.case_german import GERMAN
from app.exports.case_html import Reading, _changes
from app.exports.case_words import ENGLISH, Words
from app.main import main
from app.services.log.export_filter import ExportFilter
from app.services.log.exports import Asked
from tests.databases import sqlite_of
from tests.exporting import TakenApart, export
from tests.factories import TENANT
from tests.house import ADMIN, CLERK, ROOT, STRANGER, SUPERVISOR, applied, fire, fired, open_claim, running
from tests.working import claim as take
from tests.working import comment

EVIL = '<script>alert("1")</script>'


@dataclass(frozen=True)
class Read:
    folder: Path
    case_id: str
    english: str
    german: str
    entries: list[tuple[str, str]]
    """Of the case: id and hash."""


@pytest.fixture(scope="module")
def read(sqlite_lived_in: Path, tmp_path_factory: pytest.TempPathFactory) -> Read:
    return asyncio.run(_read(sqlite_lived_in, tmp_path_factory.mktemp("read")))


async def _read(template: Path, folder: Path) -> Read:
    database = sqlite_of(Path(shutil.copy(template, folder / "house.db")))
    async with running(open_store(database.url)) as house:
        await open_claim(house)
        mine = await open_claim(house)
        await fire(house, mine, "triage", STRANGER)
        await fired(house, mine, "triage", ADMIN, reason=EVIL, on_behalf_of=Principal(CLERK.id, CLERK.roles))
        applied(await take(house, mine, CLERK))
        applied(await comment(house, mine, CLERK, f"Who is {EVIL}?"))
        await fired(house, mine, "reject", SUPERVISOR, reason="no receipt")
        await house.ledger.sequence()

        async def page(language: str) -> str:
            wanted = ExportFilter(cases=frozenset({mine}))
            asked = Asked(tenant=TENANT, wanted=wanted, format="html", operator="operator:olga", language=language)
            return (await export(house.store, folder / "case.html", asked=asked)).read_text()

        whole = TakenApart.of(await export(house.store, folder / "all.zip"))
        hashes = [one.hex() for one in whole.hashes()]
        entries = [(whole.entry(at)["entry_id"], hashes[at]) for at in whole.of_case(mine)]
        return Read(folder, mine, await page("en"), await page("de"), entries)


def said(page: str) -> list[str]:
    return [unescape(one) for one in re.findall(r'<p class="what">(.*?)</p>', page)]


def test_the_page_tells_who_did_what_for_whom_and_why(read: Read) -> None:
    sentences = said(read.english)
    assert sentences[0].startswith("alice: opened the case by “Submit”; it is ")
    assert sentences[1].startswith("steve: tried “Take into review” and was refused: ")
    assert sentences[2].startswith("carl: “Take into review”; the case went from ")
    assert sentences[2].endswith("(by root on their behalf)")
    assert sentences[3] == "carl: the case is with carl now"
    assert sentences[4] == "carl: commented"
    assert sentences[5].startswith("susan: “Reject”; the case went from ")
    assert len(sentences) == len(read.entries)
    assert "no receipt" in read.english
    assert "<dt>Amount</dt><dd>1,200.00 EUR</dd>" in read.english
    assert "<dt>Currency</dt><dd>Euro</dd>" in read.english


def test_it_is_read_in_german_too(read: Read) -> None:
    sentences = said(read.german)
    assert 'lang="de"' in read.german
    assert sentences[3] == "carl: der Fall liegt nun bei carl"
    assert "<dt>Betrag</dt><dd>1.200,00 EUR</dd>" in read.german
    assert "Was mit diesem Fall geschah" in read.german
    assert len(sentences) == len(read.entries)


def test_the_proof_at_its_foot_names_each_entry_with_its_hash(read: Read) -> None:
    for page in (read.english, read.german):
        foot = page[page.index("<tbody>") :]
        assert re.findall(r"<td><code>(.*?)</code></td><td><code>(.*?)</code></td>", foot) == read.entries


class Parts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_nothing_in_it_runs_or_comes_from_elsewhere(read: Read) -> None:
    parts = Parts()
    parts.feed(read.english)
    assert parts.open == []
    assert {tag for tag, _ in parts.tags}.isdisjoint({"script", "link", "img", "iframe", "object", "a", "form"})
    assert {name for _, attributes in parts.tags for name in attributes}.isdisjoint({"src", "href", "style", "onclick"})
    assert "url(" not in read.english
    assert EVIL in unescape(read.english)


def test_every_sentence_has_a_german_one(read: Read) -> None:
    code = "".join(path.read_text() for path in sorted((ROOT / "app/exports").glob("case*")))
    used = set(re.findall(r'\.say\(\s*"(.+?)"[,)]', code)) | ENGLISH.keys()
    assert len(used) > 30
    assert used <= GERMAN.keys()
    for english, german in GERMAN.items():
        assert sorted(re.findall(r"%\(\w+\)s", english)) == sorted(re.findall(r"%\(\w+\)s", german))


def test_the_command_writes_one_case_and_says_what_it_needs(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STATEWARD_DATABASE_URL", f"sqlite:///{read.folder / 'house.db'}")
    words = ["export", "--tenant", TENANT, "--format", "html"]
    assert main([*words, "--case", read.case_id, "--language", "de", "case.html"]) == 0
    assert said(Path("case.html").read_text()) == said(read.german)
    assert Path("case.html.sha256.json").is_file()
    for more, says in (([], "is of one case"), (["--case", "00000000-0000-7000-8000-000000000000"], "no case has")):
        capsys.readouterr()
        assert main([*words, *more, "none.html"]) in (1, 2)
        told = capsys.readouterr().err
        assert (says in told, told.count("\n")) == (True, 1)
    assert not Path("none.html").exists()


def test_a_change_tells_what_was_before_and_what_a_refused_attempt_sent_changes_nothing() -> None:
    words, reading = Words("en"), Reading("en")
    changes = [
        _changes(reading, words, {"kind": kind, "removed": removed}, values)
        for kind, values, removed in (
            ("opened", {"/data/flag": True, "/data/note": "a"}, []),
            ("denied", {"/data/note": "never"}, []),
            ("transition", {"/data/note": "b", "/data/flag": True, "/reason": "because"}, []),
            ("transition", {}, ["/data/note"]),
        )
    ]
    assert [[(one.label, one.before, one.after) for one in each] for each in changes] == [
        [("Flag", None, "yes"), ("Note", None, "a")],
        [("Note", "a", "never")],
        [("Note", "a", "b")],
        [("Note", "b", "nothing")],
    ]
