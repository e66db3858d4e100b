"""What the API says in English is said on a German page in German: every sentence that it has, and what holds it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.ui.frame.of_the_api import clause_of_api, said_by_api
from app.ui.frame.words import languages, words

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    "domain/verbs", "domain/deciding", "domain/case", "domain/schemas/sentences.py", "domain/values/data_size.py",
    "services/work", "services/cases", "services/desk", "services/fairness", "http/border/errors.py",
    "http/border/declared_parameters.py", "http/border/canonical.py", "ui/queue", "ui/case", "ui/frame/posted.py",
)  # fmt: skip
RAISED = frozenset({
    "invalid", "Invalid", "Denied", "WrongState", "GuardRefused", "Conflict", "VersionConflict", "TooLarge",
    "OverQuota", "FileInfected", "FileUnchecked", "Unavailable", "Malformed", "IdempotencyMismatch",
    "IdempotencyInFlight",
    "UnsupportedMediaType", "FieldError", "Reason", "_held", "not_opening",
})  # fmt: skip
NOT_FOR_PEOPLE = ("who may fire something is told to those with",)
"""What no page asks for."""
REMEDIES = re.compile(r"x|has to|it takes|whoever has it|someone else|ask somebody|save a view|somebody else with")
"""What the API says of what would help: pages word that themselves."""


def raised() -> Iterator[str]:
    """The texts with which something is refused, with `x` in the place of every value."""
    for room in ROOMS:
        path = ROOT / "app" / room
        for file in [path] if path.suffix else sorted(path.rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and _name(node.func) in RAISED:
                    yield from (text.removesuffix("; x") for one in node.args for text in _texts(one) if _is_said(text))


def _name(called: ast.expr) -> str:
    return getattr(called, "id", getattr(called, "attr", ""))


def _texts(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in parts)
        case ast.IfExp(body=one, orelse=other):
            yield from (*_texts(one), *_texts(other))


def _is_said(text: str) -> bool:
    """No name of a field or code, no guard."""
    return " " in text and "==" not in text and not text.startswith(NOT_FOR_PEOPLE)


SAID = sorted(set(raised()))


def test_the_sentences_are_found() -> None:
    assert {"must be another case", "the two cases are linked so already"} <= set(SAID)
    assert len(SAID) > 60


@pytest.mark.parametrize("language", [name for name in languages() if name != "en"])
def test_every_sentence_of_a_refusal_is_known_in_every_language(language: str) -> None:
    known = words(language)
    assert [text for text in SAID if not REMEDIES.match(text) and clause_of_api(text, known) is None] == []


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("must be another case", "Muss ein anderer Vorgang sein."),
        ("Must be a whole number or text.", "Muss so sein: eine ganze Zahl oder ein Text."),
        ("is no filter here; did you mean `open`?", "Ist hier kein Filter; meinten Sie `open`?"),
        ("“Pay” is not possible now: must be given", "“Pay” ist jetzt nicht möglich: fehlt."),
        ("to: must be a case that you may read", "to: muss ein Vorgang sein, den Sie lesen dürfen."),
        ("100 % nobody knows this", "Der Dienst meldet: 100 % nobody knows this."),
    ],
)  # fmt: skip
def test_what_stands_in_a_sentence_is_said_too(english: str, german: str) -> None:
    assert said_by_api(english, words("de")) == german
    assert said_by_api(english, words("en")).casefold().rstrip(".") == english.casefold().rstrip(".")


def test_a_sentence_without_end_is_not_looked_for() -> None:
    assert clause_of_api("no filter " * 10_000 + " or " * 10_000, words("de")) is None
