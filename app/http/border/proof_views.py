"""What answers show of proofs, and of what a field was."""

from typing import Any, NotRequired, TypedDict

from app.http.border.views import EntryView


class InclusionView(TypedDict):
    """The audit path of RFC 9162 (2.1.3), from the entry up, under the `root` of `size` entries; in hex. `checkpoint`
    is the signed note that says that root."""

    size: int
    root: str
    path: list[str]
    checkpoint: str


class ProvenView(EntryView):
    """An entry and its place in the log. `leaf_index` is null for a moment after it was written, and `inclusion` until
    a checkpoint holds it."""

    leaf_index: int | None
    case_id: str | None
    inclusion: InclusionView | None


ConsistencyView = TypedDict(
    "ConsistencyView",
    {"from": int, "to": int, "from_root": str, "to_root": str, "path": list[str]},
)
ConsistencyView.__doc__ = "The consistency proof of RFC 9162 (2.1.4) between two sizes, with both roots; in hex."


class FieldActorView(TypedDict):
    """Who did it, and for whom."""

    reference: str
    on_behalf_of: str | None


class FieldChangeView(TypedDict):
    """A value that a field had, from this entry on. Without `value` it had none: it was taken away, or, where it is
    `withheld`, what it was has been erased since. `occurred_at` is when it happened elsewhere, where that was told."""

    value: NotRequired[Any]
    withheld: bool
    entry_id: str
    case_seq: int
    kind: str
    event: str | None
    actor: FieldActorView
    at: str
    occurred_at: str | None


class FieldChangesView(TypedDict):
    """What a field was, from the first value on. `next_after` is null on the last page; a page may be empty before."""

    items: list[FieldChangeView]
    next_after: str | None
