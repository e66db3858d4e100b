"""YAML is read as what stands there, and nothing in it can hide, clash or explode."""

import pytest

from app.domain.declaring.fault import Faults
from app.domain.declaring.reading.yaml_source import LARGEST_BYTES, decode, parse

LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)


def refused(text: str) -> list[tuple[int, str]]:
    with pytest.raises(Faults) as raised:
        parse(text, "x.yaml")
    return [(fault.line, fault.message) for fault in raised.value.faults]


@pytest.mark.parametrize(
    "written", ["no", "yes", "on", "off", "12:30", "2026-11-20", "~", "0x1F", "007", "1_000", "+4h"]
)
def test_what_is_not_json_is_a_string(written):
    assert parse(f"a: {written}", "x.yaml").value == {"a": written}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("", None),
        ("12", 12),
        ("-0.5", -0.5),
        ("1e3", 1000.0),
        ('"1"', "1"),
    ],
)
def test_what_is_json_is_what_json_says(written, meant):
    value = parse(f"a: {written}", "x.yaml").value["a"]
    assert value == meant
    assert type(value) is type(meant)


def test_every_part_knows_its_line_and_the_rest_that_of_its_parent():
    source = parse("# a note\na:\n  b: 1\n  c:\n    - x\n    - d: y\n", "x.yaml")
    lines = [source.line(path) for path in ((), ("a",), ("a", "c"), ("a", "c", 1), ("a", "c", 1, "d"), ("a", "nope"))]
    assert lines == [2, 2, 4, 6, 6, 2]


def test_an_alias_bomb_is_refused_where_it_begins():
    faults = refused(LAUGHS)
    assert faults[0] == (1, "`&a` is an anchor, and these are not read")
    assert (2, "`*a` is an alias, and aliases are not read") in faults


@pytest.mark.parametrize(
    "text",
    [
        "[" * 900,
        "[" * 200_000,
        "[\n" * 120_000,
        "{a: " * 900,
        "- " * 60_000,
        "\n".join(" " * depth + "a:" for depth in range(600)),
        "? " * 900,
        "a: {" * 20 + "}" * 20,
    ],
)
def test_what_is_too_deep_is_refused_without_recursion(text):
    assert len(refused(text)) == 1


def test_twenty_levels_are_allowed():
    assert parse("[" * 20 + "]" * 20, "x.yaml").value


@pytest.mark.parametrize("text", ["x" * (LARGEST_BYTES + 1), "é" * (LARGEST_BYTES // 2 + 1), "a: " + "x" * 10_000_000])
def test_a_large_file_is_refused_before_it_is_read(text):
    assert refused(text) == [(1, "the file is larger than 2 MiB")]


def test_a_file_of_punctuation_is_refused_before_it_is_read():
    assert refused("a: [" + "1," * 600_000 + "]") == [(1, "the file has more than 524288 parts")]


def test_a_key_twice_is_a_fault_however_deep():
    assert refused("a:\n  b: 1\n  c:\n   - d: 1\n     d: 2\n") == [(5, "`d` stands here twice (first on line 4)")]


def test_the_same_key_in_two_places_is_none():
    assert parse("a: {x: 1}\nb: {x: 1}\nc: [{x: 1}, {x: 2}]", "x.yaml").value["c"] == [{"x": 1}, {"x": 2}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: !!python/object/apply:os.system [ls]", "is a tag, and tags are not read"),
        ("a: !!str 1", "is a tag, and tags are not read"),
        ("%TAG ! tag:x,2000:\n---\na: 1", "the file declares tags"),
        ("a: {<<: {b: 1}}", "`<<` is a merge key"),
        ("1: a", "the key `1` is not a string"),
        ("true: a", "the key `true` is not a string"),
        ("? [a]\n: b", "a key is a mapping or a list here"),
        ("? *a\n: b", "is an alias"),
        ("a: 1\n---\nb: 2", "a second document begins here"),
        ("", "the file is empty"),
        ("# nothing\n", "the file is empty"),
        ("a: .inf", "`.inf` is not a number that JSON can write"),
        ("a: NaN", "`NaN` is not a number that JSON can write"),
        ("a: 1e999", "is too large for a number"),
        ("a: 9007199254740992", "is an integer beyond"),
        ("a: " + "9" * 10_000, "is an integer beyond"),
        ("a: \x00", "the character U+0000 is not allowed"),
        ("a: \ud800", "the character U+D800 is not allowed"),
        ("a: x # \u202e", "the character U+202E is not allowed"),
        ("# a comment\rb: 1\na: x", "the character U+000D is not allowed"),
        ("a: x\x85b: 1", "the character U+0085 is not allowed"),
        ("a: Pay\u200b", "the character U+200B is not allowed"),
        ("a: Pay\u200d", "the character U+200D is not allowed"),
        ('a: "\\u202e"', "holds a control character, U+202E"),
        ('a: "Pay\\u200d"', "holds a control character, U+200D"),
        ('a: "\\0"', "holds a control character"),
        ('"a\\u001b": 1', "holds a control character"),
        ("a:\n\tb: 1", "a tab cannot indent YAML"),
        ("a: [1, 2", "this is not YAML"),
        ("a: 'b", "this is not YAML"),
        ("*x", "is an alias"),
    ],
)
def test_a_surprise_is_refused_with_a_sentence(text, message):
    faults = refused(text)
    assert any(message in each for _, each in faults), faults


@pytest.mark.parametrize("title", ["می\u200cخواهم", "क्\u200dष", "❤\ufe0f\u200d🔥", "Zahlung\u00a0prüfen", "x\r\n"])
def test_scripts_and_emoji_that_are_written_with_joiners_are_taken(title):
    assert parse(f"a: {title}", "x.yaml").value == {"a": title.strip()}


def test_a_fault_is_one_line_with_file_line_and_remedy():
    with pytest.raises(Faults) as raised:
        parse("a: 1\nb:\n  c: &x y\n", "machines/x.yaml")
    expected = "machines/x.yaml:3: error: `&x` is an anchor, and these are not read; remove it"
    assert str(raised.value) == expected


def test_bytes_that_are_no_text_are_named_with_their_line():
    with pytest.raises(Faults, match=r"x\.yaml:2: error: the byte 0xff is not UTF-8; save the file as UTF-8"):
        decode(b"a: 1\nb: \xff", "x.yaml")
    with pytest.raises(Faults, match="larger than 2 MiB"):
        decode(b"a" * (LARGEST_BYTES + 1), "x.yaml")
    assert decode("a: é".encode(), "x.yaml") == "a: é"
