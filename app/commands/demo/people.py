"""The people of the demo, their names, and the roles that the policy gives them; all of them are made up."""

import json
from datetime import UTC, datetime

from app.commands.demo.written import Person, persons
from app.services.assembly import Assembly
from app.services.callers.registry import Registry
from app.services.store.people import StoredPerson

TENANT = "acme"
PEOPLE = {person.subject: person for person in persons()}


async def introduce(assembly: Assembly) -> None:
    """Make those people who are not there yet, as `stateward person add` does."""
    registry = Registry(assembly.store, assembly.operator)
    known = {person.subject for person in await registry.all(TENANT)}
    for person in PEOPLE.values():
        if subject(person) not in known:
            await registry.add(_stored(person), roles(person))


def one_click() -> str:
    """What the setting of those who sign in by one click holds."""
    told = [
        {"tenant": TENANT, "subject": subject(one), "name": one.name, "roles": roles(one), "work": one.does}
        for one in PEOPLE.values()
    ]
    return json.dumps(told, ensure_ascii=False)


def subject(person: Person) -> str:
    return f"user:{person.subject}"


def roles(person: Person) -> list[str]:
    return [f"role:{role}" for role in person.held]


def _stored(person: Person) -> StoredPerson:
    """The domain of the address is nobody's: it is kept for examples (RFC 2606)."""
    return StoredPerson(
        tenant=TENANT,
        subject=subject(person),
        made_at=datetime.now(UTC),
        display_name=person.name,
        address=f"{person.subject}@{TENANT}.example",
        zone=person.zone,
        language=person.language,
    )
