"""Draw cases so that anybody can draw the same again: those with the smallest hashes of a seed and their id."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from app.domain.values.json import Json
from app.services.log.sorted_lines import SortedLines

RECENT: Final = 10_000
"""Cases that are not written down again while they are remembered: one has several entries close together."""


@dataclass(frozen=True, slots=True)
class Draw:
    """How many cases, and the text that decides which."""

    size: int
    seed: str

    def to_json(self) -> dict[str, Json]:
        return {"cases": self.size, "seed": self.seed}

    def place(self, case_id: str) -> str:
        """Where a case stands among all: SHA-256 of the seed, a zero byte and its id, in hex."""
        return hashlib.sha256(f"{self.seed}\0{case_id}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Drawn:
    """The cases, and of how many."""

    draw: Draw
    cases: frozenset[str]
    population: int

    def to_json(self) -> dict[str, Json]:
        return {**self.draw.to_json(), "drawn": len(self.cases), "population": self.population}


class Population:
    """Told of cases in any order, as often as one likes; then drawn from. In the same memory however many there are."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._places = SortedLines()
        self._recent: OrderedDict[str, None] = OrderedDict()

    def add(self, case_id: str) -> None:
        if case_id in self._recent:
            self._recent.move_to_end(case_id)
            return
        self._recent[case_id] = None
        if len(self._recent) > RECENT:
            self._recent.popitem(last=False)
        self._places.add(f"{self._draw.place(case_id)} {case_id}\n".encode())

    def drawn(self) -> Drawn:
        chosen: list[str] = []
        population = 0
        with self._places as places:
            for line, _ in groupby(places.merged()):
                population += 1
                if population <= self._draw.size:
                    chosen.append(line.decode().split()[1])
        return Drawn(self._draw, frozenset(chosen), population)
