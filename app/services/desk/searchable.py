"""Keep what an attempt changes of the words by which its case is found; most attempts change none."""

from collections.abc import Iterable

from app.domain.case.case import Case
from app.domain.case.search_text import Said, SearchText, own_words, said_words
from app.domain.deciding.outcome import Outcome
from app.domain.definition.case_type import Schema
from app.services.desk.working_copy import WorkingCopy
from app.services.store.work import StoredComment


def note_text(copy: WorkingCopy, schema: Schema, outcome: Outcome) -> None:
    """Before the copy takes the outcome. An event that assigns nothing keeps the data themselves, so that looking at
    them costs nothing."""
    case, before = outcome.case, copy.cases.get(outcome.case.id)
    if before is not None and before.data is case.data:
        return
    words = own_words(case, schema)
    if before is None or words != own_words(before, schema):
        copy.note_own_words(case, words)


def text_of(case: Case, schema: Schema, comments: Iterable[StoredComment]) -> SearchText:
    """The whole text of a case, built anew from what its log says of it. Recorded, it takes the place of what stands
    there; what was erased is no longer found."""
    said = tuple(Said(comment.id, said_words(comment.text or "")) for comment in comments)
    return SearchText(case.tenant, case.id, case.case_type, own_words(case, schema), said)
