"""Events per second on each path, against a database that writes the same rows with no application at all."""

from collections.abc import Sequence

from bench.harness import Bench, Row


def postgres(bench: Bench) -> Sequence[Row]:
    return []


def bulk(bench: Bench) -> Sequence[Row]:
    return []


def sqlite(bench: Bench) -> Sequence[Row]:
    return []


def alone(bench: Bench) -> Sequence[Row]:
    return []
