"""Give people roles on one case, or take them away."""

from dataclasses import dataclass
from typing import ClassVar

from app.domain.case.case import Case
from app.domain.case.made_by_verbs import CaseRole, Work
from app.domain.deciding.situation import OnCase
from app.domain.deciding.verb import Done, Verb
from app.domain.values.errors import invalid
from app.domain.values.json import JsonObject
from app.domain.values.names import CASE_ROLE, SUBJECT
from app.domain.values.near_names import nearest

OF_THE_CASE = ("[creator]", "[assignee]")
MOST = 100
Holding = tuple[str, str]  # subject, role


@dataclass(frozen=True, slots=True)
class ChangeRoles(Verb):
    """They bind the next attempt on the case."""

    give: tuple[Holding, ...] = ()
    take: tuple[Holding, ...] = ()
    act: ClassVar[str] = "case:roles"
    doing: ClassVar[str] = "give roles on this case"
    name: ClassVar[str] = "roles"

    @classmethod
    def takes(cls, here: OnCase) -> bool:
        return bool(givable(here) | held(here))

    def done(self, here: OnCase) -> Done:
        self._check()
        self._check_known(here)
        changed = {"give": sorted(map(list, self.give)), "take": sorted(map(list, self.take))}
        return Done(kind="roles", case=here.case, body={"roles": changed})

    def work(self, here: OnCase, case: Case) -> Work:
        had = {(subject, role) for subject, roles in here.around.roles.items() for role in roles}
        now = (had | set(self.give)) - set(self.take)
        shown = {"roles": [{"subject": subject, "role": role} for subject, role in sorted(now)]}
        return Work(given=_rows(case, now - had), taken=_rows(case, had - now), shown=shown)

    def own_part(self, shown: JsonObject) -> JsonObject:
        """It is answered with all roles on the case."""
        given = [one for one in shown["roles"] if (one["subject"], one["role"]) in self.give]
        return {**shown, "roles": given}

    def _check_known(self, here: OnCase) -> None:
        """A role that no line names gives nothing, and one that nobody has takes nothing away: a slip of the pen."""
        known = givable(here)
        for name, holdings, may_be in (("give", self.give, known), ("take", self.take, known | held(here))):
            for place, (_, role) in enumerate(holdings):
                if role not in may_be:
                    raise invalid(f"{name}.{place}.role", _unknown(role, may_be, here.case.case_type))

    def _check(self) -> None:
        if not self.give and not self.take:
            raise invalid("give", "name a role to give or to take")
        if set(self.give) & set(self.take):
            raise invalid("take", "holds a role that is given too")
        for name, holdings in (("give", self.give), ("take", self.take)):
            if len(holdings) > MOST:
                raise invalid(name, f"must be at most {MOST}")
            for place, (subject, role) in enumerate(holdings):
                if not SUBJECT.fullmatch(subject):
                    raise invalid(f"{name}.{place}.subject", "must be `user:NAME`")
                if not CASE_ROLE.fullmatch(role) or role in OF_THE_CASE:
                    raise invalid(f"{name}.{place}.role", "must be a role in brackets, neither creator nor assignee")


def givable(here: OnCase) -> set[str]:
    """The roles on a case of this type that some line of the policy, or a condition, names."""
    named = here.policy.case_roles(here.attempt.tenant, here.case.case_type) | here.machine.case_roles
    return {role for role in named if CASE_ROLE.fullmatch(role)} - {*OF_THE_CASE}


def held(here: OnCase) -> set[str]:
    """The roles that somebody was given on the case."""
    return {role for roles in here.around.roles.values() for role in roles}


def _unknown(role: str, known: set[str], case_type: str) -> str:
    message = f"no line of the policy names {role} for {case_type}"
    if (meant := nearest(role, known)) is not None:
        return f"{message}; did you mean {meant}?"
    return f"{message}; there are {', '.join(sorted(known))}" if known else f"{message}, nor any other role on a case"


def _rows(case: Case, holdings: set[Holding]) -> tuple[CaseRole, ...]:
    return tuple(
        CaseRole(tenant=case.tenant, case_id=case.id, subject=subject, role=role) for subject, role in sorted(holdings)
    )
