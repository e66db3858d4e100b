"""The one table that a run prints, aligned and in Markdown, so that it can be pasted into a guide."""

from collections.abc import Sequence

from bench.harness import Row

HEADINGS = ("what", "ours", "limit", "ratio", "target", "met")


def table(rows: Sequence[Row]) -> str:
    lines = [HEADINGS, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    ruled = [lines[0], tuple("-" * width for width in widths), *lines[1:]]
    text = [f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |" for line in ruled]
    notes = [f"- {row.what}: {row.note}" for row in rows if row.note]
    return "\n".join([*text, *(["", *notes] if notes else [])])


def _cells(row: Row) -> tuple[str, ...]:
    target = "" if row.target is None else f"{'>=' if row.at_least else '<='} {row.target:g}"
    met = "" if row.target is None else "yes" if row.met else "NO"
    return (row.what, _figure(row.ours, row.unit), _figure(row.limit, row.unit), f"{row.ratio:.2f}", target, met)


def _figure(value: float, unit: str) -> str:
    number = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return number + (unit if unit.startswith("/") else f" {unit}")
