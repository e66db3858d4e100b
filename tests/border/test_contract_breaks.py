"""Each kind of change that breaks callers is found and named, and what does not break them passes."""

import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.breaking import WIDER, breaks
from tests.contract import committed

Document = dict[str, Any]
CASE, EVENTS = "/api/v1/cases/{case_id}", "/api/v1/cases/{case_id}/events"
OPEN, FIND = ("/api/v1/cases", "post"), ("/api/v1/cases", "get")


def operation(document: Document, path: str, method: str) -> Document:
    found: Document = document["paths"][path][method]
    return found


def schema(document: Document, name: str) -> Document:
    found: Document = document["components"]["schemas"][name]
    return found


def property_of(document: Document, name: str, key: str) -> Document:
    found: Document = schema(document, name)["properties"][key]
    return found


def parameter(document: Document, name: str, of: tuple[str, str] = FIND) -> Document:
    found: list[Document] = [one for one in operation(document, *of)["parameters"] if one["name"] == name]
    return found[0]


def needed(name: str, **of: Any) -> Document:
    return {"name": name, "in": "query", "required": True, "schema": {"type": "string"}, **of}


def answered_so(document: Document, **of: Any) -> None:
    """Let a list of cases be answered in another way too."""
    content = operation(document, *FIND)["responses"]["200"]["content"]["application/json"]
    other = {"type": "object", "properties": {"mood": {"type": "string"}}, **of}
    content["schema"] = {"oneOf": [content["schema"], other]}


def answered_if_asked(document: Document) -> None:
    answered_so(document, required=["mood"])
    operation(document, *FIND)["parameters"].append(needed("mood", required=False))


BREAKS: dict[str, tuple[Callable[[Document], Any], str]] = {
    "a path": (lambda new: new["paths"].pop(CASE), "GET .*case_id}: is gone"),
    "a method": (lambda new: new["paths"][EVENTS].pop("post"), "POST .*/events: is gone"),
    "a status": (lambda new: operation(new, *OPEN)["responses"].pop("409"), "not answered with 409 any more"),
    "another success": (
        lambda new: operation(new, *OPEN)["responses"].update({"202": {"description": "later"}}),
        "may be answered with 202 now",
    ),
    "a header of an answer": (
        lambda new: operation(new, *OPEN)["responses"]["201"]["headers"].pop("ETag"),
        "answer 201: header ETag is gone",
    ),
    "a media type of an answer": (
        lambda new: operation(new, *OPEN)["responses"]["201"]["content"].pop("application/json"),
        "is not application/json any more",
    ),
    "a media type of a body": (
        lambda new: operation(new, *OPEN)["requestBody"].update(content={}),
        "a body of application/json is not taken any more",
    ),
    "a body that has to come": (
        lambda new: operation(new, CASE + "/claim", "post").update(requestBody={"required": True, "content": {}}),
        "a body is required now",
    ),
    "a way to sign in": (lambda new: operation(new, *FIND).update(security=[{"mtls": []}]), "bearer is no way in"),
    "calling without a credential": (
        lambda new: operation(new, "/healthz", "get").update(security=[{"bearer": []}]),
        "calling without a credential is no way in",
    ),
    "a parameter": (
        lambda new: operation(new, *FIND)["parameters"].remove(parameter(new, "team")),
        "parameter team is gone",
    ),
    "a parameter that has to come": (
        lambda new: operation(new, *FIND)["parameters"].append(needed("why")),
        "parameter why is required now",
    ),
    "a parameter that had not to come": (
        lambda new: parameter(new, "sort").update(required=True),
        "parameter sort is required now",
    ),
    "a smaller bound": (lambda new: parameter(new, "limit")["schema"].update(maximum=100), "maximum 200.* not fit 100"),
    "a pattern": (
        lambda new: property_of(new, "OpenCase", "case_type").update(pattern="^x$"),
        r"body.case_type: pattern .* not fit \^x\$",
    ),
    "a value that could be sent": (
        lambda new: parameter(new, "sort")["schema"]["enum"].remove("urgency"),
        "sort: urgency is not taken any more",
    ),
    "a field that has to be sent": (
        lambda new: schema(new, "OpenCase")["required"].append("reason"),
        "body.reason: is required now",
    ),
    "a field that could be sent": (
        lambda new: schema(new, "OpenCase")["properties"].pop("reference"),
        "body.reference: is not taken any more",
    ),
    "a narrower type to send": (
        lambda new: property_of(new, "SkipCase", "reason").update(type="integer"),
        r"body.skip\[\].reason: has to be integer",
    ),
    "null to send": (
        lambda new: property_of(new, "OpenCase", "reference").update(
            anyOf=[one for one in property_of(new, "OpenCase", "reference")["anyOf"] if one != {"type": "null"}]
        ),
        "body.reference: has to be string, and was null",
    ),
    "another way to answer": (lambda new: answered_so(new, required=["mood"]), "answer 200.count: is gone"),
    "a field of an answer": (
        lambda new: schema(new, "CaseView")["properties"].pop("team"),
        "answer 200.team: is gone",
    ),
    "a field that was always answered": (
        lambda new: schema(new, "CaseView")["required"].remove("team"),
        "answer 200.team: may be left out now",
    ),
    "a wider type of an answer": (
        lambda new: property_of(new, "CaseView", "version").update(type=["integer", "string"]),
        "version: is integer or string, and was integer",
    ),
    "null in an answer": (
        lambda new: property_of(new, "CaseView", "state").update(type=["string", "null"]),
        "state: is null or string, and was string",
    ),
    "the format of an answer": (
        lambda new: property_of(new, "CaseView", "opened_at").pop("format"),
        "opened_at: format None does not fit date-time",
    ),
    "a value that was answered": (
        lambda new: property_of(new, "ReasonView", "code")["enum"].remove("guard"),
        "code: guard is never answered any more",
    ),
    "a value that was never answered": (
        lambda new: property_of(new, "ReasonView", "code")["enum"].append("mood"),
        "code: mood was never answered",
    ),
}

KEEPS: dict[str, Callable[[Document], Any]] = {
    "a path more": lambda new: new["paths"].update({"/api/v2/cases": new["paths"]["/api/v1/cases"]}),
    "a parameter more": lambda new: operation(new, *FIND)["parameters"].append(needed("q", required=False)),
    "a field more to send": lambda new: schema(new, "OpenCase")["properties"].update(mood={"type": "string"}),
    "a field less that has to be sent": lambda new: schema(new, "OpenCase")["required"].remove("data"),
    "a larger bound": lambda new: parameter(new, "limit")["schema"].update(maximum=500),
    "a value more to send": lambda new: parameter(new, "sort")["schema"]["enum"].append("mood"),
    "a field more in an answer": lambda new: schema(new, "CaseView")["properties"].update(mood={"type": "string"}),
    "a field that is always answered": lambda new: schema(new, "AppliedView")["required"].append("case"),
    "null no more in an answer": lambda new: property_of(new, "CaseView", "team").update(
        {"oneOf": [{"type": "string"}]}
    ),
    "another way to answer those who send a parameter more": answered_if_asked,
    "an error more": lambda new: operation(new, *OPEN)["responses"].update({"451": {"description": "no"}}),
    "a way more to sign in": lambda new: operation(new, *FIND)["security"].append({"mtls": []}),
    "other words": lambda new: operation(new, *FIND).update(summary="Look for cases"),
}


@pytest.mark.parametrize("kind", BREAKS)
def test_what_breaks_callers_is_named(kind: str) -> None:
    change, told = BREAKS[kind]
    new = deepcopy(committed())
    change(new)
    found = breaks(committed(), new)
    assert [one for one in found if re.search(told, one)], found


@pytest.mark.parametrize("kind", KEEPS)
def test_what_breaks_nobody_passes(kind: str) -> None:
    new = deepcopy(committed())
    KEEPS[kind](new)
    assert new != committed()
    assert breaks(committed(), new) == []


@pytest.mark.parametrize("narrow", WIDER)
def test_a_wider_pattern_takes_all_that_the_narrow_one_takes(narrow: str) -> None:
    @settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.from_regex(narrow, fullmatch=True))
    def takes(text: str) -> None:
        assert re.fullmatch(WIDER[narrow], text)

    takes()
