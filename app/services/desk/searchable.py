"""The whole text by which a case is found."""

from collections.abc import Iterable

from app.domain.case.case import Case
from app.domain.case.search_text import Said, SearchText, own_words, said_words
from app.domain.schemas.text_fields import TextFields
from app.services.store.work import StoredComment


def text_of(case: Case, fields: TextFields, comments: Iterable[StoredComment]) -> SearchText:
    """The whole text of a case, built anew from what its log says of it. Recorded, it takes the place of what stands
    there; what was erased is no longer found."""
    said = tuple(Said(comment.id, said_words(comment.text or "")) for comment in comments)
    return SearchText(
        tenant=case.tenant, case_id=case.id, case_type=case.case_type, own=own_words(case, fields), said=said
    )
