"""What a field of a case was: each value that it had, who gave it that by which event, and when."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from app.domain.case.attempt import Actor
from app.domain.case.sealing import pointer
from app.domain.deciding.situation import OnCase
from app.domain.values.errors import invalid
from app.domain.values.json import Json, JsonObject
from app.domain.values.near_names import choose, quoted
from app.services.cases.cases import Cases
from app.services.store.history import FieldSpan, HistoryReads
from app.services.store.stored import StoredEntry

SPAN: Final = 1_000
"""Entries of the case that are looked at in one statement."""
MOST_SPANS: Final = 10
"""Of them one after the other, for somebody for whom there was nothing in those before."""


class Unset:
    """There is no value."""


UNSET: Final = Unset()
Value = Json | Unset


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """An entry that changed the field. Where there is no `value` it was taken away, or, where it is `withheld`, it is
    not shown: it was erased."""

    entry: JsonObject
    entry_id: str
    case_seq: int
    value: Value
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class FieldPage:
    """Changes in the order of the chain; `next_after` continues behind all that was looked at, None where that was
    the end."""

    changes: Sequence[FieldChange]
    next_after: int | None


@dataclass(slots=True)
class _Field:
    """A top-level property by its pointer, and the way into its value; `value` is what it had last. `begins`: there
    was nothing before."""

    path: str
    inside: Sequence[str]
    begins: bool
    value: Value = UNSET
    known: bool = False
    """Whether `value` is known: of a page behind others it is looked up, and may stand far back."""
    changes: list[FieldChange] = field(default_factory=list)

    def learn(self, change: FieldChange) -> None:
        self.value, self.known, self.begins = change.value, not change.withheld, False

    def part(self, value: Value) -> Value:
        for name in self.inside:
            value = value.get(name, UNSET) if isinstance(value, dict) else UNSET
        return value


class FieldHistoryStore(HistoryReads, Protocol): ...


class FieldHistory:
    def __init__(self, store: FieldHistoryStore, cases: Cases) -> None:
        self._store = store
        self._cases = cases

    async def read(self, actor: Actor, case_id: str, name: str, after: int, limit: int) -> FieldPage:
        """The changes behind a `case_seq`. Who reads the log of the case reads these. Raises NotFound, and Invalid for
        a field that the case neither has nor ever had."""
        async with self._cases.reads.reading(actor):
            here = await self._cases.check_log(actor, case_id)
            asked = _field_of(name, here, begins=not after)
            if after:
                await self._look_back(asked, here, after)
            reached, last = after, here.case.seq
            for _ in range(MOST_SPANS):
                until = min(reached + SPAN, last)
                span = FieldSpan(tenant=actor.tenant, case_id=case_id, path=asked.path, after=reached, until=until)
                entries = await self._store.field_entries(span)
                reached = _taken(asked, entries, limit) or until
                if reached >= last or asked.changes:
                    break
        if not after and not asked.changes and reached >= last:
            _check_known(name, here)
        return FieldPage(asked.changes, None if reached >= last else reached)

    async def _look_back(self, asked: _Field, here: OnCase, after: int) -> None:
        """What it was before the page, as far as one span goes back."""
        case, least = here.case, max(after - SPAN, 0)
        span = FieldSpan(tenant=case.tenant, case_id=case.id, path=asked.path, after=least, until=after)
        asked.begins = least == 0
        for entry in await self._store.field_entries(span):
            for change in _change(asked, entry):
                asked.learn(change)


def _taken(asked: _Field, entries: Sequence[StoredEntry], limit: int) -> int | None:
    """Up to which `case_seq` a full page goes."""
    for entry in entries:
        for change in _change(asked, entry):
            if len(asked.changes) == limit:
                return asked.changes[-1].case_seq
            asked.changes.append(change)
            asked.learn(change)
    return None


def _change(asked: _Field, stored: StoredEntry) -> Iterator[FieldChange]:
    """Nothing where the entry only names the field, or sets it to what it was."""
    entry = json.loads(stored.entry)
    gone = asked.path in entry.get("removed", ())
    if not gone and asked.path not in entry["fields"]:
        return
    withheld = not gone and asked.path not in stored.values
    value = UNSET if gone or withheld else asked.part(stored.values[asked.path])
    if not withheld and (asked.known or asked.begins) and _same(value, asked.value):
        return
    assert stored.case_seq is not None
    yield FieldChange(entry=entry, entry_id=stored.entry_id, case_seq=stored.case_seq, value=value, withheld=withheld)


def _same(value: Value, other: Value) -> bool:
    """As JSON: to Python 1 and true are the same."""
    if isinstance(value, Unset) or isinstance(other, Unset):
        return value is other
    return json.dumps(value, sort_keys=True) == json.dumps(other, sort_keys=True)


def _field_of(name: str, here: OnCase, *, begins: bool) -> _Field:
    """A name with dots is that of a property, where there is such a one, and else leads into one."""
    if name in _names(here):
        return _Field(pointer("data", name), (), begins)
    first, *inside = name.split(".")
    return _Field(pointer("data", first), inside, begins)


def _names(here: OnCase) -> dict[str, None]:
    declared = here.machine.case_type.data.get("properties", {})
    return dict.fromkeys([*declared, *here.case.data])


def _check_known(name: str, here: OnCase) -> None:
    names = _names(here)
    if name not in names and name.split(".")[0] not in names:
        told = f"{quoted(name)} is no field of {quoted(here.case.case_type)}; {choose(name, names, 'fields')}"
        raise invalid("field", told)
