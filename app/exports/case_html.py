"""A case as people read it: what happened, who did it, when and why, and at the foot by which entries that is proven.

One page without anything from elsewhere, which a browser also prints. Entries are written as they are read.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import IO, Final

from jinja2 import Environment, PackageLoader
from jinja2.environment import TemplateModule
from pydantic import ValidationError

from app.domain.declaring.reading.load import load_stored
from app.domain.definition.case_type import CaseType
from app.domain.definition.titles import in_words, titled_case_type
from app.domain.values.json import Json, JsonObject
from app.domain.values.rfc3339 import rfc3339
from app.exports.beside import rows
from app.exports.case_values import shown
from app.exports.case_words import Words, sentence
from app.exports.mined import happened
from app.services.log.exports import ExportedRow, Extract, NoCases
from app.services.policy.past import PolicyInMemory

SAID_ELSEWHERE: Final = ("/reason", "/text", "/file_name")
WAS: Final = "/was/"
"""Below it stand the values that a correction found: the page tells what was before by itself."""


@dataclass(frozen=True, slots=True)
class Change:
    label: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class Proof:
    number: int | None
    leaf: int
    entry_id: str
    hash: str


@dataclass(slots=True)
class Reading:
    """What is known of the case so far."""

    language: str
    data: dict[str, Json] = field(default_factory=dict)
    declared: dict[str, CaseType | None] = field(default_factory=dict)
    proofs: list[Proof] = field(default_factory=list)
    state: str | None = None

    def words(self, digest: str | None) -> Words:
        return Words(self.language, self.declared.get(digest or ""))


async def write(extract: Extract, out: IO[bytes], _: PolicyInMemory) -> None:
    """Raises NoCases where there is no entry of the one that is asked for."""
    reading, page, words = Reading(extract.asked.language), template(), Words(extract.asked.language)
    async for one in rows(extract):
        digest = (one.entry.get("definition") or {}).get("hash")
        if digest is not None and digest not in reading.declared:
            reading.declared |= {stored.hash: _loaded(stored.text) for stored in await extract.definitions()}
        words = reading.words(digest)
        if not reading.proofs:
            out.write(_made(page, "head", words, _title(words, one.entry), list(_facts(words, one.entry))))
        out.write(_made(page, "entry", words, _told(reading, words, one, one.values)))
        reading.proofs.append(_proof(one))
    if not reading.proofs:
        raise NoCases
    note = extract.checkpoints[-1].note if extract.checkpoints else None
    out.write(_made(page, "foot", words, list(_ending(extract, reading, words)), reading.proofs, note))


@cache
def template() -> TemplateModule:
    loader = PackageLoader("app.exports", "")
    made = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return made.get_template("case.html").module


def _made(page: TemplateModule, part: str, *values: object) -> bytes:
    return str(getattr(page, part)(*values)).encode()


def _loaded(text: str) -> CaseType | None:
    """None where this release cannot read it."""
    try:
        return load_stored(text)
    except ValidationError:
        return None


def _title(words: Words, entry: JsonObject) -> str:
    if words.declared is not None:
        return titled_case_type(words.declared, words.language)
    return in_words(str(entry.get("case_type") or words.say("Case")))


def _facts(words: Words, entry: JsonObject) -> Iterator[tuple[str, str]]:
    yield words.say("Case"), entry["case_id"]
    yield words.say("Opened"), words.moment(happened(entry))


def _ending(extract: Extract, reading: Reading, words: Words) -> Iterator[tuple[str, str]]:
    if reading.state is not None:
        yield words.say("State at the end"), words.states(reading.state)
    yield words.say("Entries"), str(len(reading.proofs))
    by = words.say("by %(who)s", who=extract.asked.operator)
    yield words.say("Exported"), f"{words.moment(rfc3339(extract.at))}, {by}"


def _told(reading: Reading, words: Words, one: ExportedRow, values: Mapping[str, Json]) -> Mapping[str, object]:
    entry, at = one.entry, happened(one.entry)
    policy = entry.get("policy")
    reading.state = entry.get("target") or reading.state
    return {
        "at": at,
        "recorded": entry["at"] if entry["at"] != at else None,
        "sentence": sentence(words, entry, values),
        "text": values.get("/text"),
        "reason": values.get("/reason"),
        "changes": list(_changes(reading, words, entry, values)),
        "withheld": len(entry["fields"].keys() - values.keys()),
        "roles": ", ".join((entry.get("actor") or {}).get("roles", ())),
        "rule": policy.get("rule") if isinstance(policy, dict) else None,
        "number": entry.get("case_seq"),
        "hash": one.entry_hash,
    }


def _changes(reading: Reading, words: Words, entry: JsonObject, values: Mapping[str, Json]) -> Sequence[Change]:
    """Data that are not what they were, and all else that was sent; a refused attempt changes nothing."""
    before = dict(reading.data)
    now = {**before, **values, **dict.fromkeys(entry.get("removed", ()))}
    if entry["kind"] != "denied":
        reading.data = {path: value for path, value in now.items() if path.startswith("/data/")}
    told = (*values, *entry.get("removed", ()))
    changed = [path for path in told if path not in SAID_ELSEWHERE and not path.startswith(WAS)]
    return [_change(words, path, before, now) for path in changed if path not in before or before[path] != now[path]]


def _change(words: Words, path: str, before: Mapping[str, Json], now: Mapping[str, Json]) -> Change:
    was = before.get(path)
    told = None if was is None else shown(words, path, was, before)
    return Change(words.field(path), told, shown(words, path, now[path], now))


def _proof(one: ExportedRow) -> Proof:
    return Proof(one.entry.get("case_seq"), one.leaf_index, one.entry["entry_id"], one.entry_hash)
