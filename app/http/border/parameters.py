"""The parameters that several calls take, as they are documented and checked."""

from typing import Annotated

from litestar.params import HeaderParameter, PathParameter, QueryParameter

from app.domain.case.search_query import LONGEST
from app.domain.diagram import DiagramFormat
from app.domain.values.errors import NotFound
from app.domain.values.names import canonical_uuid

VERSION_OR_ANY = r'^(\*|"[0-9]{1,15}")$'
PLACE = "[0-9]{1,15}"
UUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
PLAIN = r"^[^\x00-\x1f\x7f]*$"

CaseId = Annotated[str, PathParameter(description="The case's id, a UUID", schema_extra={"format": "uuid"})]
ClockName = Annotated[str, PathParameter(description="A clock of the case type, such as decision")]
Cycle = Annotated[int | None, QueryParameter(description="Which cycle, from 1; left out, the newest", ge=1, le=2**31)]
CaseTypeName = Annotated[str, PathParameter(description="A case type, such as expense_claim")]
VersionNumber = Annotated[
    int | None, QueryParameter(description="Which version; left out, the one in force", ge=1, le=2**31)
]
IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description="1 to 255 printable ASCII characters. The same key with the same body has one effect for 24 h",
        schema_extra={
            "pattern": '^("[ !#-\\[\\]-~]{1,255}"|[!#-~]([ -~]{0,253}[!-~])?)$',
            "examples": ["claim-2026-0042-approve"],
        },
    ),
]
IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        description='The ETag that the caller saw, such as "3", or *',
        schema_extra={"pattern": VERSION_OR_ANY, "examples": ["*"]},
    ),
]
Q = Annotated[
    str | None,
    QueryParameter(
        description="Only cases whose reference, texts and comments together have all of these words. "
        '"Words in quotes" stand one after the other; begin* stands for all words that begin so',
        max_length=LONGEST,
        pattern=r"[^\W_]",
    ),
]
WithCount = Annotated[
    bool, QueryParameter(name="count", description="Also say how many cases there are on all pages together")
]
Limit = Annotated[int, QueryParameter(description="How many at most", ge=1, le=200)]
SegmentLimit = Annotated[int, QueryParameter(description="How many segments at most", ge=1, le=1000)]
Cursor = Annotated[
    str | None, QueryParameter(description="The next_cursor of the previous page", max_length=2000, pattern=PLAIN)
]
Explain = Annotated[bool, QueryParameter(description="Also the refused events: why, and who could")]
DryRun = Annotated[
    bool,
    QueryParameter(
        name="dry_run",
        description="Only decide: the answer is what this call would get now, with what it would change and without a "
        "receipt; nothing is recorded, and Idempotency-Key means nothing",
    ),
]
OnlyDenied = Annotated[bool, QueryParameter(name="denied", description="The refused attempts instead of the chain")]
After = Annotated[
    str | None,
    QueryParameter(description="The next_after of the previous page", schema_extra={"pattern": f"^{PLACE}$"}),
]
AfterEntry = Annotated[
    str | None,
    QueryParameter(description="The next_after of the previous page", schema_extra={"pattern": f"^({PLACE}|{UUID})$"}),
]
KeyId = Annotated[str, PathParameter(description="The API key's id, a UUID", schema_extra={"format": "uuid"})]
AfterKey = Annotated[
    str | None, QueryParameter(description="The next_after of the previous page", schema_extra={"format": "uuid"})
]
Format = Annotated[DiagramFormat, QueryParameter(name="format", description="A picture, or its source")]


def existing(case_id: str) -> str:
    """The id in its canonical form. What is no UUID names no case, and says so as an unknown one does."""
    found = canonical_uuid(case_id)
    if found is None:
        raise NotFound("no such case")
    return found
