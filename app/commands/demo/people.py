"""The people of the demo and the roles in their tokens; all of them are made up."""

from dataclasses import dataclass

TENANT = "acme"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the sample tenant; `roles` are bare names."""

    name: str
    work: str
    roles: tuple[str, ...] = ()


PEOPLE = {
    person.name: person
    for person in (
        Person("ann", "claims expenses and reports incidents"),
        Person("ben", "claims expenses and wants to build"),
        Person("carl", "checks claims", ("clerk",)),
        Person("sue", "approves claims, steers the work", ("supervisor",)),
        Person("max", "approves the large claims", ("manager",)),
        Person("cleo", "pays claims", ("cashier",)),
        Person("adil", "service desk", ("agent",)),
        Person("emil", "solves incidents", ("engineer",)),
        Person("ines", "takes applications in", ("intake",)),
        Person("bea", "inspects sites", ("building_inspector",)),
        Person("eva", "looks after the environment", ("environment_officer",)),
        Person("nils", "inspects sites and decides", ("building_inspector", "decider")),
        Person("dirk", "decides on permits", ("decider",)),
        Person("hana", "heads the permit office", ("head_of_office",)),
        Person("ada", "administers the tenant", ("admin",)),
    )
}
