"""What the sequencer left behind, read without our code."""

import json
from collections import defaultdict
from typing import Any

from tests.databases import Database
from tests.house import rows

_LEAVES = """SELECT l.tenant, l.leaf_index, l.entry_id, e.case_id, e.case_seq, e.entry FROM audit_leaf l
    JOIN audit_entry e ON e.tenant = l.tenant AND e.entry_id = l.entry_id ORDER BY l.tenant, l.leaf_index"""


async def leaves(database: Database) -> list[dict[str, Any]]:
    return await rows(database, _LEAVES)


async def waiting(database: Database) -> int:
    return len(await rows(database, "SELECT entry_id FROM audit_pending"))


async def check_the_order(database: Database) -> int:
    """No gap in any tenant, every entry once, every case in the order of its chain; how many leaves there are."""
    placed = await leaves(database)
    by_tenant: defaultdict[str, list[int]] = defaultdict(list)
    by_case: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for leaf in placed:
        by_tenant[leaf["tenant"]].append(leaf["leaf_index"])
        if leaf["case_seq"] is not None:
            by_case[leaf["tenant"], leaf["case_id"]].append(leaf["case_seq"])
    assert all(indexes == list(range(len(indexes))) for indexes in by_tenant.values())
    assert all(seqs == list(range(1, len(seqs) + 1)) for seqs in by_case.values())
    assert len({leaf["entry_id"] for leaf in placed}) == len(placed)
    return len(placed)


def kind(leaf: dict[str, Any]) -> str:
    return str(json.loads(leaf["entry"])["kind"])
