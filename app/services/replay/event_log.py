"""Read the lines of an event log: one attempt each, checked before it is sent."""

import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from app.domain.values.json import Json, JsonObject
from app.domain.values.names import NAME, ROLE, SUBJECT
from app.domain.values.rfc3339 import near, parse_rfc3339, rfc3339

NEEDED = ("reference", "event", "actor", "at")
OPTIONAL: dict[str, type] = {"payload": dict, "reason": str, "data": dict}


class BadLine(Exception):
    """A line that cannot be replayed; the message begins with FILE:LINE, counted from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEvent:
    """One line of the log (`place`: FILE:LINE, `text`: as it stands there without blanks around it) and the attempt it
    stands for, as `POST /api/v1/events` takes it."""

    place: str
    number: int
    reference: str
    event: str
    attempt: JsonObject
    text: str = ""


class _Fault(Exception):
    """What is wrong with a line; `read` says which line it was."""


def read(case_type: str, lines: Iterable[str], name: str = "log") -> Iterator[LoggedEvent]:
    """The events in log order; raises BadLine at the first line that is not one. Blank lines are skipped."""
    for event in looked_at(case_type, lines, name):
        if isinstance(event, BadLine):
            raise event
        yield event


def read_again(case_type: str, text: str, name: str, number: int) -> LoggedEvent:
    """A line that was read before, by itself: of equal lines of a case each gets the key of the first."""
    return _event(case_type, f"{name}:{number}", number, text, Counter())


def looked_at(case_type: str, lines: Iterable[str], name: str) -> Iterator[LoggedEvent | BadLine]:
    """The same, with each line that is no event as its fault."""
    seen: Counter[str] = Counter()
    number = 0
    try:
        for number, line in enumerate(lines, start=1):
            if text := line.strip():
                try:
                    yield _event(case_type, f"{name}:{number}", number, text, seen)
                except _Fault as fault:
                    yield BadLine(f"{name}:{number}: {fault}")
    except (UnicodeDecodeError, OSError, EOFError, zlib.error) as error:
        yield BadLine(f"{name}:{number + 1}: cannot be read: {error}")


def _event(case_type: str, place: str, number: int, text: str, seen: Counter[str]) -> LoggedEvent:
    row = _row(text)
    reference = row["reference"]
    attempt = {
        "case_type": case_type,
        "reference": reference,
        "event": row["event"],
        "idempotency_key": _key(case_type, reference, seen[reference], text),
        "occurred_at": _moment(row["at"]),
        "on_behalf_of": {"actor": row["actor"], "roles": row["roles"]},
        **{name: row[name] for name in OPTIONAL if row.get(name) is not None},
    }
    seen[reference] += 1
    return LoggedEvent(place=place, number=number, reference=reference, event=row["event"], attempt=attempt, text=text)


def _row(text: str) -> JsonObject:
    row = _parsed(text)
    if not isinstance(row, dict):
        raise _Fault("is not a JSON object")
    for name in NEEDED:
        if not isinstance(row.get(name), str) or not row[name]:
            raise _Fault(f"needs `{name}`, a text")
    if not NAME.fullmatch(row["event"]):
        raise _Fault(f"has an `event` that is no event's name: {row['event']!r}")
    _check_actor(row["actor"], row.get("roles"))
    for name, kind in OPTIONAL.items():
        if row.get(name) is not None and not isinstance(row[name], kind):
            raise _Fault(f"has a `{name}` that is not {'a text' if kind is str else 'an object'}")
    if unknown := row.keys() - {*NEEDED, *OPTIONAL, "roles"}:
        raise _Fault(f"has the unknown field `{min(unknown)}`")
    return row


def _check_actor(actor: str, roles: Json) -> None:
    if not SUBJECT.fullmatch(actor):
        raise _Fault(f"has an `actor` that is not written as user:NAME: {actor!r}")
    if not isinstance(roles, list) or not all(isinstance(role, str) and ROLE.fullmatch(role) for role in roles):
        raise _Fault("needs `roles`, a list such as [] or ['role:clerk']")


def _parsed(text: str) -> Any:
    try:
        row = json.loads(text, parse_constant=_refuse)
        json.dumps(row, ensure_ascii=False).encode()  # a lone surrogate is no text that could be sent
    except (ValueError, RecursionError) as error:
        raise _Fault(f"is not JSON: {error}") from None
    return row


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON number")


def _moment(text: str) -> str:
    if text[10:11] == " ":
        text = f"{text[:10]}T{text[11:]}"  # as databases write it
    try:
        return rfc3339(near(parse_rfc3339(text)))
    except ValueError as error:
        raise _Fault(f"`at` {error}") from None


def _key(case_type: str, reference: str, position: int, text: str) -> str:
    """The same log gives the same keys, so that a second replay gets the first one's answers.

    The position keeps two equal lines of one case apart.
    """
    return hashlib.sha256(json.dumps([case_type, reference, position, text]).encode()).hexdigest()
