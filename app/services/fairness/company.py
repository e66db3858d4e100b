"""Whether several come, or one alone."""

import asyncio
from collections.abc import Hashable
from typing import Generic, TypeVar

PRESENT = 1.0
"""Seconds for which somebody else who came is expected again."""
Key = TypeVar("Key", bound=Hashable)


class Company(Generic[Key]):
    def __init__(self) -> None:
        self._latest: Key | None = None
        self._others_until = 0.0

    def came(self, key: Key) -> None:
        if key != self._latest:
            if self._latest is not None:
                self._others_until = asyncio.get_running_loop().time() + PRESENT
            self._latest = key

    @property
    def several(self) -> bool:
        return asyncio.get_running_loop().time() < self._others_until
