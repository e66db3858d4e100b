"""What an entry tells, with the values of it that are known: the attempt, and the case after it."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from app.domain.case.attempt import Actor, Attempt, Principal
from app.domain.case.case import Case
from app.domain.case.files import files_after
from app.domain.deciding.fold import RAISES, data_after, opened_case
from app.domain.machine.machine import Arc, Machine
from app.domain.values.json import Data, Json, JsonObject
from app.domain.values.rfc3339 import parse_rfc3339

Entry = JsonObject
Values = JsonObject
AFTER: Final = "/after/"
"""Before the name of a field of which it is not known what it was once the event itself was done."""


def unknown(arc: Arc, lacking: frozenset[str]) -> bool:
    """Whether its guard reads what nobody knows."""
    if arc.guard is None or not lacking:
        return False
    known_by = {"data": "/data/", "payload": "/payload/", "case": "/reference"}
    for path in arc.guard.reads:
        root, _, rest = path.partition(".")
        if root == "after":
            if _is_unknown_after(rest.partition(".")[2].split(".")[0], lacking):
                return True
            continue
        below = known_by.get(root, "no such")
        name = rest.split(".")[0]
        if root == "case" and name not in ("", "reference"):
            continue
        wanted = below if root == "case" or not name else below + name.replace("~", "~0").replace("/", "~1")
        if any(one.startswith(wanted) if wanted.endswith("/") else one == wanted for one in lacking):
            return True
    return False


def _is_unknown_after(name: str, lacking: frozenset[str]) -> bool:
    named = name.replace("~", "~0").replace("/", "~1")
    places = ("/data/", AFTER)
    return any(one.startswith(places) if not name else one in (f"/data/{named}", AFTER + named) for one in lacking)


def told_after(machine: Machine, case: Case, entry: Entry, values: Values) -> tuple[Data, frozenset[str]]:
    """What guards saw as `after.data`, and what of it the entry does not tell: it says how the data were in the end,
    and what a transition sets over what was entered is gone."""
    event, data = entry["event"], after(case, entry, values).data
    by_arcs = _top(path for arcs in machine.arcs.get(event, {}).values() for arc in arcs for path, _ in arc.set)
    if not by_arcs:
        return data, frozenset()
    form = machine.forms.get(event)
    entered = _top(line.path for line in form.lines) if form else frozenset[str]()
    before = {name: value for name, value in case.data.items() if name in by_arcs}
    data = {name: value for name, value in data.items() if name not in by_arcs} | before
    by_event = _top(path for path, _ in machine.event_sets.get(event, ())) | entered
    return data, frozenset(AFTER + name for name in by_arcs & by_event)


def _top(paths: Iterable[str]) -> frozenset[str]:
    return frozenset(path.split(".")[1] for path in paths)


def lacking_of(entry: Entry, values: Values) -> frozenset[str]:
    return frozenset(path for path in entry["fields"] if path not in values)


def attempt_of(entry: Entry, values: Values) -> Attempt:
    actor = entry["actor"]
    return Attempt(
        actor=Actor(tenant=entry["tenant"], id=actor["reference"], roles=frozenset(actor["roles"])),
        event=entry["event"],
        entry_id=entry["entry_id"],
        new_case_id=entry["case_id"],
        request_id="",
        data=_under("data", values) if entry["kind"] == "opened" else None,
        payload=_under("payload", values),
        occurred_at=parse_rfc3339(entry["occurred_at"]) if "occurred_at" in entry else None,
        on_behalf_of=Principal(actor["on_behalf_of"]) if actor["on_behalf_of"] else None,
    )


def opened_as(entry: Entry, values: Values) -> Case:
    return opened_case(entry, values, _under("data", values), "")


def after(case: Case, entry: Entry, values: Values) -> Case:
    at = parse_rfc3339(entry["at"])
    happened = min(parse_rfc3339(entry["occurred_at"]), at) if "occurred_at" in entry else at
    becomes = entry.get("becomes") or entry.get("sla", {}).get("becomes", {})
    return replace(
        case,
        state=entry["target"],
        version=case.version + (entry["kind"] in RAISES or bool({"assignee", "team"} & becomes.keys())),
        seq=entry["case_seq"],
        data=data_after(case.data, entry, values),
        files=files_after(case.files, entry),
        changed_at=max(case.changed_at, happened),
        recorded_at=at,
        **becomes,
    )


def _under(root: str, values: Values) -> dict[str, Json]:
    below = f"/{root}/"
    found = {path.removeprefix(below): value for path, value in values.items() if path.startswith(below)}
    return {name.replace("~1", "/").replace("~0", "~"): value for name, value in found.items()}
