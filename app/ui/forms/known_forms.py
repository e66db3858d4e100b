"""The forms of a version of a case type, made once in each language: of thousands of fields it takes a while."""

import asyncio
from functools import lru_cache
from typing import Final

from app.domain.machine.machine import Machine
from app.ui.forms.fields import Group
from app.ui.forms.from_schema import form_of

MOST: Final = 512
_READY: Final[set[tuple[Machine, str | None, str]]] = set()
_NONE: Final = {"type": "object", "properties": {}}


def form_for(machine: Machine, event: str | None, language: str) -> Group:
    """Of what an event carries, or without an event of the data of a case."""
    return _made(machine, event, language)


async def made_ready(machine: Machine, event: str | None, language: str) -> None:
    """Make the form beside the loop, the first time that somebody opens it."""
    if (machine, event, language) in _READY:
        return
    await asyncio.to_thread(form_for, machine, event, language)
    if len(_READY) == MOST:
        _READY.clear()
    _READY.add((machine, event, language))


@lru_cache(MOST)
def _made(machine: Machine, event: str | None, language: str) -> Group:
    if event is None:
        return form_of(machine.case_type.data, "data", language)
    declared = machine.case_type.events.get(event)
    return form_of((declared and declared.payload) or _NONE, "payload", language)
