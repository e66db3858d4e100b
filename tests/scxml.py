"""Write a case type as SCXML, so that another implementation of its semantics can run it."""

from collections.abc import Iterator
from xml.sax.saxutils import quoteattr

from app.domain.definition.case_type import CaseType, State

NAMESPACE = "http://www.w3.org/2005/07/scxml"


def as_scxml(case_type: CaseType, opening: str) -> str:
    """The states, transitions, completions and histories; ids are paths with `-` for `.`."""
    body = "".join(_state(name, state, case_type) for name, state in case_type.states.items())
    initial = quoteattr(_id(case_type.opening[opening]))
    return f'<scxml xmlns="{NAMESPACE}" version="1.0" initial={initial}>{body}</scxml>'


def path_of(identifier: str) -> str:
    return identifier.replace("-", ".")


def _state(path: str, state: State, case_type: CaseType) -> str:
    if state.final:
        return f"<final id={quoteattr(_id(path))}/>"
    tag = "parallel" if state.parallel else "state"
    initial = f" initial={quoteattr(_id(f'{path}.{state.initial}'))}" if state.initial else ""
    children = "".join(_state(f"{path}.{name}", child, case_type) for name, child in state.states.items())
    inner = f"{_transitions(path, state, case_type)}{_histories(path, state)}{children}"
    return f"<{tag} id={quoteattr(_id(path))}{initial}>{inner}</{tag}>"


def _transitions(path: str, state: State, case_type: CaseType) -> str:
    rows = [
        _transition(
            name, transition.to, transition.when, internal=transition.internal and transition.to.startswith(f"{path}.")
        )
        for name, event in case_type.events.items()
        for transition in event.transitions
        if path in _sources(transition.sources, case_type)
    ]
    if state.on_done:
        rows.append(_transition(f"done.state.{_id(path)}", state.on_done, None))
    return "".join(rows)


def _sources(sources: list[str], case_type: CaseType) -> Iterator[str]:
    for source in sources:
        if source == "*":
            yield from (name for name, state in case_type.states.items() if not state.final)
        else:
            yield source


def _transition(event: str, to: str, when: str | None, *, internal: bool = False) -> str:
    """python-statemachine refuses an internal one whose target lies elsewhere, which SCXML takes as any other."""
    condition = f" cond={quoteattr(when.capitalize())}" if when else ""
    target = "" if to == "=" else f" target={quoteattr(_id(to))}"
    kind = ' type="internal"' if internal else ""
    return f"<transition event={quoteattr(event)}{condition}{target}{kind}/>"


def _histories(path: str, state: State) -> str:
    if not state.states:
        return ""
    default = [f"{path}.{name}" for name in state.states] if state.parallel else [f"{path}.{state.initial}"]
    target = quoteattr(" ".join(map(_id, default)))
    return "".join(
        f'<history id={quoteattr(_id(f"{path}.${word}"))} type="{kind}"><transition target={target}/></history>'
        for word, kind in (("history", "shallow"), ("deep_history", "deep"))
    )


def _id(path: str) -> str:
    return path.replace(".$", "-H").replace(".", "-")
