"""JSON as Python has it."""

from typing import Any

Json = Any
Data = dict[str, Json]
