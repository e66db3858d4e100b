"""Put right what was entered wrongly: the data become what they should have been, and the entry says what they were."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from app.domain.case.sealing import pointer
from app.domain.deciding.situation import OnCase
from app.domain.deciding.verb import Done, Verb
from app.domain.schemas.merge_patch import merged, same
from app.domain.values.data_size import check_size
from app.domain.values.errors import Invalid, invalid
from app.domain.values.json import Data, Json


@dataclass(frozen=True, slots=True)
class Correct(Verb):
    """By the data of the attempt, a merge patch, and with its reason; of an open case and of a closed one."""

    act: ClassVar[str] = "case:correct"
    doing: ClassVar[str] = "correct this case"
    name: ClassVar[str] = "correct"

    def done(self, here: OnCase) -> Done:
        if not (here.attempt.reason or "").strip():
            raise invalid("reason", "say why the data are corrected")
        data, errors = merged(here.case.data, here.attempt.data or {}, here.machine.case_type.data)
        if errors:
            raise Invalid("this cannot be put into the data", errors=errors)
        changed = changed_names(here.case.data, data)
        if not changed:
            raise invalid("data", "changes nothing: send a field with another value than it has, or null to remove it")
        check_size(here.max_data_bytes, data, here.case.data)
        errors = tuple(here.machine.data.errors(data, "data"))
        if errors:
            raise Invalid("the case data would not be valid", errors=errors)
        gone = [pointer("data", name) for name in changed if name not in data]
        return Done(
            kind="corrected",
            case=replace(here.case, data=data),
            body={"removed": gone} if gone else {},
            fields={**_named("data", data, changed), **_named("was", here.case.data, changed)},
            counts=True,
        )


def changed_names(before: Data, after: Data) -> list[str]:
    """The top-level fields that come, go, or have another value."""
    names = sorted(before.keys() | after.keys())
    return [name for name in names if not (name in before and name in after and same(before[name], after[name]))]


def _named(root: str, data: Data, names: list[str]) -> Mapping[str, Json]:
    return {pointer(root, name): data[name] for name in names if name in data}
