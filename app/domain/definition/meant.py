"""What was probably meant by a name that there is not."""

from collections.abc import Mapping

from app.domain.definition.case_type import CaseType
from app.domain.values.near_names import choose, nearest, quoted


def unknown(word: str, known: Mapping[str, str | None], what: str) -> str:
    """What to do instead; `known` are the titles by the names, and either may have been written."""
    titles = {title.casefold(): name for name, title in known.items() if title}
    meant = nearest(word.casefold(), [*known, *titles])
    if meant is not None:
        return f"did you mean {quoted(titles.get(meant, meant))}?"
    return choose(word, sorted(known), what)


def unknown_event(case_type: CaseType, word: str) -> str:
    """That it is none, and which one is near."""
    known = dict.fromkeys(case_type.opening) | {name: of.title for name, of in case_type.events.items()}
    return f"{quoted(word)} is not an event of {case_type.case_type}; {unknown(word, known, 'events')}"
