"""What changed from one version to another, in sentences."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from app.domain.definition.case_type import CaseType
from app.domain.definition.difference import Changes, Difference
from app.domain.definition.titles import titled_clock, titled_event, titled_field, titled_state
from app.ui.frame.words import Words

MOST_TOLD = 100
Titled = Callable[[CaseType, str], str]


@dataclass(frozen=True, slots=True)
class ToldChanges:
    """Of one kind of things; `more` says how many further ones are not listed, or is empty."""

    title: str
    sentences: Sequence[str]
    more: str


def told_changes(found: Difference, old: CaseType, new: CaseType, words: Words) -> Sequence[ToldChanges]:
    """Only what changed. A thing that is gone is called as it was."""
    say, language = words.gettext, words.language

    def field(case_type: CaseType, path: str) -> str:
        return titled_field(case_type.data, path, language)

    kinds: list[tuple[str, Changes, Titled]] = [
        (say("States"), found.states, partial(_spoken, titled_state, language)),
        (say("Events"), found.events, partial(_spoken, titled_event, language)),
        (say("Fields"), found.fields, field),
        (say("Clocks"), found.clocks, partial(_spoken, titled_clock, language)),
    ]
    told = [_told(title, changes, _sentences(changes, old, new, of, words), words) for title, changes, of in kinds]
    if found.look:
        told.append(ToldChanges(say("Look"), [say("Its title, its description or how its cases are shown")], ""))
    return [one for one in told if one.sentences]


def _spoken(title: Callable[[CaseType, str, str], str], language: str, case_type: CaseType, name: str) -> str:
    return title(case_type, name, language)


def _told(title: str, changes: Changes, sentences: Iterator[str], words: Words) -> ToldChanges:
    """As many as somebody reads, and no more of them are made."""
    hidden = len(changes.added) + len(changes.removed) + len(changes.changed) - MOST_TOLD
    more = words.ngettext("%(num)s more", "%(num)s more", hidden) if hidden > 0 else ""
    return ToldChanges(title, list(islice(sentences, MOST_TOLD)), more)


def _sentences(changes: Changes, old: CaseType, new: CaseType, title: Titled, words: Words) -> Iterator[str]:
    say = words.gettext
    for name in changes.added:
        yield say("Added: %(title)s", title=title(new, name))
    for name in changes.removed:
        yield say("Removed: %(title)s", title=title(old, name))
    aspects = _aspects(words)
    for changed in changes.changed:
        what = ", ".join(aspects.get(word, word) for word in changed.what)
        yield say("Changed: %(title)s (%(what)s)", title=title(new, changed.name), what=what)


def _aspects(words: Words) -> dict[str, str]:
    say = words.gettext
    return {
        "title": say("title"),
        "description": say("description"),
        "inside": say("what is inside it"),
        "final": say("whether it is final"),
        "finished": say("where it goes when finished"),
        "opening": say("how it opens a case"),
        "ways": say("where it leads"),
        "guard": say("condition"),
        "four eyes": say("four eyes"),
        "payload": say("what it asks for"),
        "reason": say("whether it takes a reason"),
        "set": say("what it writes"),
        "required": say("whether it is required"),
        "type": say("type"),
        "values": say("possible values"),
        "look": say("how it is shown"),
        "limits": say("what it may be"),
        "time": say("time"),
        "calendar": say("calendar"),
        "beginning and end": say("when it begins and ends"),
        "pause": say("when it rests"),
        "steps": say("steps"),
    }
