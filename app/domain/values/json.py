"""JSON as Python has it."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None
"""Any value of it; what it is, is found by looking."""
Data: TypeAlias = Mapping[str, Json]
"""An object of it that others made up: the data of a case, a payload."""
JsonObject: TypeAlias = Mapping[str, Any]
"""An object of it whose members are known, since we wrote it or asked a schema: an entry, a kept answer."""
