"""Who administers which case types in a tenant, and whether a change would leave one without anybody."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from app.domain.case.attempt import ANYONE, Actor
from app.domain.deciding.situation import ADMIN, AUDIT
from app.domain.expressions.expression import View
from app.domain.policy.line_terms import permits, truth_of
from app.domain.policy.verdict import Verdict
from app.services.policy.tenant_admin import without
from app.services.store.policy import PolicyEngine

ALL = "*"
"""The scope of lines about all case types, and of the roles of users: it takes all case types together."""


@dataclass(frozen=True)
class Administrators:
    """The `case:admin` lines of a tenant at one moment. Conditions see the actor and no case."""

    engine: PolicyEngine
    tenant: str
    case_types: Collection[str]

    def verdict(self, actor: Actor, scope: str) -> Verdict:
        """Of an API key: also whether it was made for that."""
        verdict = self._verdict(actor.id, self.engine.closure(self.tenant, actor.id, actor.roles), scope)
        if actor.scope is None or actor.scope.covers(scope, ADMIN):
            return verdict
        return without(verdict, actor.scope.reason(scope, ADMIN))

    def scopes(self, actor: Actor) -> frozenset[str]:
        """The case types that an actor administers, and ALL."""
        return frozenset(scope for scope in (*self.case_types, ALL) if self.verdict(actor, scope).allowed)

    def audits(self, actor: Actor) -> bool:
        """Whether an actor reads all that is written down of the tenant, and so the lines that are in force."""
        if actor.scope is not None and not actor.scope.covers(ALL, AUDIT):
            return False
        roles = self.engine.closure(self.tenant, actor.id, actor.roles)
        return self.engine.decide(self.tenant, roles, ALL, AUDIT, lambda: _seen(actor.id, roles)).allowed

    def lost(self, after: PolicyEngine, caller: str) -> Iterator[tuple[str, str]]:
        """The scopes that a change would leave to nobody, each with what nobody has then: users, or roles.

        Users are counted by their `g` lines only, for nobody knows which tokens will come. Where no user has the
        right by such lines, some role must go on to give it.
        """
        then = Administrators(after, self.tenant, self.case_types)
        for scope in (*self.case_types, ALL):
            if self.some_user(scope) and not then.some_user(scope):
                yield scope, "user"
            elif self.some_role(scope, caller) and not then.some_role(scope, caller):
                yield scope, "role"

    def some_user(self, scope: str) -> bool:
        """Whether `g` lines alone make somebody an administrator; true where the policy lets anyone be one."""
        able = self._able(scope)
        if ANYONE in able and self._may("user:anyone", frozenset({ANYONE}), scope):
            return True
        return any(
            self._may(user, self.engine.closure(self.tenant, user, None), scope)
            for user in self.engine.holders(self.tenant, able)
        )

    def some_role(self, scope: str, caller: str) -> bool:
        """Whether some role alone makes whoever holds it an administrator."""
        return any(
            self._may(caller, self.engine.closure(self.tenant, caller, frozenset({role}), own=False), scope)
            for role in self._able(scope)
        )

    def _able(self, scope: str) -> frozenset[str]:
        return frozenset(self.engine.who_could(self.tenant, scope, ADMIN))

    def _may(self, subject: str, roles: frozenset[str], scope: str) -> bool:
        """As `verdict`, without the hash and the reasons of a decision, which cost more than the question."""
        view = _seen(subject, roles)
        return all(
            permits(self.engine.line_terms(self.tenant, one, ADMIN), roles, lambda when: truth_of(when, view))
            for one in self._asked(scope)
        )

    def _verdict(self, subject: str, roles: frozenset[str], scope: str) -> Verdict:
        view = _seen(subject, roles)
        verdicts = (self.engine.decide(self.tenant, roles, one, ADMIN, lambda: view) for one in self._asked(scope))
        first = next(verdicts)
        return next((verdict for verdict in (first, *verdicts) if not verdict.allowed), first)

    def _asked(self, scope: str) -> Sequence[str]:
        return (ALL, *self.case_types) if scope == ALL else (scope,)


def _seen(subject: str, roles: frozenset[str]) -> View:
    actor = {"id": subject, "roles": sorted(roles), "on_behalf_of": None}
    return View({"actor": actor, "case": {}, "data": {}, "payload": {}})
