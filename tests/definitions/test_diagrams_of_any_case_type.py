"""Whatever can be declared can be drawn: well-formed, complete, and with no two things on top of each other."""

import re
from itertools import combinations
from typing import Any
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.definition.case_type import CaseType, walk
from app.domain.diagram import mermaid, svg
from app.domain.diagram.chart import chart
from app.domain.diagram.layout import laid_out
from app.domain.diagram.shapes import Box, Divider, Text, Wire
from app.domain.diagram.words import size_of, words
from tests.lengths import length

SVG = "{http://www.w3.org/2000/svg}"
NAMES = ["end", "state", "note", "a", "b", "class", "to_a", "x_1"]
TEXTS = st.none() | st.text(max_size=60)


@st.composite
def state_trees(draw: st.DrawFn, depth: int = 3) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    return {name: draw(states(depth - 1)) for name in names}


@st.composite
def states(draw: st.DrawFn, depth: int) -> dict[str, Any]:
    title = {"title": draw(TEXTS)}
    if depth == 0 or draw(st.integers(0, 2)):
        return {**title, "final": draw(st.booleans())}
    children = draw(state_trees(depth))
    if draw(st.booleans()):
        return {**title, "states": children, "parallel": True}
    return {**title, "states": children, "initial": draw(st.sampled_from(sorted(children)))}


@st.composite
def case_types(draw: st.DrawFn) -> CaseType:
    tree = draw(state_trees())
    paths = [
        path for path, _ in walk(CaseType.model_validate({"case_type": "t", "initial": "a", "states": tree}).states)
    ]
    composite = {path.rpartition(".")[0] for path in paths} - {""}
    targets = [*paths, "=", *(f"{path}.$history" for path in sorted(composite))]
    path, target = st.sampled_from(paths), st.sampled_from(targets)
    source = st.just("*") | path | st.lists(path, min_size=1, max_size=3, unique=True)
    transition = st.fixed_dictionaries(
        {"from": source, "to": target},
        optional={"when": st.text(min_size=1, max_size=80), "unless_actor_of": st.just(["open"]), "title": TEXTS},
    )
    event = st.fixed_dictionaries(
        {"transitions": st.lists(transition, min_size=1, max_size=4)}, optional={"title": TEXTS}
    )
    events = draw(st.dictionaries(st.sampled_from([*NAMES, "to_end", "go"]), event, max_size=8))
    opening = {name: draw(path) for name in draw(st.sampled_from([["open"], ["save", "submit"]]))}
    return CaseType.model_validate({"case_type": "t", "opening": opening, "states": tree, "events": events})


@settings(max_examples=length(30, 60), deadline=None)
@given(case_types())
def test_every_state_and_every_event_is_in_the_picture(case_type: CaseType) -> None:
    picture = ElementTree.fromstring(svg(case_type))
    boxes = [box.get("data-state") for box in picture.iter(f"{SVG}g") if box.get("data-state")]
    assert sorted(path for path in boxes if path != "*") == sorted(path for path, _ in walk(case_type.states))
    told = re.split(r"[ ,.;]+", picture.findtext(f"{SVG}desc") or "")
    assert set(case_type.events) <= set(told)


@settings(max_examples=length(30, 60), deadline=None)
@given(case_types())
def test_mermaid_is_made_of_every_case_type(case_type: CaseType) -> None:
    text = mermaid(case_type)
    for path, _ in walk(case_type.states):
        assert f" as s_{path}\n" in text


@settings(max_examples=length(30, 60), deadline=None)
@given(case_types())
def test_nothing_overlaps(case_type: CaseType) -> None:
    charted = chart(case_type)
    worded = words(charted)
    block = laid_out(charted, worded)
    boxes = [shape for shape in block.shapes if isinstance(shape, Box)]
    texts = [_around(shape) for shape in block.shapes if isinstance(shape, Text)]
    solid = [_rectangle(box) for box in boxes if box.kind in ("leaf", "any", "dot")]
    for one, other in combinations([*solid, *texts], 2):
        assert not _overlap(one, other)
    for box in boxes:
        width, height = size_of(box.lines)
        assert width <= box.width
        assert height <= box.height


@settings(max_examples=length(30, 60), deadline=None)
@given(case_types())
def test_no_arrow_runs_through_a_box_or_a_word(case_type: CaseType) -> None:
    charted = chart(case_type)
    shapes = laid_out(charted, words(charted)).shapes
    solid = [_rectangle(shape) for shape in shapes if isinstance(shape, Box) and shape.kind in ("leaf", "any")]
    solid += [_around(shape) for shape in shapes if isinstance(shape, Text)]
    for wire in (shape for shape in shapes if isinstance(shape, Wire)):
        for (x1, y1), (x2, y2) in zip(wire.points, wire.points[1:], strict=False):
            piece = (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
            assert not [box for box in solid if _overlap(piece, box)]


@settings(max_examples=length(20, 40), deadline=None)
@given(case_types())
def test_everything_lies_within_the_picture_and_children_within_their_parents(case_type: CaseType) -> None:
    charted = chart(case_type)
    block = laid_out(charted, words(charted))
    boxes = {shape.path: _rectangle(shape) for shape in block.shapes if isinstance(shape, Box)}
    for path, inner in boxes.items():
        outer = boxes.get(path.rpartition(".")[0], (0.0, 0.0, block.width, block.height))
        assert outer[0] < inner[0] < inner[2] < outer[2]
        assert outer[1] <= inner[1] < inner[3] <= outer[3]
    for shape in block.shapes:
        if isinstance(shape, Text):
            left, top, right, bottom = _around(shape)
            assert left >= 0
            assert top >= 0
            assert right <= block.width
            assert bottom <= block.height
        assert not isinstance(shape, Divider) or 0 < shape.x < block.width


Rectangle = tuple[float, float, float, float]


def _rectangle(box: Box) -> Rectangle:
    return box.x, box.y, box.x + box.width, box.y + box.height


def _around(text: Text) -> Rectangle:
    width, height = size_of(text.lines)
    return text.x - width / 2, text.y, text.x + width / 2, text.y + height


def _overlap(one: Rectangle, other: Rectangle) -> bool:
    slack = 0.01
    across = one[0] < other[2] - slack and other[0] < one[2] - slack
    return across and one[1] < other[3] - slack and other[1] < one[3] - slack
