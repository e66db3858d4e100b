"""Other cases that a case is linked to, as its page names them."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.definition.titles import in_words, titled_case_type, titled_state
from app.services.definitions.case_types import CaseTypeView
from app.services.store.work import StoredLink
from app.ui.case.bar import SHORT_ID
from app.ui.case.entries import link_words
from app.ui.case.telling import Telling


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLine:
    """`how` completes "this case ..."."""

    how: str
    case_id: str
    name: str
    case_type: str
    state: str


def link_lines(told: Telling, links: Sequence[StoredLink], case_types: Sequence[CaseTypeView]) -> list[LinkLine]:
    """With the titles that case types have now; by name where one is gone."""
    known = {view.case_type.case_type: view.case_type for view in case_types}
    lines = []
    for link in links:
        declared, leaves = known.get(link.case_type), link.state.split("+")
        states = (titled_state(declared, leaf, told.language) if declared else in_words(leaf) for leaf in leaves)
        kind = titled_case_type(declared, told.language) if declared else in_words(link.case_type)
        name = link.reference or link.to[:SHORT_ID]
        lines.append(
            LinkLine(
                how=link_words(told, link.type), case_id=link.to, name=name, case_type=kind, state=told.listed(states)
            )
        )
    return lines
