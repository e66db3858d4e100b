"""The parameters of the calls about the policy, and its ETag."""

from typing import Annotated, Literal

from litestar.datastructures import ResponseHeader
from litestar.params import HeaderParameter, PathParameter, QueryParameter

from app.domain.values.errors import NotFound
from app.domain.values.names import LONGEST_NAME
from app.http.border.parameters import PLAIN, VERSION_OR_ANY

MOST_DIGITS = 15

VERSION = ResponseHeader(name="ETag", documentation_only=True, description="The policy's version, for If-Match")
IfPolicyMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        description='The ETag of the policy that the caller saw, such as "7", or *',
        schema_extra={"pattern": VERSION_OR_ANY, "examples": ["*"]},
    ),
]
LineId = Annotated[str, PathParameter(description="The id of a line, as the list shows it")]
AfterLine = Annotated[int, QueryParameter(description="The next_after of the previous page", ge=0, le=10**MOST_DIGITS)]
CaseTypeOfLine = Annotated[
    str | None,
    QueryParameter(description="Only lines about this case type or about all", max_length=LONGEST_NAME, pattern=PLAIN),
]
RoleOfLine = Annotated[str | None, QueryParameter(description="Only lines that name it", max_length=255, pattern=PLAIN)]
Kind = Annotated[Literal["p", "g"] | None, QueryParameter(description="p: who may do what; g: who has which role")]
User = Annotated[str | None, QueryParameter(description="Only the roles of this user", max_length=255, pattern=PLAIN)]
OfCase = Annotated[
    str,
    QueryParameter(name="case", description="The case's id, a UUID", schema_extra={"format": "uuid"}, max_length=64),
]
OfEvent = Annotated[str, QueryParameter(name="event", description="An event", max_length=LONGEST_NAME, pattern=PLAIN)]
AfterSubject = Annotated[
    str | None, QueryParameter(description="The next_after of the previous page", max_length=255, pattern=PLAIN)
]


def line_id(text: str) -> int:
    """What is no number names no line, and says so as an unknown one does."""
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise NotFound("no such line")
    return int(text)
