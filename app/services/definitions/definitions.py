"""The case types in force, by name, and every version that a case may be pinned to, by hash."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Protocol

from pydantic import ValidationError

from app.domain.declaring.reading.load import load_stored
from app.domain.definition.case_type import CaseType
from app.domain.definition.views import Views
from app.domain.machine.machine import Machine
from app.domain.values.errors import NotFound
from app.domain.values.json import JsonObject
from app.domain.values.names import SERVICE_TENANT
from app.services.entries.actors import UNNAMED, operator_json
from app.services.entries.writing import entry_of, write
from app.services.store.definitions import (
    DefinitionReads,
    DefinitionTransaction,
    DefinitionVersion,
    StoredDefinitions,
)
from app.services.store.stored import StoredDefinition
from app.services.store.transactions import Transactions

VIEWS: Final = '"views":'
"""Stands in the text of every version that declares some, and of few others."""


class DefinitionStore(Transactions[DefinitionTransaction], DefinitionReads, Protocol): ...


@dataclass
class Definitions:
    """Compiled definitions. `current` opens cases; `machines` serves the cases that are open already."""

    current: dict[str, Machine] = field(default_factory=dict)
    machines: dict[str, Machine] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    """Of all case types that there ever were: those without a declaration may have cases left."""
    looks: dict[str, Views] = field(default_factory=dict)
    """Of the newest version that declares views, where the one in force declares none."""

    async def publish(
        self, store: DefinitionStore, case_types: Mapping[str, CaseType], operator: str = UNNAMED
    ) -> None:
        """Store what is new among the declared case types, with a log entry each, and make them current."""
        for name, case_type in case_types.items():
            stored = await _store(store, case_type, operator)
            self.current[name] = self._compile(stored, case_type)
        versions = await store.definition_versions()
        self.names |= {one.case_type for one in versions} | self.current.keys()
        await self._look_back(store, versions)

    async def _look_back(self, store: DefinitionReads, versions: Sequence[DefinitionVersion]) -> None:
        """Find the views of older versions, where the one in force has none."""
        without = [one.hash for one in versions if self.views(one.case_type) is None]
        for stored in await store.definitions(without) if without else []:
            if VIEWS in stored.text:
                await asyncio.sleep(0)  # a large one takes some milliseconds to read
                with suppress(ValidationError):  # of a newer release: its cases are told so when they are met
                    self.looks |= _look(load_stored(stored.text))

    async def learn(self, store: StoredDefinitions, hashes: Iterable[str]) -> None:
        """Compile the stored versions that are asked for and not known yet."""
        missing = sorted({digest for digest in hashes if digest not in self.machines})
        if missing:
            for stored in await store.definitions(missing):
                self._compile(stored, load_stored(stored.text))

    def views(self, name: str) -> Views | None:
        """How all cases of a type are shown, whichever version each was opened under: as the one in force says, else
        the newest that says something."""
        current = self.current.get(name)
        return (current.case_type.views if current else None) or self.looks.get(name)

    def opening(self, name: str) -> Machine | None:
        return self.current.get(name)

    def of(self, digest: str) -> Machine:
        return self.machines[digest]

    def named(self, name: str) -> Machine:
        if name not in self.current:
            raise NotFound("there is no such case type")
        return self.current[name]

    def all(self) -> Sequence[Machine]:
        return [self.current[name] for name in sorted(self.current)]

    def _compile(self, stored: StoredDefinition, case_type: CaseType) -> Machine:
        if stored.hash not in self.machines:
            self.machines[stored.hash] = Machine(case_type, stored.hash, stored.version)
        return self.machines[stored.hash]


def _look(case_type: CaseType) -> dict[str, Views]:
    return {case_type.case_type: case_type.views} if case_type.views is not None else {}


async def _store(store: DefinitionStore, case_type: CaseType, operator: str) -> StoredDefinition:
    digest = case_type.hash()
    known = await store.definitions([digest])
    if known:
        return known[0]
    async with store.transaction(SERVICE_TENANT) as tx:
        locked = await tx.lock([], [])
        stored, added = await tx.add_definition(case_type.case_type, digest, case_type.canonical())
        if added:
            says: JsonObject = {
                "case_type": stored.case_type,
                "definition": {"version": stored.version, "hash": stored.hash},
            }
            actor = operator_json(operator)
            await write(tx, entry_of("definition", SERVICE_TENANT, locked.at, actor=actor, says=says))
    return stored
