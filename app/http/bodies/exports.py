"""Exports as callers ask for them and see them."""

from typing import Annotated, Literal, TypedDict

from pydantic import Field, StringConstraints

from app.domain.values.names import LONGEST_NAME
from app.http.bodies.requests import Body, CaseTypeName, Happened, Uuid

MOST_NAMED = 100
Reference = Annotated[str, StringConstraints(min_length=1, max_length=140, pattern=r"^[^\x00-\x1f\x7f]+$")]
Kind = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME, pattern=r"^[a-z][a-z0-9_]*$")]


class FilterOfAnExport(Body):
    """Entries of which all holds that is named; of several values any."""

    case_type: Annotated[
        list[CaseTypeName] | None, Field(max_length=MOST_NAMED, description="Of cases of these types")
    ] = None
    case: Annotated[list[Uuid] | None, Field(max_length=MOST_NAMED, description="Of the cases with these ids")] = None
    actor: Annotated[
        list[Reference] | None,
        Field(max_length=MOST_NAMED, description="Of what they did, or had done", examples=[["user:ada"]]),
    ] = None
    kind: Annotated[
        list[Kind] | None, Field(max_length=MOST_NAMED, description="Of these kinds", examples=[["transition"]])
    ] = None
    since: Annotated[
        Happened | None,
        Field(alias="from", description="Recorded then or later", examples=["2026-11-01T00:00:00Z"]),
    ] = None
    until: Annotated[
        Happened | None, Field(alias="to", description="Recorded before then", examples=["2026-12-01T00:00:00Z"])
    ] = None


class AskForExport(Body):
    """An export to make."""

    format: Annotated[
        str,
        StringConstraints(min_length=1, max_length=64),
        Field(description="As `stateward export --format`", examples=["zip"]),
    ] = "zip"
    filter: FilterOfAnExport = Field(default_factory=FilterOfAnExport)


class ProgressView(TypedDict):
    """Of `of` entries of the log `looked_at` were gone through (a format that has to know all of them first goes
    through them twice); `written` are in the file, once it is made."""

    looked_at: int
    of: int
    written: int | None


FilterView = TypedDict(
    "FilterView",
    {"case_type": list[str], "case": list[str], "actor": list[str], "kind": list[str], "from": str, "to": str},
    total=False,
)
FilterView.__doc__ = "What was asked for; what is left out does not matter."


class ExportView(TypedDict):
    """An export of the log, and how far it is. `file` is where its bytes are, once it is `done`, with their `size` and
    `sha256`; it is kept until `kept_until`. `problem` says why it has `failed`, or is made once more."""

    id: str
    format: str
    filter: FilterView
    state: Literal["queued", "making", "done", "failed"]
    asked_at: str
    kept_until: str
    entries: ProgressView
    size: int | None
    sha256: str | None
    file: str | None
    problem: str | None


class ExportPageView(TypedDict):
    """The caller's exports, the newest first. `next_after` is null on the last page."""

    items: list[ExportView]
    next_after: str | None


EXPORT_BODIES = (AskForExport,)
