"""What an attempt that is only tried would change of a case: its state, its data by path, and its clocks."""

from collections.abc import Iterator

from app.domain.case.case import Case
from app.domain.clocks.after_event import Clocks
from app.domain.schemas.merge_patch import same
from app.domain.values.json import Data, Json, JsonObject
from app.services.desk.answer import clock_json


def changed(before: Case | None, clocks: Clocks, after: Case, clocks_after: Clocks) -> JsonObject:
    """`{state: {from, to}, data: {path: {from, to}}, clocks: {name: {from, to}}}`: the state always, of the rest what
    is another afterwards. What is not there is null. Of objects on both sides their members are told apart, a list is
    told whole."""
    data = _differences("data", before.data if before else {}, after.data)
    return {
        "state": _pair(before.state if before else None, after.state),
        "data": {path: _pair(was, now) for path, was, now in data},
        "clocks": {name: _pair(was, now) for name, was, now in _of_clocks(clocks, clocks_after)},
    }


def _pair(was: Json, now: Json) -> JsonObject:
    return {"from": was, "to": now}


def _differences(path: str, was: Data, now: Data) -> Iterator[tuple[str, Json, Json]]:
    for name in sorted(was.keys() | now.keys()):
        inner, one, other = f"{path}.{name}", was.get(name), now.get(name)
        if isinstance(one, dict) and isinstance(other, dict):
            yield from _differences(inner, one, other)
        elif (name in was) != (name in now) or not same(one, other):
            yield inner, one, other


def _of_clocks(was: Clocks, now: Clocks) -> Iterator[tuple[str, Json, Json]]:
    """Those that have started, as a case shows them."""
    for name in sorted(was.keys() | now.keys()):
        one, other = (
            clock_json(state) if (state := clocks.get(name)) and state.started_at else None for clocks in (was, now)
        )
        if one != other:
            yield name, one, other
