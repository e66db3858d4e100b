"""The policies of the past: by which lines something was decided, found from all lines that there ever were.

No line is ever deleted, each says from which version of the policy it held and until which; so the policy goes through
its versions once more, and the text behind a hash is the one that has it. The lines that stand in no file are those of
this release: what another decided by others of them is not found.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Final, Protocol

from app.domain.values.json import Json
from app.services.policy.verification import ALL_THERE_EVER_WAS
from app.services.store.policy import PolicyLines
from app.services.store.stored import PolicyLine

ACT: Final = 4
"""Which field of a line of kind p."""


class PolicyInMemory(Protocol):
    """A policy that holds no line yet."""

    def apply(self, changed: Sequence[PolicyLine], version: int) -> None: ...

    def policy_hash(self, tenant: str, case_type: str) -> str: ...

    def policy_text(self, tenant: str, case_type: str) -> str: ...


async def policies_behind(
    store: PolicyLines, policy: PolicyInMemory, tenant: str, wanted: Mapping[str, Set[str]]
) -> Mapping[str, Json]:
    """By hash those wanted by case type that can be had: `{"blocks": {ACT: LINES}, "includes": LINES}`."""
    changes: defaultdict[int, list[PolicyLine]] = defaultdict(list)
    for line in await store.policy_lines(ALL_THERE_EVER_WAS):
        for version in {line.added, line.removed} - {None}:
            changes[int(version or 0)].append(line)
    found: dict[str, Json] = {}
    for version in sorted({0, *changes}):
        policy.apply(changes[version], version)
        for case_type, hashes in wanted.items():
            digest = policy.policy_hash(tenant, case_type)
            if digest in hashes and digest not in found:
                found[digest] = taken_apart(policy.policy_text(tenant, case_type))
    return found


def taken_apart(text: str) -> Json:
    """The text of a policy by acts; its lines stay as they are written."""
    blocks: defaultdict[str, list[str]] = defaultdict(list)
    includes: list[str] = []
    for line in _records(text):
        fields = next(csv.reader([line], skipinitialspace=True))
        (blocks[fields[ACT]] if fields[0] == "p" else includes).append(line)
    return {"blocks": blocks, "includes": includes}


def _records(text: str) -> Iterator[str]:
    """A condition may have lines; where it has, it stands in quotes."""
    record = ""
    for line in text.split("\n")[:-1]:
        record = f"{record}\n{line}" if record else line
        if record.count('"') % 2 == 0:
            yield record
            record = ""
