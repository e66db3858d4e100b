"""Which entries an export holds: those of which everything holds that was asked for."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.values.json import Json, JsonObject
from app.domain.values.rfc3339 import parse_rfc3339, rfc3339


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFilter:
    """Entries with `since` <= recorded < `until`, and of one of the values that are named; nothing named: all."""

    case_types: frozenset[str] = frozenset()
    cases: frozenset[str] = frozenset()
    actors: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def of_json(cls, told: JsonObject) -> "ExportFilter":
        """As `to_json` says it."""
        case_types, cases, actors, kinds = (
            frozenset(told.get(word, ())) for word in ("case_type", "case", "actor", "kind")
        )
        since, until = (parse_rfc3339(told[word]) if word in told else None for word in ("from", "to"))
        return cls(case_types=case_types, cases=cases, actors=actors, kinds=kinds, since=since, until=until)

    def __bool__(self) -> bool:
        return bool(self.to_json())

    def keeps(self, entry: JsonObject) -> bool:
        return (
            self.covers(entry)
            and not (self.since and self.is_before(entry))
            and (not self.kinds or entry["kind"] in self.kinds)
            and (not self.actors or not self.actors.isdisjoint(_people(entry)))
        )

    def covers(self, entry: JsonObject) -> bool:
        """Whether it is of the cases that are asked for, and not after the time: what control totals are over."""
        return (
            (not self.case_types or entry.get("case_type") in self.case_types)
            and (not self.cases or entry.get("case_id") in self.cases)
            and not (self.until and entry["at"] >= rfc3339(self.until))
        )

    def is_before(self, entry: JsonObject) -> bool:
        """The texts of moments have the order of the moments."""
        return self.since is not None and entry["at"] < rfc3339(self.since)

    def to_json(self) -> dict[str, Json]:
        """What is asked for, in the words of the command."""
        named = {"case_type": self.case_types, "case": self.cases, "actor": self.actors, "kind": self.kinds}
        between = {"from": self.since, "to": self.until}
        return {
            **{name: sorted(values) for name, values in named.items() if values},
            **{name: rfc3339(moment) for name, moment in between.items() if moment},
        }


def _people(entry: JsonObject) -> set[str | None]:
    """Who did it, and for whom."""
    actor = entry.get("actor", {})
    return {actor.get("reference"), actor.get("on_behalf_of")}
