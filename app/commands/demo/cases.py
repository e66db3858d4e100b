"""The cases of the demo, each as the story of who fired which event; all of it is made up."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.domain.values.json import Data


@dataclass(frozen=True, slots=True)
class Story:
    """A case: `steps` are `WHO EVENT` or `WHO EVENT: words`, and the first one opens it."""

    case_type: str
    reference: str
    data: Data
    steps: tuple[str, ...]


def stories() -> Iterator[Story]:
    """Every sample case, opened by its first step."""
    for number, (who, amount, currency, purpose, steps) in enumerate(CLAIMS, start=1):
        data = {"amount_cents": amount, "currency": currency, "purpose": purpose, "cost_centre": f"CC-{100 + number}"}
        yield Story("expense_claim", f"EXP-2026-{number:04}", data, _steps(who, steps))
    for number, (who, priority, service, summary, steps) in enumerate(INCIDENTS, start=1):
        data = {"priority": priority, "service": service, "summary": summary, "reporter_name": who.split()[0].title()}
        yield Story("incident", f"INC-2026-{number:04}", data, _steps(who, steps))
    for number, (who, area, protected, site, project, steps) in enumerate(PERMITS, start=1):
        data = {"floor_area_m2": area, "protected_area": protected, "site": site, "project": project}
        data["applicant_name"] = who.split()[0].title()
        yield Story("permit", f"PER-2026-{number:04}", data, _steps(who, steps))


def _steps(opening: str, others: str) -> tuple[str, ...]:
    return (opening, *(step.strip() for step in others.split(";") if step.strip()))


CLAIMS = (
    ("ann save", 1850, "EUR", "Taxi to the airport", ""),
    ("ben save", 24900, "EUR", "Conference ticket", ""),
    ("ann submit", 4200, "EUR", "Train to Leipzig", ""),
    ("ben submit", 7315, "EUR", "Dinner with a customer", ""),
    ("ann save", 18900, "GBP", "Hotel in Leeds, two nights", "ann submit"),
    ("ann submit", 3890, "EUR", "Books on accessibility", "carl triage"),
    ("ben submit", 129900, "EUR", "Laptop for the new colleague", "carl triage; sue approve: within the budget"),
    ("sue submit", 64000, "EUR", "Workshop room", "carl triage; max approve; sue approve: it is my own"),
    ("ann submit", 88000, "EUR", "Flight to Lisbon", "carl triage; sue approve; max approve"),
    (
        "ben submit",
        96500,
        "EUR",
        "Translation of the manual",
        "carl triage; sue approve; max approve; carl clear_budget; ann add_note: not mine",
    ),
    (
        "ann submit",
        71250,
        "EUR",
        "Standing desk",
        "carl triage; sue approve; max approve; carl clear_fraud; carl ask: Who is going to use the desk?",
    ),
    (
        "ben submit",
        58400,
        "EUR",
        "Trade fair stand",
        "carl triage; sue approve; max approve; carl clear_budget; carl ask: Which fair?; ben answer: May",
    ),
    ("ann submit", 9900, "EUR", "Software licence", "carl triage; sue approve: as agreed"),
    (
        "ben submit",
        152000,
        "EUR",
        "Training for the whole team",
        "carl triage; sue approve; max approve; carl clear_budget; carl clear_fraud; sue pay",
    ),
    (
        "ann submit",
        2640,
        "EUR",
        "Client lunch",
        "carl triage; sue approve; cleo pay: SEPA-88120; ann add_note: thank you",
    ),
    ("ben submit", 4475, "EUR", "Parking, March", "carl triage; sue approve; cleo pay: SEPA-88121"),
    ("ann submit", 31000, "USD", "Visa and vaccination", "carl triage; sue approve; max approve; cleo pay: SEPA-88122"),
    ("ben submit", 12500, "EUR", "Flowers", "carl reject: no receipt; sue reject: There is no receipt for it"),
    ("ann submit", 250000, "EUR", "Sofa for the hall", "carl triage; sue reject: Nobody ordered it; sue approve"),
)

INCIDENTS = (
    ("ann report", 3, "mail", "Mails arrive an hour late", ""),
    ("ben report", 4, "intranet", "The lunch menu shows last week", ""),
    ("ann report", 3, "printing", "The printer on floor 2 prints blank pages", "adil triage: 3"),
    ("ben report", 2, "vpn", "VPN drops every ten minutes", "adil triage: 2; adil escalate: new profile did not help"),
    ("ann report", 1, "payroll", "Payroll does not start", "adil triage: 1; ann cancel: a colleague restarted it"),
    (
        "ben report",
        3,
        "crm",
        "Search finds no customers with umlauts",
        "adil triage: 3; adil escalate: index rebuilt; adil escalate: a fault of the product",
    ),
    ("ann report", 2, "telephony", "No sound on calls abroad", "adil triage: 2; emil wait: Which countries?"),
    (
        "ben report",
        2,
        "wiki",
        "Pages load without pictures",
        "adil triage: 2; adil resolve: cache emptied; emil resolve: cache emptied; emil close",
    ),
    (
        "ann report",
        1,
        "login",
        "Nobody can sign in",
        "adil triage: 1; emil resolve: The certificate was renewed; ann reopen: Phones still cannot",
    ),
    (
        "ben report",
        2,
        "backup",
        "The nightly backup has failed",
        "adil triage: 2; adil escalate; emil resolve: The disk was full; emil close; ben close",
    ),
    (
        "ann report",
        3,
        "badge",
        "The badge does not open the garage",
        "adil triage: 3; sue resolve: The badge was registered again; ann close",
    ),
    (
        "ben report",
        4,
        "coffee",
        "The coffee machine shows error 7",
        "adil cancel: not ours; sue cancel: Not one of our services",
    ),
)

PERMITS = (
    ("ben apply", 60, False, "Lindenweg 4", "Garage", ""),
    ("ann apply", 220, False, "Am Wehr 11", "House for two families", ""),
    ("ben apply", 85, False, "Gartenstrasse 9", "Extension", "ines accept; bea clear_building"),
    (
        "ann apply",
        340,
        False,
        "Bahnhofplatz 2",
        "Bicycle station",
        "ines accept; bea clear_building; bea plan_visit: 2026-12-03",
    ),
    ("ben apply", 410, True, "Seeufer 1", "Boathouse", "ines accept; eva clear_environment; eva assess; eva hear"),
    (
        "ann apply",
        150,
        True,
        "Waldrand 7",
        "Forest kindergarten",
        "ines accept; bea plan_visit: 2026-11-24; eva assess; ines suspend: The survey of the trees is missing",
    ),
    (
        "ben apply",
        640,
        False,
        "Hafenstrasse 20",
        "Workshop",
        "ines accept; nils plan_visit: 2026-11-10; nils clear_building; eva clear_environment; nils grant",
    ),
    (
        "ann apply",
        1400,
        False,
        "Industrieweg 3",
        "Warehouse",
        "ines accept; bea plan_visit: 2026-11-11; bea clear_building; eva clear_environment; dirk grant; bea grant",
    ),
    (
        "ben apply",
        95,
        False,
        "Kirchgasse 5",
        "Roof terrace",
        "ines accept; bea clear_building; eva clear_environment; dirk send_back: The plan of the roof has changed",
    ),
    (
        "ann apply",
        70,
        False,
        "Muehlweg 2",
        "Winter garden",
        "ines accept; bea clear_building; eva clear_environment; dirk grant: Rain water stays on the site",
    ),
    (
        "ben apply",
        2100,
        True,
        "Am Moor 1",
        "Hotel",
        "ines accept; eva assess; dirk refuse: The moor is protected; hana grant",
    ),
    ("ann apply", 48, False, "Marktplatz 8", "Kiosk", "ines accept; ann withdraw: Another site was found"),
)
