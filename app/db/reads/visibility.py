"""Which cases a caller may read, as SQL."""

from sqlalchemy import ColumnElement, and_, exists, false, not_, or_, true

from app.db.tables.tables import CASES, ROLE
from app.services.store.stored import Visible

C = CASES.c
Condition = ColumnElement[bool]
EVERY = "*"


def readable(visible: Visible) -> Condition:
    """Whether a row of `cases` is visible, whatever kinds of cases there are."""
    return visible_to(visible, visible.types.union(*visible.by_role.values()))


def visible_to(visible: Visible, types: frozenset[str]) -> Condition:
    """`types` are those of the cases in question; what is denied is said in full, for a case of a new type may come
    before the page is read."""
    subject = visible.subject
    by_role = {} if visible.all_types else visible.by_role
    allowed = or_(
        true() if visible.all_types else _of_types(visible.types & types),
        *(_stands(subject, role, _narrowed(given, types)) for role, given in sorted(by_role.items())),
    )
    denied = or_(
        true() if visible.denied_all else _of_types(visible.denied_types),
        *(_stands(subject, role, given) for role, given in sorted(visible.denied_by_role.items())),
    )
    return and_(allowed, not_(denied))


def _narrowed(given: frozenset[str], types: frozenset[str]) -> frozenset[str]:
    return given if EVERY in given else given & types


def _stands(subject: str, role: str, types: frozenset[str]) -> Condition:
    return and_(_in_role(subject, role), true() if EVERY in types else _of_types(types))


def _in_role(subject: str, role: str) -> Condition:
    if role == "[creator]":
        return C.creator == subject
    if role == "[assignee]":
        # Never NULL: NOT (NULL) would hide the unassigned cases from a deny line.
        return and_(C.assignee.is_not(None), C.assignee == subject)
    r = ROLE.c
    return exists().where(r.tenant == C.tenant, r.case_id == C.id, r.subject == subject, r.role == role)


def _of_types(types: frozenset[str]) -> Condition:
    return C.case_type.in_(sorted(types)) if types else false()
