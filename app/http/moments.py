"""Times as callers write them: RFC 3339, which is narrower than what Python reads."""

import re
from datetime import datetime

from app.domain.moment import parse_rfc3339

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


def moment(text: str) -> datetime:
    """The moment in UTC; ValueError where the text is no RFC 3339 time with an offset."""
    upper = text.upper()
    try:
        if RFC3339.fullmatch(upper):
            return parse_rfc3339(upper)
    except (ValueError, OverflowError):
        pass
    raise ValueError("must be an RFC 3339 time with an offset, such as 2026-11-20T08:00:00Z")
