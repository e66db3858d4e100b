"""Put right what was entered wrongly: the data become what they should have been, and the entry says what they were."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from app.domain.case.sealing import pointer
from app.domain.deciding.data_after import changed_names
from app.domain.deciding.situation import OnCase
from app.domain.deciding.verb import Done, Verb
from app.domain.schemas.merge_patch import merged
from app.domain.schemas.undeclared import undeclared
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
        sent = here.attempt.data or {}
        data, errors = merged(here.case.data, sent, here.machine.case_type.data)
        if errors := (*errors, *undeclared(sent, here.machine.data_type)):
            raise Invalid("this cannot be put into the data", errors=errors)
        other, gone = changed_names(here.case.data, data)
        changed = sorted((*other, *gone))
        if not changed:
            raise invalid("data", "changes nothing: send a field with another value than it has, or null to remove it")
        check_size(here.max_data_bytes, data, here.case.data)
        errors = tuple(here.machine.data.errors(data, "data"))
        if errors:
            raise Invalid("the case data would not be valid", errors=errors)
        return Done(
            kind="corrected",
            case=replace(here.case, data=data),
            body={"removed": [pointer("data", name) for name in gone]} if gone else {},
            fields={**_named("data", data, changed), **_named("was", here.case.data, changed)},
            counts=True,
        )


def _named(root: str, data: Data, names: list[str]) -> Mapping[str, Json]:
    return {pointer(root, name): data[name] for name in names if name in data}
