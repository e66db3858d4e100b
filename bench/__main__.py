"""Run the rows of the benchmark and print one table: `python -m bench [--quick] [ROW ...]`."""

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from bench import (
    change,
    clocks,
    decisions,
    exporting,
    footprint,
    growth,
    lists,
    machine,
    pages,
    replicas,
    room,
    searching,
    signing,
    throughput,
)
from bench.folder import a_folder
from bench.harness import Bench, Group, Row, say
from bench.table import table

# In the order of the table. `--quick` runs the first QUICK of them.
GROUPS: dict[str, Group] = {
    "postgres": throughput.postgres,
    "sqlite": throughput.sqlite,
    "alone": throughput.alone,
    "signing": signing.signing,
    "policy": decisions.policy,
    "change": change.change,
    "guards": decisions.guards,
    "room": room.room,
    "growth": growth.growth,
    "lists": lists.lists,
    "search": searching.searching,
    "pages": pages.pages,
    "exports": exporting.exports,
    "clocks": clocks.clocks,
    "replicas": replicas.replicas,
    "disk": footprint.disk,
    "memory": footprint.memory,
    "start": footprint.start,
}
QUICK = ("postgres", "sqlite", "alone", "policy")


def main(words: Sequence[str] | None = None) -> int:
    """Exit code 0 where every target is met, 1 where one is missed."""
    given = _parser().parse_args(words)
    chosen = given.rows or (QUICK if given.quick else tuple(GROUPS))
    with ExitStack() as stack:
        bench = Bench(stack.enter_context(a_folder()), stack)
        if given.quick:
            bench.quick, bench.seconds, bench.warm_up = True, 3, 1
        rows = [row for name in GROUPS if name in chosen for row in _measured(name, bench)]
    facts = machine.facts()
    print(f"{facts}\n\n{table(rows)}")
    if given.json:
        given.json.write_text(json.dumps({"machine": facts, "rows": [_as_json(row) for row in rows]}, indent=2) + "\n")
    return 0 if all(row.met for row in rows) else 1


def _measured(name: str, bench: Bench) -> Sequence[Row]:
    say(name)
    return GROUPS[name](bench)


def _end(*_: object) -> None:
    """Leave as Ctrl-C does, so that what was started is stopped."""
    raise KeyboardInterrupt


def _as_json(row: Row) -> dict[str, object]:
    return asdict(row) | {"ratio": row.ratio, "met": row.met}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("rows", nargs="*", choices=[[], *GROUPS], metavar="ROW", help=f"of {', '.join(GROUPS)}")
    parser.add_argument("--quick", action="store_true", help="the paths of an event only, with short runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows as JSON too")
    return parser


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    sys.exit(main())
