"""The one table that a run prints, aligned and in Markdown, so that it can be pasted into a guide."""

from collections.abc import Sequence

from bench.harness import Row

HEADINGS = ("what", "ours", "limit", "ratio", "target", "met")


def table(rows: Sequence[Row]) -> str:
    notes = [f"- {row.what}: {row.note}" for row in rows if row.note]
    return "\n".join([aligned([HEADINGS, *map(_cells, rows)]), *(["", *notes] if notes else [])])


def aligned(lines: Sequence[Sequence[str]]) -> str:
    """A table of cells; the first line is its headings."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    ruled = [lines[0], ["-" * width for width in widths], *lines[1:]]
    cells = ([cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in ruled)
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def _cells(row: Row) -> tuple[str, ...]:
    target = "" if row.target is None else f"{'>=' if row.at_least else '<='} {row.target:g}"
    met = "" if row.target is None else "yes" if row.met else "NO"
    return (row.what, _figure(row.ours, row.unit), _figure(row.limit, row.unit), f"{row.ratio:.2f}", target, met)


def _figure(value: float, unit: str) -> str:
    number = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return number + (unit if unit.startswith("/") else f" {unit}")
