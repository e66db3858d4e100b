"""Find every check of who may do what, and the code without it: by rules over syntax, never by line numbers."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

REFUSALS = frozenset({"Denied", "Unauthenticated", "BadSignature", "NotFound", "RateLimited", "Refusal"})
REFUSALS_MADE_BY = frozenset({"no_such_case", "no_right", "_of_others"})
CHECKS_MADE_BY = frozenset({"show", "situation", "read", "_check_header", "check_rights", "check_administrators"})
"""What refuses by raising, where nothing is done with what it returns."""
PERMISSIVE_CALLS = frozenset({"covers", "_administers", "may", "_permitted", "permits"})
SAYS_YES = frozenset({"allowed", "readable"})
FOUR_EYES = frozenset({"unless_actor_of", "only_actor_of", "four_eyes"})
BELIEVED = ("verify_signature", "verify_exp", "verify_aud", "verify_iss")
TRUE_IN_SQL = '__import__("sqlalchemy").true()'

TENANT_IN_SQL = re.compile(
    r"(?<![\w.:])(?:\(\w+\.found\)\.|\w+\.)?tenant = (?::\w+|\(\w+\.found\)\.tenant|\w+\.tenant)"
)
TENANT_JOINED = re.compile(r"USING \(tenant, ")
LATER_CLAUSES = re.compile(r"&& [^&\n]+")
FIRST_CLAUSE = re.compile(r"(?<=m = )[^&\n]+&& ")


@dataclass(frozen=True, order=True)
class Mutant:
    """One file with one check taken out. `line` is told to people and never looked for."""

    file: str
    line: int
    old: str
    new: str
    text: str
    """The whole file as it is then."""

    @property
    def name(self) -> str:
        return f"{self.file}: {' '.join(self.old.split())[:90]} -> {' '.join(self.new.split())[:40]}"


Edit = tuple[int, int, str]
"""From where to where, in characters, and what stands there instead."""


def mutants(root: Path) -> list[Mutant]:
    found: list[Mutant] = []
    for pattern, rule in RULES.items():
        for path in sorted(root.glob(pattern)):
            text = path.read_text(encoding="utf-8")
            for start, end, new in sorted(set(rule(text))):
                mutated, line = text[:start] + new + text[end:], text.count("\n", 0, start) + 1
                found.append(Mutant(str(path.relative_to(root)), line, text[start:end], new, mutated))
    return sorted(set(found))


def in_python(text: str) -> Iterator[Edit]:
    """Checks that code makes: a branch that refuses, a question that is answered yes, a call that would raise."""
    place = _Places(text)
    tree = ast.parse(text)
    refusing = [node for node in ast.walk(tree) if isinstance(node, ast.If) and _refuses(node)]
    inside = {id(part) for branch in refusing for part in ast.walk(branch.test)}
    for branch in refusing:
        yield place.edit(branch.test, "False")
    for node in ast.walk(tree):
        if id(node) not in inside:
            yield from ((*place.of(node), new) for new in _without_check(node, text, place))
        if isinstance(node, ast.keyword) and node.arg == "guards":
            yield place.edit(node.value, "[]")
        if isinstance(node, ast.Dict) and any(
            isinstance(key, ast.Constant) and key.value == "require" for key in node.keys
        ):
            yield place.edit(node, "{}")
            yield from (place.edit(node, f'{{"require": REQUIRED, "{option}": False}}') for option in BELIEVED)


def _without_check(node: ast.AST, text: str, place: "_Places") -> Iterator[str]:
    match node:
        case ast.Attribute(attr=name, ctx=ast.Load()) if name in SAYS_YES and not place.called(node):
            yield "True"
        case ast.Attribute(attr=name, ctx=ast.Load()) if name in FOUR_EYES:
            yield "()"
        case ast.Await(value=ast.Call(func=ast.Attribute(attr=name))) if name in PERMISSIVE_CALLS:
            yield "True"
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if (
            name in PERMISSIVE_CALLS and not place.awaited(node)
        ):
            yield "True"
        case ast.Call(func=ast.Name(id="scoped"), args=[visible, *_]):
            yield place.text(visible)
        case ast.Expr(value=ast.Await(value=ast.Call(func=called)) | ast.Call(func=called)) if (
            _name(called) in CHECKS_MADE_BY
        ):
            yield "pass"
        case ast.Compare(left=ast.Attribute(attr="eft"), ops=[ast.Eq()], comparators=[ast.Constant(value="deny")]):
            yield "False"


def _refuses(node: ast.If) -> bool:
    """Whether all that a branch does is to refuse."""
    match node.body[-1]:
        case ast.Raise(exc=ast.Call(func=made)) | ast.Return(value=ast.Call(func=made)):
            return _name(made) in REFUSALS | REFUSALS_MADE_BY and not node.orelse
    return False


def _name(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""


def in_queries(text: str) -> Iterator[Edit]:
    """Filters of SQLAlchemy expressions and of SQL in strings; of visibility, and of keys that are revoked or old."""
    place = _Places(text)
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Compare(left=left, ops=[ast.Eq()]) if _is_tenant(left):
                yield place.edit(node, TRUE_IN_SQL)
            case ast.Call(func=ast.Attribute(value=owner, attr="in_")) if _is_tenant(owner):
                yield place.edit(node, TRUE_IN_SQL)
            case ast.Call(
                func=ast.Attribute(value=ast.Call(func=ast.Name(id="tuple_"), args=[first, only]), attr="in_"),
                args=[asked],
            ) if _is_tenant(first):
                yield place.edit(node, f"{place.text(only)}.in_([one[1] for one in {place.text(asked)}])")
            case ast.Call(func=ast.Name(id="visible_to" | "readable" | "_shown")):
                yield place.edit(node, TRUE_IN_SQL)
            case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="revoked_at"), attr="is_")):
                yield place.edit(node, TRUE_IN_SQL)
            case ast.Compare(left=ast.Name(id="column"), ops=[ast.Eq()]):
                yield place.edit(node, TRUE_IN_SQL)
            case ast.Compare(left=ast.Attribute(attr="expires_at"), ops=[ast.Gt()]):
                yield place.edit(node, TRUE_IN_SQL)
            case ast.Call(func=ast.Name(id="not_"), args=[ast.Name(id="denied")]):
                yield place.edit(node, TRUE_IN_SQL)
    yield from in_sql(text)


def in_sql(text: str) -> Iterator[Edit]:
    place = _Places(text)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            if place.inside_another_string(node):
                continue
            start, end = place.of(node)
            yield from ((*hit.span(), "TRUE") for hit in TENANT_IN_SQL.finditer(text, start, end))
            yield from ((*hit.span(), "USING (") for hit in TENANT_JOINED.finditer(text, start, end))


def _is_tenant(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "tenant"


def in_matcher(text: str) -> Iterator[Edit]:
    """Each clause of the policy's matcher, and what a deny line does."""
    for clauses in (FIRST_CLAUSE, LATER_CLAUSES):
        yield from ((*hit.span(), "") for hit in clauses.finditer(text))


class _Places:
    """Where nodes stand in a text, in characters (the syntax tree counts bytes of a line)."""

    def __init__(self, text: str) -> None:
        self._text = text
        lines = text.splitlines(keepends=True)
        self._starts = [0]
        for line in lines:
            self._starts.append(self._starts[-1] + len(line))
        self._lines = lines
        tree = ast.parse(text)
        self._awaited = {self.of(node.value) for node in ast.walk(tree) if isinstance(node, ast.Await)}
        self._called = {self.of(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
        self._within = {id(part) for one in joined for part in ast.walk(one) if part is not one}
        self._spans = [self.of(one) for one in joined]

    def of(self, node: ast.AST) -> tuple[int, int]:
        return self._at(node.lineno, node.col_offset), self._at(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def edit(self, node: ast.AST, new: str) -> Edit:
        return (*self.of(node), new)

    def text(self, node: ast.AST) -> str:
        start, end = self.of(node)
        return self._text[start:end]

    def awaited(self, node: ast.AST) -> bool:
        return self.of(node) in self._awaited

    def called(self, node: ast.AST) -> bool:
        return self.of(node) in self._called

    def inside_another_string(self, node: ast.AST) -> bool:
        start, end = self.of(node)
        return any(a <= start and end <= b and (a, b) != (start, end) for a, b in self._spans)

    def _at(self, line: int, column: int) -> int:
        return self._starts[line - 1] + len(self._lines[line - 1].encode()[:column].decode())


RULES: dict[str, Callable[[str], Iterator[Edit]]] = {
    "app/db/**/*.py": in_queries,
    "migrations/versions/*.py": in_sql,
    "app/domain/*/*.py": in_python,
    "app/services/**/*.py": in_python,
    "app/policy/*.py": in_python,
    "app/http/**/*.py": in_python,
    "app/policy/model.conf": in_matcher,
}
