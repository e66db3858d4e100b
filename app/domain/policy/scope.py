"""What a credential is good for: a scope narrows what the policy allows, and never widens it."""

from dataclasses import dataclass

from app.domain.values.errors import Reason


@dataclass(frozen=True, slots=True)
class Scope:
    """The acts (events and built-in ones) and the case types that a credential is for; None means all.

    `*` as a case type asks about the whole tenant, for which only a scope over all case types is good.
    """

    acts: frozenset[str] | None = None
    case_types: frozenset[str] | None = None

    def covers(self, case_type: str, act: str) -> bool:
        return (self.acts is None or act in self.acts) and (self.case_types is None or case_type in self.case_types)

    def reason(self, case_type: str, act: str, title: str | None = None) -> Reason:
        """Why an act outside the scope is refused; `title` is its title, for people."""
        on = "the whole tenant" if case_type == "*" else case_type
        return Reason(
            "scope",
            f"the API key is not for {title or act} on {on}",
            f"it takes an API key whose scope holds {act} on {on}, or somebody who signs in",
        )
