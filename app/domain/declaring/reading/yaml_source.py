"""Read a YAML file as plain values that know their lines, and refuse what could hide, clash or explode."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from app.domain.declaring.fault import Fault, Faults, Severity
from app.domain.declaring.reading.yaml_builder import Builder
from app.domain.values.deceiving import in_titles

LARGEST_BYTES: Final = 2 * 1024 * 1024
# Four characters for a value and its punctuation: denser files are lists of nothing, and slow to refuse later.
MOST_PARTS: Final = LARGEST_BYTES // 4
# libyaml where PyYAML was built with it: a hundred times faster on deep files.
PARSER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A file's value, and the line on which each part of it stands.

    `included` are the paths that come from other files, with those.
    """

    file: str
    value: Any
    lines: Mapping[Path, int] = field(repr=False)
    included: Mapping[Path, str] = field(default_factory=dict, repr=False)

    @property
    def files(self) -> frozenset[str]:
        return frozenset((self.file, *self.included.values()))

    def line(self, path: Path) -> int:
        """The line of a path, or of its nearest ancestor that is in the file."""
        return next((self.lines[path[:end]] for end in range(len(path), -1, -1) if path[:end] in self.lines), 1)

    def error(self, path: Path, message: str, remedy: str) -> Fault:
        return self._fault(path, message, remedy)

    def warning(self, path: Path, message: str, remedy: str) -> Fault:
        return self._fault(path, message, remedy, "warning")

    def note(self, path: Path, message: str, remedy: str) -> Fault:
        return self._fault(path, message, remedy, "note")

    def _fault(self, path: Path, message: str, remedy: str, severity: Severity = "error") -> Fault:
        found = (self.included[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self.included)
        file = next(found, self.file) if self.included else self.file
        return Fault(file=file, line=self.line(path), message=message, remedy=remedy, severity=severity)


def decode(raw: bytes, file: str) -> str:
    """The text of a file that somebody read; raises Faults where it is no UTF-8 or too large."""
    if len(raw) > LARGEST_BYTES:
        raise Faults(_too_large(file))
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = f"the byte 0x{raw[error.start]:02x} is not UTF-8"
        raise Faults(Fault(file=file, line=line, message=message, remedy="save the file as UTF-8")) from None


def parse(text: str, file: str) -> Source:
    """The one document of a YAML text, at most 2 MiB and 20 deep.

    Raises Faults for aliases, anchors, tags, merge keys, duplicate keys, keys that are no strings, and
    everything that JSON could not write. Only JSON's own literals resolve: `no` and `12:30` are strings.
    """
    _refuse_at_a_glance(text, file)
    builder = Builder(file)
    try:
        for event in _events(text):
            builder.take(event)
    except yaml.YAMLError as error:
        raise Faults(*builder.faults, _syntax(error, text, file)) from None
    if builder.faults:
        raise Faults(*builder.faults)
    return Source(file, builder.value, builder.lines)


def _refuse_at_a_glance(text: str, file: str) -> None:
    if len(text) > LARGEST_BYTES:
        raise Faults(_too_large(file))
    found = in_titles(text.removeprefix("\ufeff"))
    if found:
        line = text.count("\n", 0, found.place) + 1
        message = f"the character {found.name} is not allowed in a text file"
        raise Faults(Fault(file=file, line=line, message=message, remedy=found.remedy))
    if len(text.encode()) > LARGEST_BYTES:
        raise Faults(_too_large(file))
    if text.count(",") + text.count(":") + text.count("- ") > MOST_PARTS:
        raise Faults(
            Fault(
                file=file,
                line=1,
                message=f"the file has more than {MOST_PARTS} parts",
                remedy="split it into several case types",
            )
        )


def _too_large(file: str) -> Fault:
    return Fault(
        file=file,
        line=1,
        message=f"the file is larger than {LARGEST_BYTES // 2**20} MiB",
        remedy="split it into several case types",
    )


def _events(text: str) -> Iterator[Any]:
    """The parser's events one by one, so that a bomb is refused before it is read to its end."""
    loader = PARSER(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    finally:
        loader.dispose()


def _syntax(error: yaml.YAMLError, text: str, file: str) -> Fault:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = min(mark.line, text.count("\n")) + 1 if mark else 1
    written = (text.splitlines() or [""])[line - 1 : line]
    if any("\t" in part[: len(part) - len(part.lstrip())] for part in written):
        return Fault(file=file, line=line, message="a tab cannot indent YAML", remedy="indent with spaces")
    problem = getattr(error, "problem", None) or "it cannot be read"
    return Fault(
        file=file,
        line=line,
        message=f"this is not YAML: {problem}",
        remedy="check indentation, quotes and brackets on and above it",
    )
