"""Build plain values and their lines from YAML events, without recursion and without expanding anything."""

from typing import Any, Final

from yaml import events

from app.domain.declaring.fault import Fault, Faults
from app.domain.declaring.reading.yaml_scalars import Scalar, resolve
from app.domain.values.deceiving import in_titles
from app.domain.values.near_names import quoted

DEEPEST: Final = 20
MOST_FAULTS: Final = 20


class Collection:
    """A mapping or sequence that is still open. `key` is the mapping's key that waits for its value."""

    def __init__(self, value: dict[str, Any] | list[Any], path: tuple[str | int, ...]) -> None:
        self.value = value
        self.path = path
        self.key: str | None = None
        self.wants_key = isinstance(value, dict)

    @property
    def next_path(self) -> tuple[str | int, ...]:
        return (*self.path, len(self.value) if self.key is None else self.key)

    def put(self, value: Any) -> None:
        if isinstance(self.value, list):
            self.value.append(value)
        elif self.key is not None:
            self.value[self.key] = value
            self.key = None
            self.wants_key = True


class Builder:
    """Takes the events of one file; afterwards `value`, `lines` by path, and the `faults` on the way."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.value: Any = None
        self.lines: dict[tuple[str | int, ...], int] = {}
        self.faults: list[Fault] = []
        self._open: list[Collection] = []
        self._documents = 0

    def take(self, event: events.Event) -> None:
        match event:
            case events.ScalarEvent():
                self._scalar(event)
            case events.MappingStartEvent():
                self._begin(event, {})
            case events.SequenceStartEvent():
                self._begin(event, [])
            case events.CollectionEndEvent():
                self._open.pop()
            case events.AliasEvent():
                self._alias(event)
            case events.DocumentStartEvent():
                self._begin_document(event)
            case events.StreamEndEvent() if not self._documents:
                self._stop(1, "the file is empty", "declare something in it")

    def _begin_document(self, event: events.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            self._stop(_line(event), "a second document begins here", "keep one document per file")
        if event.tags:
            self._stop(_line(event), "the file declares tags", "remove the %TAG line")

    def _alias(self, event: events.AliasEvent) -> None:
        name = quoted(f"*{event.anchor}")
        self._fault(event, f"{name} is an alias, and aliases are not read", "write out what it stands for")
        self._place(event, None, "alias")

    def _begin(self, event: Any, value: dict[str, Any] | list[Any]) -> None:
        self._plain(event)
        if len(self._open) == DEEPEST:
            self._stop(_line(event), f"this is nested more than {DEEPEST} deep", "flatten it")
        path = self._open[-1].next_path if self._open else ()
        self._place(event, value, "mapping or a list")
        self._open.append(Collection(value, path))

    def _scalar(self, event: events.ScalarEvent) -> None:
        self._plain(event)
        text: str = event.value
        if (deceiving := in_titles(text)) is not None:
            message = f"{quoted(text)} holds a control character, {deceiving.name}"
            self._fault(event, message, "remove the escape")
        if self._open and self._open[-1].wants_key:
            self._key(event, text)
        else:
            self._place(event, self._resolved(event, text), "scalar")

    def _key(self, event: events.ScalarEvent, text: str) -> None:
        mapping = self._open[-1]
        if event.implicit[0] and text == "<<":
            self._fault(event, "`<<` is a merge key, and these are not read", "write out what it would add")
        elif not isinstance(self._resolved(event, text), str):
            self._fault(event, f"the key {quoted(text)} is not a string", f'quote it: "{text[:20]}"')
        elif (first := self.lines.get((*mapping.path, text))) is not None:
            self._fault(event, f"{quoted(text)} stands here twice (first on line {first})", "keep one of the two")
        mapping.key = text
        mapping.wants_key = False
        self.lines.setdefault(mapping.next_path, _line(event))

    def _resolved(self, event: events.ScalarEvent, text: str) -> Scalar:
        if not event.implicit[0]:
            return text
        try:
            return resolve(text)
        except ValueError as error:
            self._fault(event, f"{quoted(text)} {error}", "write a smaller number, or quote it to mean the text")
            return text

    def _place(self, event: events.Event, value: Any, what: str) -> None:
        """Put a value where it belongs: the root, a list, or behind the mapping's key."""
        if not self._open:
            self.value = value
            self.lines[()] = _line(event)
            return
        if self._open[-1].wants_key:
            self._stop(_line(event), f"a key is a {what} here", "a key is a word; check the punctuation")
        collection = self._open[-1]
        if isinstance(collection.value, list):
            self.lines[collection.next_path] = _line(event)
        collection.put(value)

    def _plain(self, event: Any) -> None:
        if event.anchor is not None:
            self._fault(event, f"{quoted(f'&{event.anchor}')} is an anchor, and these are not read", "remove it")
        if event.tag is not None:
            self._fault(event, f"{quoted(event.tag)} is a tag, and tags are not read", "remove it, or quote the text")

    def _fault(self, event: events.Event, message: str, remedy: str) -> None:
        self.faults.append(Fault(file=self.file, line=_line(event), message=message, remedy=remedy))
        if len(self.faults) == MOST_FAULTS:
            raise Faults(*self.faults)

    def _stop(self, line: int, message: str, remedy: str) -> None:
        raise Faults(*self.faults, Fault(file=self.file, line=line, message=message, remedy=remedy))


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1
