"""The versions of case types that cases stand on, though they open no case any more."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Collection
from time import monotonic

from pydantic import ValidationError

from app.domain.declaring.checks.standing import OlderVersion, Versions
from app.domain.declaring.reading.load import load_stored
from app.services.definitions.definitions import Definitions
from app.services.store.definitions import DefinitionReads

KEPT = 60.0
"""Seconds for which the answer is remembered: all cases are counted for it."""
log = logging.getLogger("stateward")


async def standing(store: DefinitionReads, newest: Collection[str]) -> Versions:
    """By case type, in their order. `newest` are the hashes of those that open cases."""
    older = {one.hash: one for one in await store.definition_versions() if one.hash not in newest}
    counts = await store.case_counts(sorted(older)) if older else {}
    found: defaultdict[str, list[OlderVersion]] = defaultdict(list)
    for stored in await store.definitions(sorted(counts)) if counts else []:
        await asyncio.sleep(0)  # a large one takes some milliseconds
        cases, still_open = counts[stored.hash]
        try:
            case_type = load_stored(stored.text)
        except ValidationError as error:
            log.warning("version %d of %s cannot be read: %s", stored.version, stored.case_type, error)
            continue
        found[stored.case_type].append(
            OlderVersion(
                case_type=case_type,
                version=stored.version,
                open=still_open,
                closed=cases - still_open,
                digest=stored.hash,
            )
        )
    return found


class StandingVersions:
    """The same for a process that is asked again and again."""

    def __init__(self, store: DefinitionReads, definitions: Definitions) -> None:
        self._store = store
        self._definitions = definitions
        self._found: Versions = {}
        self._until = 0.0
        self._one_at_a_time = asyncio.Lock()

    async def all(self) -> Versions:
        async with self._one_at_a_time:
            if monotonic() >= self._until:
                newest = {machine.digest for machine in self._definitions.all()}
                self._found = await standing(self._store, newest)
                self._until = monotonic() + KEPT
        return self._found
