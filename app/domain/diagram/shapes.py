"""The shapes that a laid out diagram consists of, in pixels from the upper left corner."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from app.domain.diagram.words import TextLine

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A state; `kind` is leaf, composite, region, any (the state that stands for all) or dot (a start)."""

    path: str
    kind: str
    x: float
    y: float
    width: float
    height: float
    lines: tuple[TextLine, ...] = ()

    def moved(self, by: Point) -> "Box":
        return replace(self, x=self.x + by[0], y=self.y + by[1])


@dataclass(frozen=True, slots=True)
class Text:
    """Lines centred at x, from y downwards: on an arrow, or the title of a composite state where there is none."""

    arrow: int | None
    x: float
    y: float
    lines: tuple[TextLine, ...]

    def moved(self, by: Point) -> "Text":
        return replace(self, x=self.x + by[0], y=self.y + by[1])


@dataclass(frozen=True, slots=True)
class Wire:
    """A piece of an arrow from above to below: upright at every point; `head` is upper, lower or empty."""

    arrow: int
    points: tuple[Point, ...]
    head: str = ""

    def moved(self, by: Point) -> "Wire":
        return replace(self, points=tuple((x + by[0], y + by[1]) for x, y in self.points))


@dataclass(frozen=True, slots=True)
class Divider:
    """The dashed line between two regions."""

    x: float
    y: float
    height: float

    def moved(self, by: Point) -> "Divider":
        return replace(self, x=self.x + by[0], y=self.y + by[1])


Shape = Box | Text | Wire | Divider


@dataclass(frozen=True, slots=True)
class Block:
    """A state with all that is in it, and where arrows cross its border: (arrow, side) -> x, side upper or lower."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
    ports: Mapping[tuple[int, str], float] = field(default_factory=dict)
