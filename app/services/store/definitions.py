"""What services ask of the store about the versions of case types."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.services.store.stored import StoredDefinition
from app.services.store.transactions import EntryTransaction


@dataclass(frozen=True, slots=True)
class DefinitionVersion:
    """A version of a case type without its text."""

    case_type: str
    version: int
    hash: str


class StoredDefinitions(Protocol):
    async def definitions(self, hashes: Sequence[str] | None = None) -> Sequence[StoredDefinition]: ...


class DefinitionReads(StoredDefinitions, Protocol):
    async def definition_versions(self, case_type: str | None = None) -> Sequence[DefinitionVersion]:
        """Every version of a case type, or of all; by name and number."""
        ...

    async def definitions_published(self, case_type: str) -> Mapping[str, datetime]:
        """When each version of a case type was first seen, by its hash, as the service's own log says."""
        ...

    async def case_counts(self, hashes: Sequence[str]) -> Mapping[str, tuple[int, int]]:
        """How many cases of all tenants stand on each of these definitions, and how many of them are open; none where
        there is no case. Looks at all cases."""
        ...


class DefinitionTransaction(EntryTransaction, Protocol):
    async def add_definition(self, case_type: str, digest: str, text: str) -> tuple[StoredDefinition, bool]:
        """Store a definition under the next version of its case type, and whether it is new."""
        ...
