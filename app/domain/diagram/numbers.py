"""Numbers and lines of a drawing, as short as SVG takes them."""

from app.domain.diagram.shapes import Point


def stroke(start: Point, end: Point) -> str:
    """Upright at both ends, so that pieces join without a corner."""
    if abs(start[0] - end[0]) < 0.05:
        return f"V{px(end[1])}"
    middle = (start[1] + end[1]) / 2
    return f"C{px(start[0])} {px(middle)} {px(end[0])} {px(middle)} {point(end)}"


def point(at: Point) -> str:
    return f"{px(at[0])} {px(at[1])}"


def px(number: float) -> str:
    """At most one decimal, so that the same layout is the same text everywhere."""
    rounded = round(number, 1)
    return str(int(rounded)) if rounded == int(rounded) else str(rounded)
