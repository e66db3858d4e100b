"""What of an OpenAPI document a later one breaks for callers who were written against it.

No maintained tool of this kind installs with pip for OpenAPI 3.1, so this is our own and small: what a caller may send
has to be taken still, and what it is answered with has to be what it was told. One rule serves both directions: whoever
gives may only give what the taker takes.
"""

from collections.abc import Iterator
from itertools import product
from typing import Any

METHODS = ("get", "post", "put", "patch", "delete")
AT_LEAST = ("minimum", "minLength", "minItems")
AT_MOST = ("maximum", "maxLength", "maxItems")
EXACTLY = ("pattern", "format")
WIDER = {
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$": r"^([0-9]{4}-)?[0-9]{2}-[0-9]{2}$",
    r"^(\d+d)?(\d+h)?(\d+m)?(\d+s)?$": r"^(\d+d)?(\d+b?h)?(\d+m)?(\d+s)?$",
    r"^(\d{1,4}%|[+-](\d+d)?(\d+h)?(\d+m)?(\d+s)?)$": (
        r"^(\d{1,4}%|[+-]\d{1,4}bd|[+-](\d+d)?(\d+b?h)?(\d+m)?(\d+s)?)$"
    ),
    "^[a-z][a-z0-9_]{0,63}$": "^[a-z][a-z0-9_]{0,99}$",
    "^(case:[a-z]{1,32}|[a-z][a-z0-9_]{0,63})$": "^(case:[a-z]{1,32}|[a-z][a-z0-9_]{0,99})$",
    r"^\d{2}:\d{2}$": r"^(\d{2}:\d{2}|start)$",
}
"""Patterns, each with one that takes all that it takes: nobody can tell by looking at them."""
Schema = dict[str, Any]


def breaks(old: Schema, new: Schema) -> list[str]:
    """A sentence per break, each with its place; [] where every caller of `old` is served by `new` as before."""
    return [
        told for path in old["paths"] for method in METHODS for told in Comparison(old, new).operation(path, method)
    ]


class Comparison:
    def __init__(
        self,
        old: Schema,
        new: Schema,
        seen: frozenset[tuple[str, str]] = frozenset(),
        unsent: frozenset[str] = frozenset(),
    ) -> None:
        self.old, self.new = old, new
        self.seen = set(seen)
        self.unsent = unsent
        """Parameters that the call has now, and that nobody sends who was written before."""

    def operation(self, path: str, method: str) -> Iterator[str]:
        before, after = (document["paths"].get(path, {}).get(method) for document in (self.old, self.new))
        if before is None:
            return
        place = f"{method.upper()} {path}"
        self.unsent = _named(after or {}) - _named(before)
        if after is None:
            yield f"{place}: is gone"
            return
        yield from self.security(before, after, place)
        yield from self.parameters(before, after, place)
        yield from self.body(before.get("requestBody"), after.get("requestBody"), place)
        yield from self.answers(before["responses"], after["responses"], place)

    def security(self, before: Schema, after: Schema, place: str) -> Iterator[str]:
        was, now = before.get("security") or [{}], after.get("security") or [{}]
        for option in was:
            if option not in now and {} not in now:
                yield f"{place}: {' and '.join(option) or 'calling without a credential'} is no way in any more"

    def parameters(self, before: Schema, after: Schema, place: str) -> Iterator[str]:
        was, now = ({(of["in"], of["name"]): of for of in one.get("parameters", [])} for one in (before, after))
        for key, of in was.items():
            named = f"{place}: parameter {key[1]}"
            if key not in now:
                yield f"{named} is gone"
                continue
            if now[key].get("required") and not of.get("required"):
                yield f"{named} is required now"
            yield from self.fits(of["schema"], now[key]["schema"], named, sent=True)
        for key in now.keys() - was.keys():
            if now[key].get("required"):
                yield f"{place}: parameter {key[1]} is required now"

    def body(self, before: Schema | None, after: Schema | None, place: str) -> Iterator[str]:
        if after and after.get("required") and not (before and before.get("required")):
            yield f"{place}: a body is required now"
        for media_type, of in (before or {}).get("content", {}).items():
            now = (after or {}).get("content", {}).get(media_type)
            if now is None:
                yield f"{place}: a body of {media_type} is not taken any more"
            else:
                yield from self.fits(of["schema"], now["schema"], f"{place}: body", sent=True)

    def answers(self, before: Schema, after: Schema, place: str) -> Iterator[str]:
        for status in sorted(before.keys() - after.keys()):
            yield f"{place}: is not answered with {status} any more"
        for status in sorted(after.keys() - before.keys()):
            if status < "400":
                yield f"{place}: may be answered with {status} now"
        for status in sorted(before.keys() & after.keys()):
            yield from self.answer(before[status], after[status], f"{place}: answer {status}")

    def answer(self, before: Schema, after: Schema, place: str) -> Iterator[str]:
        for header in before.get("headers", {}).keys() - after.get("headers", {}).keys():
            yield f"{place}: header {header} is gone"
        for media_type, of in before.get("content", {}).items():
            now = after.get("content", {}).get(media_type)
            if now is None:
                yield f"{place}: is not {media_type} any more"
            else:
                yield from self.fits(of["schema"], now["schema"], place, sent=False)

    def fits(self, before: Schema, after: Schema, place: str, *, sent: bool) -> Iterator[str]:
        """`sent` by callers: the later schema has to take what the earlier one allowed; else the other way round."""
        pair = (before.get("$ref", ""), after.get("$ref", ""))
        if all(pair):
            if pair in self.seen:
                return
            self.seen.add(pair)
        before, after = _resolved(self.old, before), _resolved(self.new, after)
        if any(key in one for one, key in product((before, after), ("oneOf", "anyOf"))):
            yield from self.alternatives(before, after, place, sent)
            return
        giver, taker = (before, after) if sent else (after, before)
        yield from _values(giver, taker, place, sent)
        yield from _bounds(giver, taker, place)
        yield from self.members(before, after, place, sent)
        if "items" in before and "items" in after:
            yield from self.fits(before["items"], after["items"], f"{place}[]", sent=sent)

    def alternatives(self, before: Schema, after: Schema, place: str, sent: bool) -> Iterator[str]:
        """Each way to give has to fit one way to take. An answer that has to have the name of a parameter is given to
        those who sent it."""
        was, now = (one.get("oneOf") or one.get("anyOf") or [one] for one in (before, after))
        if not sent:
            now = [one for one in now if not self.unsent & set(_resolved(self.new, one).get("required", []))]
        for given in was if sent else now:
            others = now if sent else was
            tried = [list(self.apart(given, one, place, sent)) for one in others]
            if all(tried):
                yield min(tried, key=len)[0]

    def apart(self, given: Schema, taken: Schema, place: str, sent: bool) -> Iterator[str]:
        """A comparison of its own: what one alternative has seen proves nothing for the next."""
        before, after = (given, taken) if sent else (taken, given)
        yield from Comparison(self.old, self.new, frozenset(self.seen), self.unsent).fits(
            before, after, place, sent=sent
        )

    def members(self, before: Schema, after: Schema, place: str, sent: bool) -> Iterator[str]:
        was, now = before.get("properties", {}), after.get("properties", {})
        for name in sorted(was.keys() - now.keys()):
            if not sent or after.get("additionalProperties") is False:
                yield f"{place}.{name}: is {'not taken any more' if sent else 'gone'}"
        needed, promised = (set(one.get("required", [])) for one in ((after, before) if sent else (before, after)))
        for name in sorted(needed - promised):
            if sent or name in now:
                yield f"{place}.{name}: {'is required now' if sent else 'may be left out now'}"
        for name in sorted(was.keys() & now.keys()):
            yield from self.fits(was[name], now[name], f"{place}.{name}", sent=sent)


def _named(operation: Schema) -> frozenset[str]:
    return frozenset(of["name"] for of in operation.get("parameters", []))


def _resolved(document: Schema, schema: Schema) -> Schema:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _values(giver: Schema, taker: Schema, place: str, sent: bool) -> Iterator[str]:
    given, taken = _types(giver), _types(taker)
    if taken and (not given or given - taken):
        yield (
            f"{place}: is {_listed(given)}, and was {_listed(taken)}"
            if not sent
            else (f"{place}: has to be {_listed(taken)}, and was {_listed(given)}")
        )
    allowed, known = giver.get("enum"), taker.get("enum")
    if known is not None and (allowed is None or any(value not in known for value in allowed)):
        missing = "anything" if allowed is None else _listed(value for value in allowed if value not in known)
        yield f"{place}: {missing} {'is not taken any more' if sent else 'was never answered'}"
    if not sent and known is not None and allowed is not None and any(value not in allowed for value in known):
        yield f"{place}: {_listed(value for value in known if value not in allowed)} is never answered any more"


def _bounds(giver: Schema, taker: Schema, place: str) -> Iterator[str]:
    for key in (*AT_LEAST, *AT_MOST):
        given, taken = giver.get(key), taker.get(key)
        if taken is not None and (given is None or (given < taken if key in AT_LEAST else given > taken)):
            yield f"{place}: {key} {given} does not fit {taken}"
    for key in EXACTLY:
        fitting = {giver.get(key), WIDER.get(giver.get(key, ""))}
        if key in taker and taker[key] not in fitting:
            yield f"{place}: {key} {giver.get(key)} does not fit {taker[key]}"


def _types(schema: Schema) -> set[str]:
    of = schema.get("type", [])
    found = {of} if isinstance(of, str) else set(of)
    return found | {"integer"} if "number" in found else found


def _listed(values: Any) -> str:
    return " or ".join(sorted(str(value) for value in values)) or "anything"
