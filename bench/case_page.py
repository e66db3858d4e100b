"""The page of a case with a thousand entries, and of one with ten."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from app.services.assembly import Assembly
from bench.growth import new_case, note
from bench.harness import Row, median

ENTRIES = {"few": 10, "many": 1_000}
READER = "a clerk"
TIMES = 15

Ask = Callable[[str, str], Awaitable[float]]
"""Opens a path as a reader; how long it took, in ms."""


async def case_pages(opened: Assembly, ask: Ask) -> Sequence[Row]:
    """In turn, as what else the machine does hits both alike."""
    paths = {size: f"/cases/{await _with_entries(opened, count)}" for size, count in ENTRIES.items()}
    took: Mapping[str, list[float]] = {size: [] for size in paths}
    for path in paths.values():
        await ask(path, READER)
    for _ in range(TIMES):
        for size, path in paths.items():
            took[size].append(await ask(path, READER))
    many, few = (median(took[size]) for size in ("many", "few"))
    return [
        Row("page of a case, 1,000 entries / 10", many, few, "ms", 3, at_least=False),
        Row("page of a case with 1,000 entries / 100 ms", many, 100, "ms", 1, at_least=False),
    ]


async def _with_entries(opened: Assembly, count: int) -> str:
    """The first of them opens the case."""
    case_id = await new_case(opened)
    answers = await opened.desk.submit([note(case_id) for _ in range(count - 1)])
    assert not any(answer.error for answer in answers)
    return case_id
