"""What an entry of a case says, in a sentence: who did what. English stands in the code, other languages beside it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from babel.dates import format_datetime

from app.domain.definition.case_type import CaseType
from app.domain.definition.titles import (
    in_words,
    titled_clock,
    titled_event,
    titled_field,
    titled_state,
)
from app.domain.values.json import Json, JsonObject
from app.exports.case_german import GERMAN
from app.exports.mined import becomes, caller, dotted, resource

ENGLISH: Final[Mapping[str, str]] = {
    "PROOF_OF_ENTRIES": "Each row is an entry of the log: its number in the case, its place in the log, and the "
    "SHA-256 of its exact text, which stands on its receipt too. Each entry of the case names the hash of the one "
    "before it.",
    "PROOF_OF_CASE": "This page is for reading, and proves nothing by itself. An export as a zip does, which "
    "“stateward verify” judges without network; of this page counts the file beside it (.sha256.json), where it is "
    "signed.",
    "SIGNED_NOTE": "The newest signed word on the log:",
}
"""Those that are too long to stand where they are said."""
LANGUAGES: Final[Mapping[str, Mapping[str, str]]] = {"en": ENGLISH, "de": GERMAN}
PATTERNS: Final = {"en": "d MMMM y, HH:mm:ss 'UTC'", "de": "d. MMMM y, HH:mm:ss 'UTC'"}


@dataclass(frozen=True, slots=True)
class Words:
    """One language, and the declaration by whose titles a case is told; None where it is not known."""

    language: str
    declared: CaseType | None = field(default=None, repr=False)

    def say(self, text: str, **values: object) -> str:
        found = LANGUAGES[self.language].get(text, text)
        return found % values if values else found

    def moment(self, text: str) -> str:
        return format_datetime(datetime.fromisoformat(text), PATTERNS[self.language], locale=self.language)

    def person(self, subject: str | None) -> str:
        if subject is None:
            return self.say("nobody")
        kind, _, name = subject.partition(":")
        return self.say("The system") if kind == "system" else (name if kind == "user" else subject)

    def event(self, name: str | None) -> str:
        return titled_event(self.declared, str(name), self.language) if self.declared else in_words(str(name))

    def states(self, joined: str) -> str:
        paths = joined.split("+")
        titles = [titled_state(self.declared, path, self.language) if self.declared else path for path in paths]
        return ", ".join(titles)

    def clock(self, name: str) -> str:
        return titled_clock(self.declared, name, self.language) if self.declared else in_words(name)

    def field(self, path: str) -> str:
        """Of `/data/iban`; what is no data has words of its own."""
        name = dotted(path)
        if name.startswith("data.") and self.declared:
            return titled_field(self.declared.data, name, self.language)
        return self.say("Reference") if name == "reference" else in_words(name.rpartition(".")[2])


def sentence(words: Words, entry: JsonObject, values: Mapping[str, Json]) -> str:
    """`alice approved …`, with whom it was done for."""
    who, by = words.person(resource(entry)), caller(entry)
    says = SAYS.get(entry["kind"], _other)(words, entry, values)
    told = f"{who}: {says}"
    return told if by is None else f"{told} ({words.say('by %(who)s on their behalf', who=words.person(by))})"


def _opened(words: Words, entry: JsonObject, _: Mapping[str, Json]) -> str:
    told = {"event": words.event(entry.get("event")), "state": words.states(entry["target"])}
    return words.say("opened the case by “%(event)s”; it is %(state)s", **told)


def _moved(words: Words, entry: JsonObject, _: Mapping[str, Json]) -> str:
    told = {"event": words.event(entry.get("event")), "before": words.states(entry["source"])}
    if entry["source"] == entry["target"]:
        return words.say("“%(event)s”; the case stays %(before)s", **told)
    after = words.states(entry["target"])
    return words.say("“%(event)s”; the case went from %(before)s to %(after)s", **told, after=after)


def _assigned(words: Words, entry: JsonObject, _: Mapping[str, Json]) -> str:
    return words.say("the case is with %(whose)s now", whose=_whose(words, becomes(entry)))


def _corrected(words: Words, entry: JsonObject, _: Mapping[str, Json]) -> str:
    return words.say("corrected the data")


def _whose(words: Words, now: JsonObject) -> str:
    team = str(now.get("team") or "").removeprefix("team:")
    return ", ".join([words.person(now.get("assignee")), *([team] if team else [])])


def _commented(words: Words, entry: JsonObject, _: Mapping[str, Json]) -> str:
    return words.say("changed a comment") if entry.get("edits") else words.say("commented")


def _attached(words: Words, entry: JsonObject, values: Mapping[str, Json]) -> str:
    told = entry["attachment"]
    name = values.get("/file_name") or words.say("a file whose name is not enclosed")
    return words.say("attached %(file)s (SHA-256 %(sha256)s)", file=name, sha256=told["sha256"])


def _linked(words: Words, entry: JsonObject, _: Mapping[str, Json]) -> str:
    link = entry["link"]
    how = words.say(str(link["type"]).replace("_", " "))
    return words.say("linked this case to another: it %(how)s %(case)s", how=how, case=link["to"])


def _roles(words: Words, entry: JsonObject, _: Mapping[str, Json]) -> str:
    changed, said = entry["roles"], list[str]()
    for name, text in (
        ("give", "%(who)s is %(role)s of this case now"),
        ("take", "%(who)s is no longer %(role)s of this case"),
    ):
        for subject, role in changed.get(name, ()):
            said.append(words.say(text, who=words.person(subject), role=role.strip("[]").replace("_", " ")))
    return "; ".join(said)


def _refused(words: Words, entry: JsonObject, _: Mapping[str, Json]) -> str:
    tried = words.event(entry["event"]) if entry.get("event") else in_words(str(entry.get("act") or ""))
    why = ", ".join(dict.fromkeys(words.say(str(one["code"])) for one in entry.get("refused_by", ())))
    return words.say("tried “%(event)s” and was refused: %(why)s", event=tried, why=why or entry.get("code", ""))


def _clock(words: Words, entry: JsonObject, _: Mapping[str, Json]) -> str:
    sla = entry["sla"]
    told = {"clock": words.clock(sla["clock"]), "point": sla.get("at", "")}
    if sla.get("breach"):
        said = words.say("the deadline “%(clock)s” was missed", **told)
    elif sla.get("resumed"):
        said = words.say("the clock “%(clock)s” runs again", **told)
    elif entry["kind"] == "sla.corrected":
        said = words.say("the deadline “%(clock)s” was corrected", **told)
    elif "calendar" in sla:
        said = words.say("the clock “%(clock)s” counts by another calendar", **told)
    else:
        said = words.say("the clock “%(clock)s” reached %(point)s", **told)
    now = becomes(entry)
    if "assignee" in now or "team" in now:
        said += "; " + words.say("the case is with %(whose)s now", whose=_whose(words, now))
    if "urgency" in now:
        said += "; " + words.say("its urgency is %(urgency)s now", urgency=now["urgency"])
    return said


def _other(words: Words, entry: JsonObject, _: Mapping[str, Json]) -> str:
    return words.say(in_words(entry["kind"]))


SAYS: Final[Mapping[str, Callable[[Words, JsonObject, Mapping[str, Json]], str]]] = {
    "opened": _opened,
    "transition": _moved,
    "assigned": _assigned,
    "corrected": _corrected,
    "comment": _commented,
    "attachment": _attached,
    "linked": _linked,
    "roles": _roles,
    "denied": _refused,
    "sla": _clock,
    "sla.corrected": _clock,
}
