"""Where the pages of forms find what they ask of the services, and the turn in which a large form is made."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from app.http.border.services import services_of
from app.services.cases.forms import FormReads
from app.ui.forms.sheet import Sheet
from app.ui.frame.reader import PageRequest

T = TypeVar("T")


def reads_of(request: PageRequest) -> FormReads:
    found = services_of(request).forms
    assert found is not None
    return found


async def in_turn(request: PageRequest, sheet: Sheet, make: Callable[[], T]) -> T:
    """What is made of a form: of a large one beside the loop, while no other takes long, and afterwards others have
    the processor for as long."""
    small = sheet.small
    async with services_of(request).slices.of((request.user.tenant, request.user.id), small=small):
        return make() if small else await asyncio.to_thread(make)
