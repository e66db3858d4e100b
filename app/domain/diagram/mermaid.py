"""Write a case type as a Mermaid state diagram, through the graph that `transitions` makes."""

import json
import re
from typing import Any

from transitions.extensions.diagrams import HierarchicalGraphMachine
from transitions.extensions.diagrams_mermaid import NestedGraph
from transitions.extensions.nesting import NestedState

from app.domain.definition.case_type import State
from app.domain.diagram.chart import ANY, START, Arrow, Chart, Row, event_text, shown
from app.domain.diagram.text import one_line, shortened

GUARD_LENGTH = 40


class DiagramState(NestedState):
    """A state with a label; the separator is its own, so that no other machine of this process is touched."""

    separator = "."

    def __init__(self, *args: Any, label: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label = label


class DiagramMachine(HierarchicalGraphMachine):
    state_cls = DiagramState
    machine_attributes = {"rankdir": "TB"}
    style_attributes = {"node": {"default": {"fillcolor": "white", "color": "black"}}}


def mermaid_of(chart: Chart) -> str:
    """Mermaid text (stateDiagram-v2). Ids are state paths after `s_`, so that none is a keyword."""
    machine = DiagramMachine(
        model=None,
        states=[*_any(chart), *(_state(name, state, "s_") for name, state in chart.case_type.states.items())],
        transitions=[_transition(chart, arrow) for arrow in chart.arrows if not _is_start(arrow.source)],
        initial=None,
        graph_engine="mermaid",
        auto_transitions=False,
    )
    title = json.dumps(one_line(shown(chart.case_type.case_type, chart.case_type.title)), ensure_ascii=False)
    text = NestedGraph(machine).get_graph(title=f"title: {title}").source
    extra = [*_openings(chart), *_notes(chart)]
    return "\n".join(line.rstrip() for line in [text, *("  " + line for line in extra)]) + "\n"


def _state(name: str, state: State, prefix: str = "") -> dict[str, Any]:
    children = [_state(child, inner) for child, inner in state.states.items()]
    declared: dict[str, Any] = {"name": prefix + name, "label": _safe(shown(name, state.title)), "final": state.final}
    if children:
        initial = [child["name"] for child in children] if state.parallel else state.initial
        declared |= {"children": children, "initial": initial}
    return declared


def _any(chart: Chart) -> list[dict[str, Any]]:
    wanted = chart.has_any or ANY in chart.stays
    return [{"name": "any", "label": "Any state"}] if wanted else []


def _transition(chart: Chart, arrow: Arrow) -> dict[str, Any]:
    label = " | ".join(_label(chart, row) for row in arrow.rows)
    return {"trigger": "event", "source": _id(arrow.source), "dest": _id(arrow.target), "label": label}


def _label(chart: Chart, row: Row) -> str:
    text = _safe(event_text(chart.case_type, row))
    return f"{text} [{_safe(shortened(row.guard, GUARD_LENGTH))}]" if row.guard else text


def _openings(chart: Chart) -> list[str]:
    lines = []
    for arrow in chart.arrows:
        if arrow.source == START:
            label = " | ".join(_label(chart, row) for row in arrow.rows)
            lines.append(f"[*] --> {_id(arrow.target)}" + (f": {label}" if label else ""))
    return lines


def _notes(chart: Chart) -> list[str]:
    """Events that stay where they are: one note per state instead of loops."""
    lines = []
    for source, rows in chart.stays.items():
        names = ", ".join(dict.fromkeys(_safe(event_text(chart.case_type, row)) for row in rows))
        lines += [f"note right of {_id(source)}", f"  stays: {names}", "end note"]
    return lines


def _id(path: str) -> str:
    return "any" if path == ANY else f"s_{path}"


def _is_start(path: str) -> bool:
    return path.rpartition(".")[2] == START


def _safe(text: str) -> str:
    """Letters, digits and harmless marks as they are, all else as Mermaid's entity codes."""
    return re.sub(r"[^\w .,()&+*/!?'=-]|--|(?i:end(?= note))", lambda found: _coded(found[0]), one_line(text))


def _coded(text: str) -> str:
    return "".join(f"#{ord(character)};" for character in text)
