"""An entry of the log as the timeline tells it: who did what, when, what changed, and its proof."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from markupsafe import Markup

from app.domain.definition.titles import in_words
from app.domain.values.json import Json
from app.domain.values.rfc3339 import parse_rfc3339
from app.services.store.stored import StoredEntry
from app.ui.case.changes import Change, Entry, change_at, changed_by, was_of
from app.ui.case.clock_words import of_clock
from app.ui.case.comments import markdown
from app.ui.case.telling import Telling

MOST_CHANGES = 12
"""Of one entry; how many more there are is told."""


@dataclass(frozen=True, slots=True)
class Proof:
    """By which an entry can be found and shown again; `case_seq` is None for a refused attempt."""

    entry_id: str
    case_seq: int | None
    entry_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """`moment` is when it happened, `recorded` when it was written, where that is another time; `quote` is what was
    said in a comment, which is `comment`; `elsewhere`: its words stand among the comments of the page."""

    kind: str
    who: str
    what: str
    moment: datetime
    proof: Proof
    recorded: datetime | None = None
    changes: tuple[Change, ...] = ()
    more: int = 0
    reason: str | None = None
    quote: Markup | None = None
    comment: str = ""
    elsewhere: bool = False
    tone: str = "neutral"
    by: str = ""
    event: str = ""


def subjects(entries: Sequence[Entry]) -> set[str]:
    """Everybody whom the entries name."""
    found: set[str] = set()
    for entry in entries:
        found |= {entry.who, str(entry.body["actor"]["reference"])}
        if assignee := (entry.body.get("becomes") or entry.body.get("sla", {}).get("becomes") or {}).get("assignee"):
            found.add(assignee)
        roles = entry.body.get("roles") or {}
        found |= {subject for subject, _ in (*roles.get("give", ()), *roles.get("take", ()))}
    return found


def told_of(told: Telling, entry: Entry, befores: Mapping[str, Json]) -> Told:
    """`befores` are the values that fields had before this entry, by path, as far as one looked."""
    body, stored = entry.body, entry.stored
    recorded = parse_rfc3339(body["at"])
    moment = parse_rfc3339(body["occurred_at"]) if body.get("occurred_at") else recorded
    befores = {**befores, **was_of(entry)}
    changed = list(changed_by(entry, befores))
    actor = body["actor"]
    text = stored.values.get("/text")
    return Told(
        kind=entry.kind,
        who=told.person(entry.who),
        what=_what(told, entry),
        moment=min(moment, recorded),
        recorded=recorded if moment < recorded else None,
        proof=Proof(stored.entry_id, stored.case_seq, stored.entry_hash),
        changes=tuple(change_at(told, entry, befores, path) for path in changed[:MOST_CHANGES]),
        more=max(len(changed) - MOST_CHANGES, 0),
        reason=_reason(stored),
        quote=markdown(text) if isinstance(text, str) else None,
        comment=str(body.get("edits") or stored.entry_id) if entry.kind == "comment" else "",
        tone=_tone(entry),
        by=told.person(actor["reference"]) if actor.get("on_behalf_of") else "",
        event=str(body.get("event") or ""),
    )


def _reason(stored: StoredEntry) -> str | None:
    reason = stored.values.get("/reason")
    return None if reason is None else str(reason)


def _tone(entry: Entry) -> str:
    if entry.kind == "denied":
        return "soon"
    if entry.kind.startswith("sla"):
        return "late" if entry.body.get("sla", {}).get("breach") else "info"
    return "neutral"


def _what(told: Telling, entry: Entry) -> str:
    _, body = told.gettext, entry.body
    if entry.kind in OF_KIND:
        return OF_KIND[entry.kind](told, body)
    match entry.kind:
        case "comment":
            return _("changed a comment") if body.get("edits") else _("commented")
        case "attachment":
            name = entry.stored.values.get("/file_name")
            return _("attached %(file)s", file=str(name or _("a file whose name was erased")))
        case "corrected":
            return _("corrected the data")
        case "skipped":
            return _("passed it by")
    return in_words(entry.kind)


def _opened(told: Telling, body: Mapping[str, Any]) -> str:
    return told.gettext("opened it: %(state)s", state=told.states(body["target"]))


def _linked(told: Telling, body: Mapping[str, Any]) -> str:
    return told.gettext("linked a case: %(how)s", how=link_words(told, body["link"]["type"]))


def _moved(told: Telling, body: Mapping[str, Any]) -> str:
    event, before, after = told.event(body["event"]), told.states(body["source"]), told.states(body["target"])
    if body["source"] == body["target"]:
        return event
    return told.gettext("%(event)s: %(before)s → %(after)s", event=event, before=before, after=after)


def _assigned(told: Telling, body: Mapping[str, Any]) -> str:
    _, becomes = told.gettext, body["becomes"]
    if body.get("verb") == "claim":
        return _("took it")
    if body.get("verb") == "release":
        return _("gave it back to the queue")
    team = becomes.get("team")
    if team:
        return _(
            "assigned it to %(person)s, %(team)s", person=told.person(becomes.get("assignee")), team=told.role(team)
        )
    return _("assigned it to %(person)s", person=told.person(becomes.get("assignee")))


def _roles(told: Telling, body: Mapping[str, Any]) -> str:
    _, person, role, roles = told.gettext, told.person, told.role, body["roles"]
    given = [_("%(person)s is %(role)s now", person=person(who), role=role(what)) for who, what in roles["give"]]
    taken = [_("%(person)s is no longer %(role)s", person=person(who), role=role(what)) for who, what in roles["take"]]
    return "; ".join([*given, *taken])


def _denied(told: Telling, body: Mapping[str, Any]) -> str:
    """What was tried; the reasons are those of the moment, told by their kind."""
    _ = told.gettext
    event = body.get("event")
    tried = _("“%(event)s” was refused", event=told.event(event)) if event else _("An action was refused")
    reasons = {"role": _("role"), "rule": _("rule"), "guard": _("condition"), "state": _("state")}
    reasons |= {"four_eyes": _("four eyes"), "scope": _("credential")}
    codes = dict.fromkeys(str(one["code"]) for one in body.get("refused_by", ()))
    named = told.listed(reasons.get(code, code) for code in codes)
    return f"{tried} ({named})" if codes else tried


def link_words(told: Telling, kind: str) -> str:
    """How this case stands to the other."""
    _ = told.gettext
    return {
        "relates_to": _("relates to"),
        "duplicates": _("duplicates"),
        "duplicated_by": _("is duplicated by"),
        "blocks": _("blocks"),
        "blocked_by": _("is blocked by"),
        "parent": _("is the parent of"),
        "child": _("is a child of"),
    }.get(kind, kind)


OF_KIND: Final[Mapping[str, Callable[[Telling, Mapping[str, Any]], str]]] = {
    "opened": _opened,
    "transition": _moved,
    "assigned": _assigned,
    "linked": _linked,
    "roles": _roles,
    "denied": _denied,
    "sla": of_clock,
    "sla.corrected": of_clock,
}
"""What is told of an entry by its body alone."""
