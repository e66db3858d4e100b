"""Somebody was faster: what they changed beside what one has entered oneself, and nothing dropped."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from litestar import Response

from app.domain.definition.fields import schema_at
from app.ui.case.values import in_line
from app.ui.forms.changes import changes_since
from app.ui.forms.event_page import Doing, Seen, event_page
from app.ui.forms.faults import field_at
from app.ui.forms.inputs import ABSENT, Held
from app.ui.forms.naming import Path, dotted, name_of
from app.ui.forms.rows import path_of
from app.ui.forms.sheet import Part, Sheet
from app.ui.forms.showing import same, shown
from app.ui.forms.wording import Schema
from app.ui.forms.written import asked_for, at
from app.ui.frame.posted import Posted

KEEP: Final = "keep."
COLLIDED: Final = "collided"
NOW, YOURS = "now", "yours"
CONFLICT: Final = 412


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A field that both can write: what stood there, stands there now, and is to stand there. `theirs`: it changed."""

    name: str
    label: str
    before: str
    now: str
    yours: str
    theirs: bool
    chosen: str
    error: str = ""


async def conflict_page(doing: Doing, sheet: Sheet, seen: Seen) -> Response[str]:
    """`doing` is the case as it is now, `sheet` what was entered for the version that was `seen`."""
    meanwhile = await changes_since(doing, seen)
    rows = list(_rows(meanwhile.doing, sheet))
    collide = any(row.theirs for row in rows)
    asked = [(f"{KEEP}{row.name}", f"{row.label}: {row.error}") for row in rows if row.error]
    return event_page(
        meanwhile.doing,
        sheet,
        status=CONFLICT,
        seen=Seen(doing.case.version, seen.seq),
        template="forms/conflict.html",
        meanwhile=meanwhile,
        rows=rows if collide else [],
        collided=[row.name for row in rows if row.theirs],
        errors=[*asked, *sheet.summary(sheet.shown())],
    )


def with_kept(doing: Doing, sheet: Sheet, sent: Posted) -> tuple[Sheet, bool]:
    """The sheet once it is chosen whose value is kept, and whether something is still to be chosen."""
    undecided = False
    for name in dict.fromkeys(sent.all(COLLIDED)):
        kept = sent.one(f"{KEEP}{name}")
        path = _path(doing, name)
        if path is None:
            continue
        if kept == NOW:
            sheet = _with_now(doing, sheet, path)
        elif kept != YOURS:
            message = doing.told.gettext("Choose which one to keep")
            sheet, undecided = replace(sheet, errors={**sheet.errors, f"{KEEP}{name}": message}), True
    return sheet, undecided


def _with_now(doing: Doing, sheet: Sheet, path: Path) -> Sheet:
    """With what the case holds now in the place of what was entered."""
    value = at({"data": doing.case.data}, asked_for(doing.firing.here.machine, doing.event)[path])
    name = name_of(path)
    part = _part(sheet, path)
    theirs = shown(field_at(part.form, name), path, value, doing.manner, sheet.lookup)
    mine = [one for one in sheet.inputs.texts if one == name or one.startswith(f"{name}.")]
    with_theirs = replace(part, was=_put(part.was, path[1:], value))
    parts = tuple(with_theirs if one is part else one for one in sheet.parts)
    return replace(sheet, inputs=sheet.inputs.with_(theirs.texts, mine), parts=parts)


def _part(sheet: Sheet, path: Path) -> Part:
    return next((part for part in sheet.parts if part.root == path[0]), sheet.parts[0])


def _rows(doing: Doing, sheet: Sheet) -> Iterator[Row]:
    machine = doing.firing.here.machine
    _, values = replace(sheet, errors={}).read()
    was = {part.root: part.was for part in sheet.parts}
    for path, target in asked_for(machine, doing.event).items():
        name, part = name_of(path), _part(sheet, path)
        if path_of(part.form, name) is None:
            continue  # a condition hides it
        before, now = at(was, path), at({"data": doing.case.data}, target)
        yours = at(values, path)
        theirs = not same(before, now)
        if (not theirs and same(before, yours)) or (theirs and same(now, yours)):
            continue
        schema = schema_at(machine.case_type.data, dotted(target))
        typed = sheet.inputs.one(name) if yours is ABSENT else _told(doing, schema, yours)
        kept = sheet.inputs.one(f"{KEEP}{name}")
        yield Row(
            name=name,
            label=field_at(part.form, name).label,
            before=_told(doing, schema, before),
            now=_told(doing, schema, now),
            yours=typed or doing.told.gettext("nothing"),
            theirs=theirs,
            chosen=kept or ("" if theirs else YOURS),
            error=sheet.errors.get(f"{KEEP}{name}", ""),
        )


def _told(doing: Doing, schema: Schema, value: Held) -> str:
    return in_line(doing.told, schema, None if value is ABSENT else value)


def _path(doing: Doing, name: str) -> Path | None:
    paths: Sequence[Path] = tuple(asked_for(doing.firing.here.machine, doing.event))
    return next((path for path in paths if name_of(path) == name), None)


def _put(values: Held, path: Path, value: Held) -> Held:
    """Anew, with this value at the path; nothing of what was given is changed."""
    head, *rest = path
    inner = values if isinstance(values, dict) else {}
    if value is ABSENT and not rest:
        return {name: kept for name, kept in inner.items() if name != head}
    return {**inner, str(head): _put(inner.get(str(head)), tuple(rest), value) if rest else value}
