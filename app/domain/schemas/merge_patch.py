"""Merge what somebody entered into data: a JSON Merge Patch (RFC 7396), and changes of single items of a list.

`null` removes, what is left out stays. A list whose items declare `x-key: id` takes `{"$put": [items], "$remove":
[keys]}` besides: an item is put in place of the one with its key, or behind all others.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from app.domain.definition.fields import schema_below
from app.domain.definition.languages import Schema
from app.domain.values.errors import FieldError
from app.domain.values.json import Data, Json
from app.domain.values.near_names import nearest
from app.domain.values.writable import settled

PUT: Final = "$put"
REMOVE: Final = "$remove"
KEY: Final = "x-key"
_SAME = msgspec.json.Encoder(order="sorted")

Names = tuple[str, ...]


def merged(data: Data, patch: Data, schema: Schema, prefix: str = "data") -> tuple[Data, tuple[FieldError, ...]]:
    """The data with the patch in them, and what of it cannot be merged, told as `data.x`; `schema` is that of all."""
    merging = _Merging(schema, prefix)
    return merging.object(data, patch, ()), tuple(merging.faults)


def same(one: Json, other: Json) -> bool:
    """Whether two values are one JSON value: to Python, 1 is True."""
    return one is other or _SAME.encode(one) == _SAME.encode(other)


class _Merging:
    def __init__(self, schema: Schema, prefix: str) -> None:
        self._schema = schema
        self._prefix = prefix
        self.faults: list[FieldError] = []

    def object(self, target: Json, patch: Mapping[str, Json], path: Names) -> Data:
        after = dict(target) if isinstance(target, Mapping) else {}
        for name, value in patch.items():
            if value is None:
                after.pop(name, None)
            elif isinstance(value, Mapping):
                after[name] = self._inside(after.get(name), value, (*path, name))
                if after[name] is None:
                    del after[name]
            else:
                after[name] = settled(value)
                self._keys_of_all(value, (*path, name))
        return after

    def _inside(self, target: Json, patch: Mapping[str, Json], path: Names) -> Json:
        """None where nothing is there afterwards."""
        if not (PUT in patch or REMOVE in patch):
            return self.object(target, patch, path)
        of_items, key = _items(self._schema, path)
        if not of_items:
            return self.object(target, patch, path)
        if key is None:
            return self._wrong(target, path, f"Its items declare no `{KEY}`: send the whole list.")
        return self._items(target, patch, path, key)

    def _items(self, target: Json, patch: Mapping[str, Json], path: Names, key: str) -> Json:
        put: Any = patch.get(PUT, [])
        gone: Any = patch.get(REMOVE, [])
        for name in patch:
            if name not in (PUT, REMOVE):
                near = nearest(name, (PUT, REMOVE))
                hint = f"; did you mean `{near}`?" if near else "."
                return self._wrong(target, (*path, name), f"This field is not known{hint}")
        for name, listed in ((PUT, put), (REMOVE, gone)):
            if not isinstance(listed, list):
                return self._wrong(target, (*path, name), "Must be a list.")
        if not self._are_keys(gone, (*path, REMOVE)) or not self._have_keys(put, (*path, PUT), key):
            return target
        new: dict[Any, Json] = {item[key]: settled(item) for item in put}
        if not new.keys().isdisjoint(gone):
            return self._wrong(target, path, "An item is put and removed at once.")
        removed, after = set(gone), list[Json]()
        for item in target if isinstance(target, list) else ():
            its = item.get(key) if isinstance(item, Mapping) else None
            if not _is_key(its):
                after.append(item)
            elif its not in removed:
                after.append(new.pop(its, item))
        return [*after, *new.values()] if put or isinstance(target, list) else None

    def _keys_of_all(self, value: Json, path: Names) -> None:
        """A list that is sent whole has keys, each once, so that its items can be told apart."""
        if isinstance(value, list) and value and (key := _items(self._schema, path)[1]) is not None:
            self._have_keys(value, path, key)

    def _have_keys(self, items: list[Any], path: Names, key: str) -> bool:
        seen: set[Any] = set()
        for place, item in enumerate(items):
            if not isinstance(item, Mapping):
                self._fault((*path, str(place)), "Must be an object.")
            elif not _is_key(item.get(key)):
                self._fault((*path, str(place), key), "This field is required, as a text or a number.")
            elif item[key] in seen:
                self._fault((*path, str(place), key), "Must not repeat that of another item.")
            else:
                seen.add(item[key])
        return len(seen) == len(items)

    def _are_keys(self, keys: list[Any], path: Names) -> bool:
        wrong = [place for place, key in enumerate(keys) if not _is_key(key)]
        for place in wrong:
            self._fault((*path, str(place)), "Must be the key of an item.")
        return not wrong

    def _wrong(self, target: Json, path: Names, message: str) -> Json:
        self._fault(path, message)
        return target

    def _fault(self, path: Names, message: str) -> None:
        self.faults.append(FieldError(".".join((self._prefix, *path)), message))


def _items(schema: Schema, path: Names) -> tuple[bool, str | None]:
    """Whether a list is declared at a path, and by what its items are told apart."""
    declared = schema_below(schema, path)
    kinds = declared.get("type")
    if "array" not in (kinds if isinstance(kinds, list) else [kinds]):
        return False, None
    key = schema_below(schema, (*path, None)).get(KEY)
    return True, key if isinstance(key, str) else None


def _is_key(value: Json) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)
