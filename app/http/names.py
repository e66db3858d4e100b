"""The spelling of the names that cross the border: subjects, roles, tenants, ids."""

import re

SUBJECT = re.compile(r"user:[A-Za-z0-9][A-Za-z0-9_.@|+-]{0,127}")
ROLE = re.compile(r"role:[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
TENANT = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def canonical_uuid(text: str) -> str | None:
    """The UUID in lower case, or None where the text is none."""
    lowered = text.lower()
    return lowered if UUID.fullmatch(lowered) else None
