"""Break a request that was valid, in one of the ways in which people and programs break them."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.attack.requests import Request

NASTY: tuple[Any, ...] = (
    *(None, True, -1, 0, 2**31, 2**53 + 1, 2**63, 2**64, 10**400, 0.5, float("nan"), float("inf"), -float("inf")),
    *(
        "",
        " ",
        "\0",
        "a\0b",
        "\ud800",
        "\udfff\ud800",
        "\u202eabc",
        "é" * 300,
        "x" * 70_000,
        "' OR 1=1 --",
        "../../etc",
    ),
    *("${jndi:ldap://127.0.0.1/a}", "{{7*7}}", "%s%n", "2026-13-45", "role:admin", "*", "\r\nX-Injected: 1"),
    *([], {}, [[]], {"": ""}, {"__proto__": {}}, [None] * 1000, {"data": {"data": {}}}),
)
BAD_BYTES = (
    b"\xff\xfe",
    b"\x00",
    b"\xc3\x28",
    b"\xed\xa0\x80",
    b"{",
    b"}",
    b'"',
    b"\\u0000",
    b"\\ud800",
    b"1e999",
    b"NaN",
)
HEADERS = ("Content-Type", "Idempotency-Key", "If-Match", "Authorization", "Accept", "Last-Event-ID", "X-Request-Id")
TYPES = (
    b"text/plain",
    b"application/xml",
    b"application/json; charset=utf-16",
    b"multipart/form-data",
    b"",
    b"application/json",
)
QUERY = (
    "limit",
    "cursor",
    "sort",
    "state",
    "after",
    "count",
    "q",
    "explain",
    "case_type",
    "overdue",
    "wait",
    "unknown",
)

Mutation = Callable[[random.Random, Request], Request]


def mutated(chance: random.Random, request: Request) -> Request:
    """The request with one to three faults, and the length that its body has then."""
    for _ in range(chance.randint(1, 3)):
        request = chance.choice(MUTATIONS)(chance, request)
    return replace(request, headers={**request.headers, "Content-Length": str(len(request.body)).encode()})


def _value(chance: random.Random, request: Request) -> Request:
    """Another value somewhere in the document."""
    document = _document(request)
    if document is None:
        return request
    holder, key = _place(chance, document)
    holder[key] = chance.choice(NASTY)
    return _with(request, document)


def _more(chance: random.Random, request: Request) -> Request:
    document = _document(request)
    if not isinstance(document, dict):
        return request
    document[chance.choice(["unknown", "", "tenant", "id", "actor", "\ud800", "a" * 300])] = chance.choice(NASTY)
    return _with(request, document)


def _less(chance: random.Random, request: Request) -> Request:
    document = _document(request)
    if not isinstance(document, dict) or not document:
        return request
    del document[chance.choice(sorted(document))]
    return _with(request, document)


def _twice(chance: random.Random, request: Request) -> Request:
    """A key that stands in the document twice."""
    document = _document(request)
    if not isinstance(document, dict) or not document:
        return request
    key = chance.choice(sorted(document))
    again = json.dumps({key: chance.choice(NASTY)})
    return replace(request, body=request.body.rstrip()[:-1] + b"," + again[1:].encode())


def _deep(chance: random.Random, request: Request) -> Request:
    depth, (left, right) = chance.choice([50, 1_000, 10_000]), chance.choice([("[", "]"), ('{"a":', "}")])
    deep = left * depth + "1" + right * depth
    return replace(request, body=deep.encode() if chance.random() < 0.5 else b'{"data":' + deep.encode() + b"}")


def _bytes(chance: random.Random, request: Request) -> Request:
    place = chance.randint(0, len(request.body))
    return replace(request, body=request.body[:place] + chance.choice(BAD_BYTES) + request.body[place:])


def _cut(chance: random.Random, request: Request) -> Request:
    return replace(request, body=request.body[: chance.randint(0, len(request.body))])


def _header(chance: random.Random, request: Request) -> Request:
    name = chance.choice(HEADERS)
    junk = bytes(chance.choices([byte for byte in range(32, 256) if byte != 127], k=chance.choice([1, 20, 300])))
    value = chance.choice(TYPES) if name == "Content-Type" else chance.choice([b"", junk, b'"9"', b"*", b"a" * 5000])
    return replace(request, headers={**request.headers, name: value})


def _path(chance: random.Random, request: Request) -> Request:
    """Another segment in the path."""
    path, _, query = request.target.partition("?")
    parts = path.split("/")
    nasty = [
        "%00",
        "%ff",
        "..",
        "%2e%2e",
        "*",
        "0",
        "a" * 3000,
        "%F0%9F%92%A9",
        "",
        "00000000-0000-0000-0000-000000000000",
    ]
    parts[chance.randrange(1, len(parts))] = chance.choice(nasty)
    return replace(request, target="/".join(parts) + (f"?{query}" if query else ""))


def _query(chance: random.Random, request: Request) -> Request:
    nasty = [
        "",
        "%00",
        "-1",
        "1e9",
        "999999999999999999999",
        "%ff",
        "a" * 2000,
        "null",
        "%27",
        "opened_at",
        "*",
        "%F0%9F%92%A9",
    ]
    pairs = [f"{chance.choice(QUERY)}={chance.choice(nasty)}" for _ in range(chance.randint(1, 3))]
    return replace(request, target=f"{request.target}{'&' if '?' in request.target else '?'}{'&'.join(pairs)}")


def _method(chance: random.Random, request: Request) -> Request:
    return replace(request, method=chance.choice(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"]))


MUTATIONS: tuple[Mutation, ...] = (
    *(_value,) * 5,
    *(_more, _less, _twice, _deep, _bytes, _cut, _header, _path, _query, _method),
)


def _document(request: Request) -> Any:
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        return None


def _place(chance: random.Random, document: Any) -> tuple[Any, Any]:
    """A container somewhere in it, and a key of it."""
    places: list[tuple[Any, Any]] = []
    rest = [document]
    while rest and len(places) < 1_000:
        one = rest.pop()
        keys = one.keys() if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
        places += [(one, key) for key in keys]
        rest += [one[key] for key in keys]
    return chance.choice(places) if places else ([None], 0)


def _with(request: Request, document: Any) -> Request:
    """Lone surrogates stand in JSON as escapes; integers of 400 digits as they are."""
    return replace(request, body=json.dumps(document).encode())
