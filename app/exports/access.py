"""Who could do what on a day, as CSV: a row for each act of each person, with the entries that gave it to them.

From the log alone: lines of the policy, keys and people as their entries say. Roles that came with a credential stand
in no line; who acted by one on that day is told with the entry that shows it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import IO, Final

from app.domain.values.json import JsonObject
from app.domain.values.names import SERVICE_TENANT
from app.domain.values.rfc3339 import rfc3339
from app.exports.csv_file import cell, lines
from app.exports.lines_in_force import Line, LinesInForce, Mark, Period, by_role
from app.services.log.exports import Extract
from app.services.policy.past import PolicyInMemory

HEADER: Final = (
    *("person", "account", "role", "through", "given_by", "given_from", "given_until", "given_entry"),
    *("act", "case_type", "effect", "condition", "act_from", "act_until", "act_entry"),
)
ANYBODY: Final = "*"
BUILT_IN: Final = (
    Period(Line(kind="p", role="role:admin", obj="*", act="case:admin", eft="allow")),
    Period(Line(kind="p", role="role:admin", obj="*", act="case:read", eft="allow")),
    Period(Line(kind="p", role="role:auditor", obj="*", act="case:audit", eft="allow")),
)
"""What stands in no file."""
Way = tuple[Period, ...]
"""The lines that lead from a person to a role: the first gives one, further ones include others."""


async def write(extract: Extract, out: IO[bytes], _: PolicyInMemory) -> None:
    since, until = extract.asked.during or day_of(extract.at)
    found = Access(rfc3339(since), rfc3339(until))
    extract.only = found.tells
    for log in (await extract.of_service(), extract) if extract.asked.tenant != SERVICE_TENANT else (extract,):
        log.only = found.tells
        async for one in log.entries():
            found.take(one.entry)
    out.write(lines([HEADER]))
    out.write(lines([cell(text) if text else "" for text in cells] for cells in found.rows()))


def day_of(moment: datetime) -> tuple[datetime, datetime]:
    """In UTC, of a moment in UTC."""
    begins = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return begins, begins + timedelta(days=1)


class Access:
    """Told of the entries of the service's log and of the tenant's up to the end of a time; then asked for its rows."""

    def __init__(self, since: str, until: str) -> None:
        self._since, self._until = since, until
        self._lines = LinesInForce(since)
        self._accounts: dict[str, str] = {}
        self._credentials: dict[tuple[str, str], tuple[str, Mark]] = {}

    def tells(self, entry: JsonObject) -> bool:
        if entry["at"] >= self._until:
            return False
        roles = (entry.get("actor") or {}).get("roles")
        return entry["kind"] in ("policy", "api_key", "person") or bool(roles and entry["at"] >= self._since)

    def take(self, entry: JsonObject) -> None:
        if entry["kind"] in ("policy", "api_key"):
            self._lines.take(entry)
        elif entry["kind"] == "person":
            self._take_person(entry)
        self._take_roles(entry)

    def rows(self) -> Iterator[tuple[str, ...]]:
        periods = [*self._lines.periods(), *BUILT_IN]
        gives, allows = by_role(periods, "g"), by_role(periods, "p")
        people = {member for member in gives if not member.startswith("role:") and not member.startswith("team:")}
        people |= self._accounts.keys() | {person for person, _ in self._credentials}
        for role in sorted(role for role in allows if role == ANYBODY or role.startswith("[")):
            yield from self._of_role(role, role, "", allows.get(role, []))
        for person in sorted(people):
            held = set()
            for way in _ways(person, gives):
                held.add(way[-1].line.obj)
                yield from self._of_way(person, way, allows)
            for (subject, role), (how, mark) in sorted(self._credentials.items()):
                if subject == person and role not in held:
                    given = (role, f"a credential ({how})", mark.by, "", "", mark.entry_id)
                    yield from self._acts(person, given, allows.get(role, []))

    def _take_person(self, entry: JsonObject) -> None:
        told = entry["person"]
        if told["how"] in ("added", "enabled"):
            self._accounts[told["subject"]] = ""
        elif told["how"] == "disabled":
            self._accounts[told["subject"]] = f"disabled {entry['at']}"

    def _take_roles(self, entry: JsonObject) -> None:
        """By which roles somebody acted in this time, whoever says that they have them."""
        actor = entry.get("actor") or {}
        if entry["at"] < self._since or entry["kind"] == "denied":
            return
        subject = str(actor.get("on_behalf_of") or actor.get("reference"))
        for role in actor.get("roles", ()):
            if role.startswith(("role:", "team:")):
                mark = Mark(entry["at"], str(actor["reference"]), entry["entry_id"])
                self._credentials.setdefault((subject, role), (str(actor.get("authenticated")), mark))

    def _of_role(self, person: str, role: str, through: str, allowed: list[Period]) -> Iterator[tuple[str, ...]]:
        yield from self._acts(person, (role, through, "", "", "", ""), allowed)

    def _of_way(self, person: str, way: Way, allows: dict[str, list[Period]]) -> Iterator[tuple[str, ...]]:
        first, role = way[0], way[-1].line.obj
        through = " > ".join([*([first.line.when] if first.line.when else []), *(one.line.obj for one in way[:-1])])
        begun, ended = first.begun, first.ended
        given = (role, through, begun.by if begun else "", begun.at if begun else "", ended.at if ended else "")
        acts, types = first.line.limits
        allowed = [
            one
            for one in allows.get(role, [])
            if (acts is None or one.line.act in acts) and (types is None or one.line.obj in (*types, "*"))
        ]
        yield from self._acts(person, (*given, begun.entry_id if begun else ""), allowed)

    def _acts(self, person: str, given: tuple[str, ...], allowed: list[Period]) -> Iterator[tuple[str, ...]]:
        """One row where a role may nothing."""
        account = self._accounts.get(person, "")
        for one in sorted(allowed, key=lambda one: (one.line.obj, one.line.act, one.line.eft, one.line.when)):
            said = one.line
            begun = (one.begun.at, one.ended.at if one.ended else "", one.begun.entry_id) if one.begun else BY_RELEASE
            yield (person, account, *given, said.act, said.obj, said.eft, said.when, *begun)
        if not allowed:
            yield (person, account, *given, *[""] * 7)


BY_RELEASE: Final = ("", "", "built in")


def _ways(person: str, gives: dict[str, list[Period]]) -> Iterator[Way]:
    """To each role that somebody had, the shortest."""
    ways: list[Way] = [(one,) for one in gives.get(person, [])]
    seen: set[tuple[str, int]] = set()
    for way in ways:
        role = way[-1].line.obj
        if (role, id(way[0])) not in seen:
            seen.add((role, id(way[0])))
            yield way
            ways += [(*way, one) for one in gives.get(role, [])]
