"""Where the words of a case stand in its data."""

from collections.abc import Iterator

from app.domain.values.json import Json


class TextFields:
    """Where a schema declares free text. To find it takes as long as the data are, however many fields there are."""

    __slots__ = ("_is_text", "_items", "_named")

    def __init__(self, schema: Json) -> None:
        known = schema if isinstance(schema, dict) else {}
        types, properties = known.get("type"), known.get("properties")
        self._is_text = types == "string" or (isinstance(types, list) and "string" in types)
        self._items = TextFields(known["items"]) if "items" in known else None
        declared = properties.items() if isinstance(properties, dict) else ()
        self._named = {name: (place, TextFields(inner)) for place, (name, inner) in enumerate(declared)}

    def texts(self, value: Json) -> Iterator[str]:
        """In the order in which the schema declares them."""
        if isinstance(value, str):
            if self._is_text:
                yield value
        elif isinstance(value, list):
            if self._items is not None:
                for item in value:
                    yield from self._items.texts(item)
        elif isinstance(value, dict):
            for name in sorted(value.keys() & self._named.keys(), key=lambda name: self._named[name][0]):
                yield from self._named[name][1].texts(value[name])
