"""Saved views as callers send and see them."""

from typing import Annotated, Any, Literal, TypedDict

from pydantic import Field, StringConstraints

from app.http.bodies.requests import Body, CaseTypeName, Happened
from app.services.cases.queues import QUEUES
from app.services.store.case_query import ORDERS

MOST_COLUMNS = 8
PLAIN = r"^[^\x00-\x1f\x7f]+$"
OWN_COLUMNS = ("state", "due", "urgency", "assignee", "team", "case_type", "opened_at", "changed_at")
COLUMN = rf"^({'|'.join(OWN_COLUMNS)}|data(\.[A-Za-z_][A-Za-z0-9_]*)+)$"

Word = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=PLAIN)]
Column = Annotated[str, StringConstraints(max_length=255, pattern=COLUMN)]


class FiltersOfAView(Body):
    """The filters of `GET /cases`, and words; what is left out does not matter."""

    case_type: CaseTypeName | None = None
    state: Annotated[Word | None, Field(description="This state or below it", examples=["review"])] = None
    open: Annotated[bool | None, Field(description="Not closed yet, or closed")] = None
    assignee: Annotated[Word | None, Field(description="Whose it is", examples=["user:carl"])] = None
    unassigned: Annotated[bool | None, Field(description="Nobody's, or somebody's")] = None
    team: Annotated[Word | None, Field(description="Whose team's it is", examples=["team:north"])] = None
    creator: Annotated[Word | None, Field(description="Who opened it", examples=["user:ada"])] = None
    reference: Annotated[Word | None, Field(description="Exactly this reference")] = None
    overdue: Annotated[bool | None, Field(description="Past its due moment, or not")] = None
    due_before: Annotated[
        Happened | None, Field(description="Due before this moment", examples=["2026-12-01T00:00:00Z"])
    ] = None
    q: Annotated[
        str | None,
        StringConstraints(max_length=200, pattern=r"[^\W_]"),
        Field(description="Words, as `q` of `GET /cases`", examples=["printer"]),
    ] = None


class ShowsOfAView(Body):
    """What a view shows."""

    queue: Annotated[
        Literal[QUEUES] | None,  # type: ignore[valid-type]
        Field(
            description="Of this queue of whoever looks: theirs, their teams', nobody's, overdue; null: of all cases"
        ),
    ] = None
    filters: FiltersOfAView = Field(default_factory=FiltersOfAView)
    sort: Annotated[Literal[ORDERS], Field(description="As `sort` of `GET /cases`")] = "queue"  # type: ignore[valid-type]
    columns: Annotated[
        list[Column] | None,
        Field(
            max_length=MOST_COLUMNS,
            description="The columns besides the reference, in this order; null: those of the case type",
            examples=[["state", "due", "data.amount_cents"]],
        ),
    ] = None


class SaveView(Body):
    """A view to keep."""

    title: Annotated[
        str,
        StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$"),
        Field(description="What its owner calls it", examples=["Large claims"]),
    ]
    shows: ShowsOfAView
    shared: Annotated[bool, Field(description="Whether all of the tenant see it")] = False
    default: Annotated[bool, Field(description="Whether its owner sees it first")] = False


class ShowsView(TypedDict):
    """What a view shows; `filters` holds those that matter."""

    queue: str | None
    filters: dict[str, Any]
    sort: str
    columns: list[str] | None


class SavedViewView(TypedDict):
    """A saved view. `default` is about the caller: nobody sees first what somebody else saved."""

    id: str
    owner: str
    title: str
    shows: ShowsView
    shared: bool
    default: bool


class SavedViewsView(TypedDict):
    """All views that the caller sees: their own by title, then those that others share."""

    items: list[SavedViewView]


VIEW_BODIES = (SaveView,)
