"""What answers show of proofs."""

from typing import TypedDict

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
