"""The columns of tables: of each entry the same, then one for each data field, then what is left.

They are those of the entries that are asked for, so the log is read twice. At most 500 fields have a column of their
own; what is left stands in one, as JSON.
"""

from collections.abc import Mapping
from typing import Final

from app.domain.values.json import Json, JsonObject
from app.services.log.exports import ExportedEntry, Extract

MOST_COLUMNS: Final = 500
OF_ENTRY: Final = (
    *("leaf_index", "entry_id", "at", "occurred_at", "kind", "case_id", "case_seq", "case_type"),
    *("definition_version", "event", "source", "target", "actor", "on_behalf_of", "roles", "rule", "entry_hash"),
)
OTHERS: Final = "other_values"


async def paths_of(extract: Extract) -> list[str]:
    """The fields of all entries that are asked for, in the order of their names."""
    found: set[str] = set()
    async for entry in extract.entries():
        if len(found) < MOST_COLUMNS:
            found.update(entry.entry["fields"])
    return sorted(found)[:MOST_COLUMNS]


def told_of(one: ExportedEntry) -> Mapping[str, Json]:
    """By the names of `OF_ENTRY`, and of others."""
    entry = one.entry
    actor, policy, definition = (_object(entry.get(name)) for name in ("actor", "policy", "definition"))
    return {
        **entry,
        "leaf_index": one.leaf_index,
        "entry_hash": one.entry_hash,
        "actor": actor.get("reference"),
        "on_behalf_of": actor.get("on_behalf_of"),
        "roles": " ".join(actor.get("roles", ())),
        "rule": policy.get("rule"),
        "definition_version": definition.get("version"),
    }


def _object(value: Json) -> JsonObject:
    """What a policy's own entries say of it is none."""
    return value if isinstance(value, dict) else {}
