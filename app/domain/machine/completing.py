"""Take the completions of finished states, one after another, until a case waits for an event."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.domain.definition.configuration import Configuration, Memory
from app.domain.machine.graph import Graph, Move

CHAIN: Final = 100
"""Longer than any real chain of completions; a case type with more states may have one through each of them."""


class NeverRests(Exception):
    """Completions that lead round in a circle. `sources` are the states that are done again and again."""

    def __init__(self, sources: tuple[str, ...]) -> None:
        super().__init__(f"the completions of {' and '.join(sources)} never rest")
        self.sources = sources


@dataclass(frozen=True, slots=True)
class Completion:
    """One that was taken: its move, the memory before it and after it, and what was active then."""

    move: Move
    memory: Memory
    remembered: Memory
    after: Configuration


class Completions:
    """The `on_done` of a case type. A history may bring back what was done already, so that they can go round."""

    def __init__(self, graph: Graph, moves: Mapping[str, Move]) -> None:
        self._graph = graph
        self._moves = moves
        self._most = CHAIN + 2 * len(graph.states)

    def take(
        self, configuration: Configuration, memory: Memory, entered: list[str]
    ) -> tuple[Configuration, Memory, list[Completion]]:
        """Where a case rests after `entered` leaves were entered, and what it took on the way; raises NeverRests."""
        finished = [path for leaf in entered for path in self._graph.finished_by(leaf, configuration)]
        taken: list[Completion] = []
        seen: dict[object, int] = {}
        while finished:
            move = self._moves.get(finished.pop(0))
            if move is None or not self._graph.leaves_under(configuration, move.source):
                continue
            here = (move, configuration, tuple(sorted(memory.items())), tuple(finished))
            if here in seen or len(taken) == self._most:
                circle = taken[seen.get(here, 0) :]
                raise NeverRests(tuple(dict.fromkeys(one.move.source for one in circle)))
            seen[here] = len(taken)
            before, old = configuration, memory
            configuration, memory = self._graph.apply([move], before, old)
            taken.append(Completion(move, old, memory, configuration))
            for leaf in self._graph.newly(before, configuration, [move], old):
                finished += self._graph.finished_by(leaf, configuration)
        return configuration, memory, taken
