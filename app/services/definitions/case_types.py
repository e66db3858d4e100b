"""The case types in force and the versions before them, as readers see them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.declaring.reading.load import load_stored
from app.domain.definition.case_type import CaseType
from app.domain.definition.views import Views
from app.domain.diagram import DRAWN, DiagramFormat
from app.domain.machine.machine import Machine
from app.domain.values.errors import NotFound, invalid
from app.services.definitions.definitions import Definitions
from app.services.store.definitions import DefinitionReads


@dataclass(frozen=True, slots=True)
class CaseTypeView:
    """A case type in its current version; `hash` is the identity of the definition."""

    case_type: CaseType
    version: int
    hash: str


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """A version of a case type: since when there is one, and whether cases are opened under it now."""

    version: int
    hash: str
    published_at: datetime | None
    in_force: bool


class CaseTypes:
    def __init__(self, definitions: Definitions, store: DefinitionReads) -> None:
        self._definitions = definitions
        self._store = store
        self._drawings: dict[tuple[str, str], str] = {}

    def list(self) -> Sequence[CaseTypeView]:
        return [_view(machine) for machine in self._definitions.all()]

    def get(self, name: str) -> CaseTypeView:
        """The one in force. Raises NotFound."""
        return _view(self._definitions.named(name))

    async def version(self, name: str, number: int | None) -> CaseTypeView:
        """The one in force, or a version that there ever was. Raises NotFound, and Invalid for any other number."""
        current = self._definitions.current.get(name)
        if number is None or (current and current.version == number):
            return self.get(name)
        versions = await self._store.definition_versions(name)
        if not versions:
            raise NotFound("there is no such case type")
        digest = next((one.hash for one in versions if one.version == number), None)
        if digest is None:
            raise invalid("version", f"there is no version {number} of {name}; the newest is {versions[-1].version}")
        if digest in self._definitions.machines:
            return _view(self._definitions.of(digest))
        [stored] = await self._store.definitions([digest])
        return CaseTypeView(await asyncio.to_thread(load_stored, stored.text), number, digest)

    def views(self, name: str) -> Views | None:
        """How cases of this type are shown, those of older versions too."""
        return self._definitions.views(name)

    async def versions(self, name: str) -> Sequence[PublishedVersion]:
        """Every version that there ever was, the newest first. Raises NotFound."""
        versions = await self._store.definition_versions(name)
        if not versions:
            raise NotFound("there is no such case type")
        current = self._definitions.current.get(name)
        published = await self._store.definitions_published(name)
        return [
            PublishedVersion(
                one.version, one.hash, published.get(one.hash), bool(current and current.digest == one.hash)
            )
            for one in reversed(versions)
        ]

    async def diagram(self, name: str, number: int | None, format: DiagramFormat) -> str:  # noqa: A002
        """Drawn once per definition. Raises what `version` raises."""
        view = await self.version(name, number)
        key = (view.hash, format)
        if key not in self._drawings:
            # of a large case type it takes a fifth of a second, in which no event should have to wait
            self._drawings[key] = await asyncio.to_thread(DRAWN[format], view.case_type)
        return self._drawings[key]


def _view(machine: Machine) -> CaseTypeView:
    return CaseTypeView(machine.case_type, machine.version, machine.digest)
