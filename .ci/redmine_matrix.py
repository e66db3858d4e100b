"""Try every (role, state, event) of Redmine's tracker over HTTP: allowed exactly where its matrix says so."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from convert_published import ident
from running import Service

NAME = "redmine_default"
ROLES = ("manager", "developer", "reporter")
Triple = tuple[str, str, str]  # role, state, event


def check_matrix(equal: Callable[[str, object, object], None], data: Path, service: Service, admin: str) -> None:
    machine = json.loads((data / f"{NAME}.json").read_text())
    states = [ident(state) for state in machine["states"]]
    events = sorted({ident(edge["event"]) for edge in machine["transitions"]})
    matrix = {
        (ident(role), ident(edge["from"]), ident(edge["event"]))
        for edge in machine["transitions"]
        for role in edge["roles"]
    }
    shown = set(shown_as_possible(service, admin, states))
    equal(f"Redmine: the {len(matrix)} events that GET /cases/ID/events shows are the matrix", odd(shown, matrix), [])
    triples = [(role, state, event) for role in ROLES for state in states for event in events]
    fired = fired_by_role(service, admin, triples)
    equal(f"Redmine: of {len(triples)} tries the {len(matrix)} of the matrix are accepted", odd(fired, matrix), [])


def odd(one: set[Triple], other: set[Triple]) -> list[Triple]:
    return sorted(one ^ other)


def shown_as_possible(service: Service, admin: str, states: list[str]) -> Iterator[Triple]:
    ids = {state: brought_to(service, admin, f"shown-{state}", state) for state in states}
    for role in ROLES:
        with service.client(service.token(f"one-{role}", role)) as client:
            for state, case_id in ids.items():
                answer = client.get(f"/api/v1/cases/{case_id}/events").raise_for_status().json()
                yield from ((role, state, possible["event"]) for possible in answer["events"])


def brought_to(service: Service, admin: str, reference: str, state: str) -> str:
    results = batch(service, admin, to_state(reference, state))
    case = results[-1]["case"]
    if case["state"] != state:
        raise RuntimeError(f"the case should be {state} and is {case['state']}")
    return case["id"]


def fired_by_role(service: Service, admin: str, triples: list[Triple]) -> set[Triple]:
    """One fresh case per triple, brought to the state by a manager; the last attempt of each is the try."""
    groups = [
        [*to_state(f"try-{number}", state), attempt(f"try-{number}", event, role)]
        for number, (role, state, event) in enumerate(triples)
    ]
    results = iter(batch(service, admin, [one for group in groups for one in group]))
    last = [[next(results) for _ in group][-1] for group in groups]
    return {triple for triple, result in zip(triples, last, strict=True) if result["status"] < 300}


def to_state(reference: str, state: str) -> list[dict]:
    opened = [attempt(reference, "open", "manager") | {"data": {}}]
    return opened if state == "new" else [*opened, attempt(reference, f"to_{state}", "manager")]


def attempt(reference: str, event: str, role: str) -> dict:
    acting = {"actor": f"user:one-{role}", "roles": [f"role:{role}"]}
    return {"case_type": NAME, "reference": reference, "event": event, "on_behalf_of": acting}


def batch(service: Service, admin: str, attempts: list[dict]) -> list[dict]:
    with service.client(admin) as client:
        return client.post("/api/v1/events", json={"attempts": attempts}).raise_for_status().json()["results"]
