"""An event that cannot be fired any more: why, and what was written is kept."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from litestar import Response

from app.domain.values.errors import CaseError, Denied
from app.domain.verbs.commenting import MOST_CHARACTERS, Comment
from app.http.border.errors import status_of
from app.http.border.services import services_of
from app.ui.case.acting import acted
from app.ui.case.why import why_not
from app.ui.forms.changes import changes_since
from app.ui.forms.event_page import Doing, Seen, event_page
from app.ui.forms.inputs import RAW
from app.ui.forms.sheet import Sheet
from app.ui.forms.view import Shown
from app.ui.frame.attempts import attempting
from app.ui.frame.posted import Posted

CANNOT_SAY: Final = "case:comment"


async def gone_page(doing: Doing, sheet: Sheet, error: CaseError, since: Seen | None = None) -> Response[str]:
    """`since`: what the writer saw last, where something may have happened after it."""
    meanwhile = await changes_since(doing, since) if since and since.version != doing.case.version else None
    texts = list(typed(doing, sheet))
    return event_page(
        meanwhile.doing if meanwhile else doing,
        sheet,
        status=status_of(error),
        seen=since,
        template="forms/gone.html",
        why=why_not(doing.told, doing.opened, doing.event, error.reasons),
        denied=isinstance(error, Denied),
        meanwhile=meanwhile,
        typed=[(label, text, None) for label, text in texts],
        kept=kept_of(sheet),
        may_comment=bool(texts) and doing.firing.here.allows(CANNOT_SAY),
        errors=[],
    )


def kept_of(sheet: Sheet) -> list[tuple[str, str]]:
    """Every input as it was sent: the page shows texts and has no fields of its own."""
    roots = {"reason", RAW, *(part.root for part in sheet.parts)}
    named = ((name, texts) for name, texts in sheet.inputs.texts.items() if name.partition(".")[0] in roots)
    return [(name, text) for name, texts in named for text in texts]


def typed(doing: Doing, sheet: Sheet) -> Iterator[tuple[str, str]]:
    """(label, text) of whatever somebody entered, the reason first."""
    if reason := sheet.inputs.one("reason").strip():
        yield doing.told.gettext("Reason"), reason
    for part in sheet.shown():
        yield from _typed(part.fields, "")


def _typed(shown: Sequence[Shown], above: str) -> Iterator[tuple[str, str]]:
    for one in shown:
        label = f"{above}, {one.label}" if above else one.label
        if one.parts:
            yield from _typed(one.parts, label)
            continue
        titles = dict(one.options)
        texts = one.values if one.kind == "checkboxes" else (one.value,)
        text = ", ".join(titles.get(text, text) for text in texts if text)
        if text and one.kind != "fixed":
            yield label, text


async def keep_as_comment(doing: Doing, sheet: Sheet, sent: Posted) -> Response[Any]:
    """Say on the case what was meant to go with the event. Raises what the desk refuses it with."""
    said = doing.told.gettext("Written for “%(event)s”, which could not be done:", event=doing.title)
    lines = [f"- {label}: {text}" for label, text in typed(doing, sheet)]
    text = "\n".join((said, "", *lines))[:MOST_CHARACTERS]
    attempt = attempting(doing.request, case_id=doing.case.id, verb=Comment(text), once=sent.one("once") or None)
    [answer] = await services_of(doing.request).desk.submit([attempt])
    if answer.error is not None:
        raise answer.error
    return acted(doing.case.id, answer)
