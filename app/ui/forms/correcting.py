"""Correct the data of a case from a page: its fields as they are, a reason, and what would change before it is done."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from litestar import Response, get, post
from litestar.status_codes import HTTP_200_OK

from app.domain.definition.fields import schema_at
from app.domain.schemas.merge_patch import same
from app.domain.values.errors import CaseError, FieldError, Invalid, VersionConflict
from app.domain.values.json import Data, Json, JsonObject
from app.domain.verbs.correcting import Correct
from app.http.border.errors import sentence, status_of
from app.http.border.parameters import CaseId
from app.http.border.services import services_of
from app.services.work.case_pages import OpenCase
from app.ui.case.acting import acted
from app.ui.case.around import around
from app.ui.case.opened import case_path, opened, telling
from app.ui.case.refused import refused_verb
from app.ui.case.telling import Telling
from app.ui.case.values import in_line
from app.ui.forms.event_form import NOT_DONE, RESTORED, submitted
from app.ui.forms.event_page import Seen, was_of, with_reason
from app.ui.forms.fields import Group
from app.ui.forms.inputs import ABSENT, Held, Inputs
from app.ui.forms.known_forms import form_for, made_ready
from app.ui.forms.manner import Manner
from app.ui.forms.reads import in_turn
from app.ui.forms.sheet import Part, Sheet
from app.ui.forms.showing import shown
from app.ui.frame.attempts import attempting
from app.ui.frame.page import page
from app.ui.frame.posted import Posted, posted
from app.ui.frame.reader import PageRequest

PATH: Final = "/cases/{case_id:str}/correct"
DATA: Final = "data"


@dataclass(frozen=True, slots=True)
class Correcting:
    """A case whose data somebody is about to correct."""

    request: PageRequest
    opened: OpenCase
    told: Telling

    @classmethod
    async def of(cls, request: PageRequest, case_id: str) -> "Correcting":
        """Raises NotFound, also for a case that the reader may not read."""
        case = await opened(request, case_id)
        await made_ready(case.here.machine, None, request.user.language)
        return cls(request, case, await telling(request, case))

    @property
    def form(self) -> Group:
        return form_for(self.opened.here.machine, None, self.told.language)

    @property
    def manner(self) -> Manner:
        return Manner(self.told.language, self.told.reader.zone, self.told.now, self.told.gettext)

    def begun(self) -> Sheet:
        """The form as one opens it, with what is there."""
        data = self.opened.case.data
        empty = self._sheet(Inputs(), data)
        return replace(empty, inputs=shown(self.form, (DATA,), data, self.manner, empty.lookup))

    def sent(self, posted: Posted) -> Sheet:
        return self._sheet(Inputs(posted.fields), was_of(posted).get(DATA, ABSENT)).bounded()

    def _sheet(self, inputs: Inputs, was: Held) -> Sheet:
        part = Part(self.form, was=was)
        return Sheet(parts=(part,), inputs=inputs, manner=self.manner, values={DATA: self.opened.case.data})


@get(PATH)
async def correct_form(request: PageRequest, case_id: CaseId) -> Response[str]:
    correcting = await Correcting.of(request, case_id)
    sheet = correcting.begun()
    return await in_turn(request, sheet, lambda: correct_page(correcting, sheet))


@post(PATH, status_code=HTTP_200_OK)
async def correct_from_form(request: PageRequest, case_id: CaseId) -> Response[Any]:
    """Say what would change, or do it; else the form again with all that was entered."""
    sent, correcting = await posted(request), await Correcting.of(request, case_id)
    seen, sheet = Seen.of(sent, correcting.opened.case), correcting.sent(sent)
    changed = sheet if sent.one(RESTORED) else sheet.pressed()
    if changed is not None:
        return await in_turn(request, changed, lambda: correct_page(correcting, changed, status=NOT_DONE, seen=seen))
    sheet, values = await in_turn(request, sheet, with_reason(sheet, "required").read)
    if sheet.errors:
        return await in_turn(request, sheet, lambda: correct_page(correcting, sheet, status=NOT_DONE, seen=seen))
    return await _tried(correcting, sheet, patch_between(_data(sheet.parts[0].was), values[DATA]), seen, sent)


async def _tried(correcting: Correcting, sheet: Sheet, patch: JsonObject, seen: Seen, sent: Posted) -> Response[Any]:
    request = correcting.request
    attempt = attempting(
        request,
        case_id=correcting.opened.case.id,
        verb=Correct(),
        data=patch,
        reason=sheet.inputs.one("reason").strip(),
        if_version=seen.version,
        once=sent.one("once") or None,
    )
    if sent.one("act") == "correct":
        answer = await submitted(request, attempt)
        return (
            acted(attempt.case_id or "", answer) if answer.error is None else _refused(correcting, sheet, answer.error)
        )
    [trial] = await services_of(request).trials.submit([attempt])
    if trial.error is not None:
        return _refused(correcting, sheet, trial.error)
    changes = (trial.changes or {}).get(DATA, {})
    return correct_page(correcting, sheet, status=NOT_DONE, seen=seen, changes=_told(correcting.told, changes))


def correct_page(
    correcting: Correcting,
    sheet: Sheet,
    *,
    status: int = 200,
    seen: Seen | None = None,
    changes: Sequence[tuple[str, str, str]] = (),
    **values: Any,
) -> Response[str]:
    """`changes`: (field, what it is, what it will be), once that was asked for."""
    told, case, parts = correcting.told, correcting.opened, sheet.shown()
    return page(
        correcting.request,
        "forms/correct.html",
        title=told.gettext("Correct the data"),
        status=status,
        **{
            **around(told, case),
            "errors": sheet.summary(parts),
            "allowed": Correct.name in case.acts,
            "action": case_path(case.case.id, "correct"),
            "back": case_path(case.case.id),
            "parts": parts,
            "carried": sheet.carried(parts),
            "was": json.dumps({DATA: _data(sheet.parts[0].was)}, ensure_ascii=False),
            "seen": seen or Seen(case.case.version, case.case.seq),
            "changes": changes,
            "reason": sheet.inputs.one("reason"),
            "reason_error": sheet.errors.get("reason", ""),
            "wrong": None,
            **values,
        },
    )


def _refused(correcting: Correcting, sheet: Sheet, error: CaseError) -> Response[str]:
    if isinstance(error, Invalid):
        faults = error.errors or (FieldError(DATA, sentence(error.message)),)
        return correct_page(correcting, sheet.faulted(faults), status=NOT_DONE)
    status = 412 if isinstance(error, VersionConflict) else status_of(error)
    wrong = refused_verb(correcting.told, correcting.opened, Correct.name, error)
    return correct_page(correcting, sheet, status=status, wrong=wrong)


def patch_between(before: Data, after: Data) -> JsonObject:
    """The merge patch that makes `after` of `before`; where nothing was touched, nothing is sent."""
    patch: dict[str, Json] = dict.fromkeys(name for name in before if name not in after)
    for name, value in after.items():
        was = before.get(name)
        if isinstance(was, dict) and isinstance(value, dict):
            if inner := patch_between(was, value):
                patch[name] = inner
        elif name not in before or not same(was, value):
            patch[name] = value
    return patch


def _data(was: Held) -> Mapping[str, Json]:
    return was if isinstance(was, dict) and was is not ABSENT else {}


def _told(told: Telling, changes: Mapping[str, Mapping[str, Json]]) -> list[tuple[str, str, str]]:
    found = []
    for path, pair in changes.items():
        schema = schema_at(told.declared.data, path)
        found.append((told.field(path), in_line(told, schema, pair["from"]), in_line(told, schema, pair["to"])))
    return found
