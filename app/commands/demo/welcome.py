"""What the demo says when it runs: where, who, and lines to paste."""

from collections.abc import Callable, Iterator, Mapping

from app.commands.demo.people import PEOPLE, TENANT

Token = Callable[[str], str]  # of a person's name
PRETTY = " | python3 -m json.tool"


def welcome(url: str, token: Token, cases: Mapping[str, str], counted: int, where: str) -> str:
    """`cases` maps the references that the lines need to case ids; what is not there is left out."""
    return "\n".join(
        [*_who(), "", *_lines(f"{url}/api/v1", token, cases), *_end(token, url), *_open(url, counted, where)]
    )


def _who() -> Iterator[str]:
    yield f"The people of the tenant {TENANT}, with their roles:"
    for person in PEOPLE.values():
        roles = " ".join(f"role:{role}" for role in person.held) or "-"
        yield f"  {person.subject:<6}{roles:<58}{person.name}, {person.does}"


def _lines(api: str, token: Token, cases: Mapping[str, str]) -> Iterator[str]:
    yield "The API: paste any of these; the tokens are good for twelve hours, and for this demo only."
    for title, who, needed, call in LINES:
        if needed and needed not in cases:
            continue
        command = call.replace("API", api).replace("CASE", cases.get(needed, ""))  # the token last: it may hold either
        yield f"\n# {title}"
        yield "curl -sS " + command.replace("AUTH", f"-H 'Authorization: Bearer {token(who)}'")


def _end(token: Token, url: str) -> Iterator[str]:
    yield "\n# For the lines of the README (Ann, Carl), and to see every case (Ada):"
    yield f"export TOKEN={token('ann')}"
    yield f"export CLERK_TOKEN={token('carl')}"
    yield f"export ADA_TOKEN={token('ada')}"
    yield f"\nTo try calls in the browser, press Authorize on {url}/schema and paste one of the tokens."


def _open(url: str, counted: int, where: str) -> Iterator[str]:
    """Last, because it is what stays on the screen."""
    yield f"\nStateward runs with {counted} sample cases, in {where}."
    yield f"Open {url}/ and choose who you are. Ctrl-C stops the demo."


SEND = "AUTH -H 'Content-Type: application/json'"
LINES = (
    (
        "Sue sees the permits that two departments check at the same time:",
        "sue",
        "",
        f"'API/cases?case_type=permit&state=checks&limit=2' AUTH{PRETTY}",
    ),
    (
        "What may Nils do now with a permit that is to be decided, what not, and why?",
        "nils",
        "PER-2026-0007",
        f"'API/cases/CASE/events?explain=true' AUTH{PRETTY}",
    ),
    (
        "Nils grants it. He cleared it for building, so four eyes says no, and who could:",
        "nils",
        "PER-2026-0007",
        f'API/cases/CASE/events {SEND} -d \'{{"event": "grant"}}\'{PRETTY}',
    ),
    (
        "Dirk grants it. Pasted twice it has one effect, because of the key:",
        "dirk",
        "PER-2026-0007",
        f"API/cases/CASE/events {SEND} -H 'Idempotency-Key: grant-1' -d '{{\"event\": \"grant\"}}'{PRETTY}",
    ),
    ("What happened to it, as its log has it:", "dirk", "PER-2026-0007", f"API/cases/CASE/audit AUTH{PRETTY}"),
    (
        "And what was refused:",
        "dirk",
        "PER-2026-0007",
        f"'API/cases/CASE/audit?denied=true' AUTH{PRETTY}",
    ),
    (
        "Ann claims the train to a customer:",
        "ann",
        "",
        f'API/cases {SEND} -d \'{{"case_type": "expense_claim", "event": "submit", '
        f'"data": {{"amount_cents": 4200, "currency": "EUR"}}}}\'{PRETTY}',
    ),
    (
        "The state machine of a permit, drawn: open permit.svg in a browser",
        "ann",
        "",
        "'API/case-types/permit/diagram?format=svg' AUTH -o permit.svg",
    ),
)
