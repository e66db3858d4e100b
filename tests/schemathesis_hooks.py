"""What Schemathesis does beside its own: no key stands for two requests, which the document cannot forbid."""

import itertools
import re

import schemathesis

KEY = re.compile(r"[!#-~]([ -~]{0,200}[!-~])?")
numbers = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    """A key that the document allows becomes one that was never used."""
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and KEY.fullmatch(key):
        case.headers["Idempotency-Key"] = f"{key}-{next(numbers)}"
