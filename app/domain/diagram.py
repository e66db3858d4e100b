"""Draw a case type: as Mermaid text and as a picture that stands alone."""

from app.domain.case_type import CaseType
from app.domain.diagram_chart import Row, chart, transition_table
from app.domain.diagram_mermaid import mermaid_of

__all__ = ["Row", "mermaid", "transition_table"]


def mermaid(case_type: CaseType) -> str:
    """A Mermaid `stateDiagram-v2`."""
    return mermaid_of(chart(case_type))
