"""Parts that several case types share: `include: [party]` takes in what the file party.yaml of machines/parts says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from app.domain.declaring.fault import Fault, Faults
from app.domain.declaring.reading.yaml_source import LARGEST_BYTES, Path, Source, parse
from app.domain.values.near_names import choose, quoted

INCLUDE: Final = "include"
KEYS: Final = ("data", "states", "events", "slas")
OF_DATA: Final = ("properties", "required", "$defs")


@dataclass(frozen=True, slots=True)
class Part:
    """A file that is to be included; `source` is None where it cannot be read, for which its faults say why."""

    source: Source | None
    bytes: int
    faults: tuple[Fault, ...] = ()


Parts = Mapping[str, Part]
NO_PARTS: Final[Parts] = {}


def load_part(text: str, file: str) -> Part:
    """What a YAML text shares with case types, or why it shares nothing. Never raises."""
    size = len(text.encode())
    try:
        source = parse(text, file)
    except Faults as error:
        return Part(None, size, error.faults)
    faults = tuple(_shape(source))
    return Part(None if faults else source, size, faults)


def _shape(source: Source) -> Iterator[Fault]:
    if not isinstance(source.value, dict):
        yield source.error((), "the file holds no mapping", "begin with `data:`, `states:`, `events:` or `slas:`")
        return
    yield from _known(source, (), KEYS, "a part")
    for key, value in source.value.items():
        if key in KEYS and not isinstance(value, dict):
            yield source.error((key,), f"{quoted(key)} of a part takes a mapping", "give names and what they are")
    data = source.value.get("data")
    if isinstance(data, dict):
        yield from _known(source, ("data",), OF_DATA, "`data` of a part")
        for key, kind in zip(OF_DATA, (dict, list, dict), strict=True):
            if key in data and not isinstance(data[key], kind):
                wanted = "a list of names" if kind is list else "a mapping"
                yield source.error(("data", key), f"{quoted(key)} takes {wanted}", f"give {wanted}")


def _known(source: Source, path: tuple[str, ...], keys: Sequence[str], of: str) -> Iterator[Fault]:
    for key in _at(source.value, path):
        if key not in keys:
            yield source.error((*path, key), f"unknown key {quoted(key)} in {of}", choose(str(key), keys, "keys"))


def expanded(source: Source, size: int, parts: Parts) -> tuple[Source, tuple[Fault, ...]]:
    """The file with what it includes, and what is wrong with that. `size` is that of the file, in bytes."""
    if not isinstance(source.value, dict) or INCLUDE not in source.value:
        return source, ()
    merging = _Merging(source)
    faults = list(merging.take_all(parts, size))
    return merging.merged(), tuple(faults)


@dataclass
class _Merging:
    source: Source
    value: dict[str, Any] = field(init=False)
    lines: dict[Path, int] = field(init=False)
    included: dict[Path, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.value = {key: value for key, value in self.source.value.items() if key != INCLUDE}
        self.lines = dict(self.source.lines)

    def merged(self) -> Source:
        return Source(self.source.file, self.value, self.lines, self.included)

    def take_all(self, parts: Parts, size: int) -> Iterator[Fault]:
        named = self.source.value[INCLUDE]
        if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
            remedy = "write `include: [party]` for parts/party.yaml"
            yield self.source.error((INCLUDE,), "`include` takes a list of names of parts", remedy)
            return
        for index, name in enumerate(named):
            place, part = (INCLUDE, index), parts.get(name)
            if name in named[:index]:
                yield self.source.error(place, f"{quoted(name)} stands here twice", "keep one")
            elif part is None:
                yield self.source.error(place, f"there is no parts/{name}.yaml", choose(name, sorted(parts), "parts"))
            elif part.source is None:
                yield self.source.error(place, f"{quoted(name)} cannot be included", f"correct parts/{name}.yaml first")
            else:
                size += part.bytes
                yield from self._take(part.source)
        if size > LARGEST_BYTES:
            message = f"the case type is larger than {LARGEST_BYTES // 2**20} MiB with what it includes"
            yield self.source.error((INCLUDE,), message, "split it into several case types")

    def _take(self, part: Source) -> Iterator[Fault]:
        for key in KEYS[1:]:
            yield from self._names((key,), part)
        if "data" in part.value:
            self.value["data"] = dict(self.value.get("data") or {"type": "object"})
            yield from self._names(("data", "properties"), part)
            yield from self._names(("data", "$defs"), part)
            self._required(part)

    def _names(self, path: tuple[str, ...], part: Source) -> Iterator[Fault]:
        """Each name once, whoever declares it."""
        taken = _at(part.value, path)
        if not taken:
            return
        around = self.value if len(path) == 1 else self.value["data"]
        own = around.get(path[-1], {})
        if not isinstance(own, dict):
            return  # which is told where the models are
        for name in taken.keys() & own.keys():
            here: Path = (*path, name)
            where = f"{self.included.get(here, self.source.file)} too (line {self.lines.get(here, 1)})"
            yield part.error(here, f"{quoted(name)} stands in {where}", "keep one of the two")
        around[path[-1]] = {**own, **{name: value for name, value in taken.items() if name not in own}}
        roots: set[Path] = {(*path, name) for name in taken.keys() - own.keys()}
        self.included.update(dict.fromkeys(roots, part.file))
        depth = len(path) + 1
        self.lines.update({at: line for at, line in part.lines.items() if at[:depth] in roots})

    def _required(self, part: Source) -> None:
        taken = part.value["data"].get("required", [])
        own = list(self.value["data"].get("required") or [])
        for index, name in enumerate(taken):
            if name not in own:
                here: Path = ("data", "required", len(own))
                self.lines[here], self.included[here] = part.line(("data", "required", index)), part.file
                own.append(name)
        if own:
            self.value["data"]["required"] = own


def _at(value: dict[str, Any], path: Sequence[str]) -> dict[str, Any]:
    for step in path:
        value = value.get(step) or {}
    return value
