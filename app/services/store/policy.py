"""What services ask of a store about the lines of the policy, and of the engine that answers by them from memory."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from app.domain.policy.port import Policy
from app.services.store.policy_lines import LineQuery
from app.services.store.stored import PolicyChange, PolicyFile, PolicyLine, Visible
from app.services.store.transactions import EntryTransaction


class PolicyLines(Protocol):
    async def policy_lines(self, since: int | None = None) -> Sequence[PolicyLine]:
        """The lines in force; with `since`, every line added or removed after that version."""
        ...


class PolicyReads(PolicyLines, Protocol):
    async def policy_version(self) -> int: ...

    async def policy_page(self, query: LineQuery) -> Sequence[PolicyLine]: ...

    async def policy_lines_named(self, tenant: str, ids: Sequence[int]) -> Sequence[PolicyLine]:
        """Those of these lines that are in force and hold in the tenant."""
        ...

    async def policy_files(self) -> Sequence[PolicyFile]: ...


class PolicyTransaction(EntryTransaction, Protocol):
    async def lock_policy(self) -> int:
        """The policy version, which nobody else changes until this transaction ends."""
        ...

    async def note_policy_file(self, file: PolicyFile) -> None:
        """Remember the hash of a file whose lines are in force as they are."""

    async def change_policy(self, change: PolicyChange) -> int:
        """Apply a change under the policy lock and return the new policy version."""
        ...


class PolicyEngine(Policy, Protocol):
    """The policy in memory (app/policy), which follows the lines of the store."""

    version: int

    def load(self, lines: Sequence[PolicyLine], version: int) -> None:
        """A whole build, at start only."""
        ...

    def apply(self, changed: Sequence[PolicyLine], version: int) -> None:
        """Lines that were added or removed after `self.version`."""
        ...

    def visible(self, tenant: str, subject: str, roles: frozenset[str]) -> Visible:
        """The `case:read` lines as one predicate."""
        ...

    def changed(self, add: Sequence[PolicyLine], remove: Sequence[PolicyLine]) -> "PolicyEngine":
        """The policy as these lines would make it, for questions that are asked at once; the live one stays."""
        ...

    def holders(self, tenant: str, roles: frozenset[str]) -> Iterable[str]:
        """The users that `g` lines give one of these roles itself in a tenant; with `*` among them, any role."""
        ...

    def roles_about(self, tenant: str, case_type: str) -> frozenset[str]:
        """Every role that a line about a case type names, and those that include one."""
        ...

    def including(self, roles: frozenset[str]) -> frozenset[str]:
        """These roles and every role that includes one of them."""
        ...

    def holds(self, line: PolicyLine) -> bool:
        """Whether a line that says the same, with the same tenant, is in force."""
        ...

    def faults(self, line: PolicyLine) -> Sequence[tuple[str, str]]:
        """What is wrong with a line taken alone: the field of PolicyLine, and a sentence."""

    def auditable(self, tenant: str, subject: str, roles: frozenset[str]) -> Visible:
        """The `case:audit` lines as one predicate over cases."""
        ...

    def claimable(self, tenant: str, subject: str, roles: frozenset[str]) -> Visible:
        """The `case:claim` lines as one predicate."""
        ...
