"""What Schemathesis does beside its own, before a request is sent."""

import itertools
import re

import schemathesis

QUOTED = re.compile(r'"([ !#-\[\]-~]{1,255})"')
BARE = re.compile(r"([!#-~]([ -~]{0,253}[!-~])?)")
numbers = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    """No key stands for two requests, which the document cannot forbid, and the feed is not waited for long."""
    if (case.headers or {}).get("If-Match") == "0" and case.meta and case.meta.generation.mode.is_positive:
        case.headers["If-Match"] = "*"  # its coverage phase makes no header values with quotes, and sends this instead
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and (valid := QUOTED.fullmatch(key) or BARE.fullmatch(key)):
        mark = '"' if valid.re is QUOTED else ""
        case.headers["Idempotency-Key"] = f"{mark}{valid[1][:240]}-{next(numbers)}{mark}"
    wait = str((case.query or {}).get("wait"))
    if wait.isdecimal() and 1 < int(wait) <= 30:
        case.query["wait"] = 1
