"""Draw a case type: as Mermaid text, as a picture that stands alone, and as the table of its transitions."""

from collections.abc import Callable
from typing import Literal

from app.domain.definition.case_type import CaseType
from app.domain.diagram.chart import Row, chart, transition_table
from app.domain.diagram.layout import laid_out
from app.domain.diagram.mermaid import mermaid_of
from app.domain.diagram.svg import drawn
from app.domain.diagram.words import words

__all__ = ["DRAWN", "DiagramFormat", "Row", "mermaid", "svg", "transition_table"]


def mermaid(case_type: CaseType) -> str:
    """A Mermaid `stateDiagram-v2`."""
    return mermaid_of(chart(case_type, fold=False))


def svg(case_type: CaseType, current: tuple[str, ...] = ()) -> str:
    """An SVG document of the whole case type; `current` are the active leaf states, which are marked."""
    charted = chart(case_type)
    worded = words(charted)
    return drawn(charted, worded, laid_out(charted, worded), current)


DiagramFormat = Literal["svg", "mermaid"]
DRAWN: dict[DiagramFormat, Callable[[CaseType], str]] = {"svg": svg, "mermaid": mermaid}
