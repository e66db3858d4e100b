"""The files that the data of an attempt name: each is attached by an entry of its own, and counted from there on."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from itertools import islice

from app.domain.case.attachment import AttachmentRow, attachment_json
from app.domain.case.case import Case
from app.domain.case.entry import AuditEntry
from app.domain.case.files import counted
from app.domain.case.held_file import HeldFile
from app.domain.case.sealing import seal
from app.domain.deciding.case_after import chained
from app.domain.deciding.entry_draft import verb_draft
from app.domain.deciding.situation import OnCase, Situation
from app.domain.deciding.verb import Done
from app.domain.policy.verdict import Verdict
from app.domain.schemas.files import files_in
from app.domain.values.errors import invalid
from app.domain.values.names import NAME

MOST_FILES = 100
"""That one attempt names: each is an entry."""
TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Sent:
    """A file, and the category that its field gives it: its name, where that is one."""

    file: HeldFile
    category: str | None


@dataclass(frozen=True, slots=True)
class Attached:
    """The case with the files on it, and what says so."""

    case: Case
    entries: tuple[AuditEntry, ...] = ()
    rows: tuple[AttachmentRow, ...] = ()


def sent_files(here: Situation) -> tuple[Sent, ...]:
    """Those that the data name and that the case does not have there yet. Raises Invalid for what is no file that the
    caller sent, or is one no more."""
    if here.attempt.data is None or not here.machine.holds_files:
        return ()
    schema = here.machine.case_type.data
    named = list(islice(files_in(schema, here.attempt.data), MOST_FILES + 1))
    if len(named) > MOST_FILES:
        raise invalid("data", f"names more than {MOST_FILES} files at once")
    had = {one.id for one in files_in(schema, here.case.data)} if here.case else set()
    found: dict[str, Sent] = {}
    for path, name, id_ in named:
        if id_ in had or id_ in found:
            continue
        file = here.held.get(id_)
        if file is None or file.owner != here.attempt.actor.id:
            raise invalid(path, "is no file that you sent within a day, or a case has it: send it to POST /files first")
        found[id_] = Sent(file, name if NAME.fullmatch(name) else None)
    return tuple(found.values())


def attached(here: OnCase, verdict: Verdict, files: Sequence[Sent]) -> Attached:
    """Each is an entry of the attempt, in the chain of the case and a moment after the one before."""
    case, entries, rows = here.case, list[AuditEntry](), list[AttachmentRow]()
    for number, sent in enumerate(files):
        file, at = sent.file, here.at + number * TICK
        attempt = replace(here.attempt, entry_id=file.id, data=None, payload=None, reason=None)
        on = replace(here, case=case, attempt=attempt, at=at)
        on.__dict__["roles"] = here.roles
        after = case if sent.category is None else replace(case, files=counted(case.files, sent.category))
        done = Done(
            kind="attachment",
            case=case,
            body={"attachment": attachment_json(file, sent.category)},
            fields={"/file_name": file.file_name},
        )
        after = chained(on, after)
        entry = seal(verb_draft(on, verdict, done, after), here.new_salt)
        case = replace(after, last_hash=entry.entry_hash)
        entries.append(entry)
        rows.append(AttachmentRow.of(file, case, attempt.acting, at, sent.category))
    return Attached(case, tuple(entries), tuple(rows))


def with_files(here: OnCase, verdict: Verdict, files: Sequence[Sent]) -> tuple[OnCase, Attached]:
    """The same attempt on the case that has its files, as its guards see it."""
    if not files:
        return here, Attached(here.case)
    made = attached(here, verdict, files)
    return replace(here, case=made.case, at=here.at + len(files) * TICK), made


def on_case(here: Situation, case: Case) -> OnCase:
    """The attempt that opened a case, a moment later."""
    values = {one.name: getattr(here, one.name) for one in fields(here)}
    return OnCase(**{**values, "case": case, "at": here.at + TICK})
