"""The security guide names files and tests that exist, and leaves out nothing of the chapters it takes at level 3."""

import re

import pytest

from tests.running import ROOT

GUIDE = (ROOT / "docs" / "security.md").read_text()
AUTHORIZATION = {
    *("8.1.1", "8.1.2", "8.1.3", "8.1.4", "8.2.1", "8.2.2", "8.2.3", "8.2.4", "8.3.1", "8.3.2", "8.3.3"),
    *("8.4.1", "8.4.2"),
}
LOGGING = {
    *("16.1.1", "16.2.1", "16.2.2", "16.2.3", "16.2.4", "16.2.5", "16.3.1", "16.3.2", "16.3.3", "16.3.4"),
    *("16.4.1", "16.4.2", "16.4.3", "16.5.1", "16.5.2", "16.5.3", "16.5.4"),
}
STATES = ("Met", "Partly", "Not met", "Not ours", "Does not apply", "Relied on", "As far as")
ROWS = re.findall(r"^\| (\d+\.\d+\.\d+.*?) \| (.*?) \| ?(.*?) ?\|$", GUIDE, re.MULTILINE)


def numbers() -> list[str]:
    return [number for requirement, _, _ in ROWS for number in re.findall(r"\b\d+\.\d+\.\d+\b", requirement)]


@pytest.mark.parametrize("chapter", [AUTHORIZATION, LOGGING], ids=["V8", "V16"])
def test_a_chapter_at_level_3_is_whole(chapter: set[str]) -> None:
    major = min(chapter).partition(".")[0]
    assert {number for number in numbers() if number.startswith(f"{major}.")} == chapter


def test_no_requirement_is_answered_twice() -> None:
    assert len(numbers()) == len(set(numbers())) > 90


def test_every_requirement_says_whether_it_is_met() -> None:
    assert [row for row in ROWS if not row[1].startswith(STATES)] == []


def test_every_file_and_test_of_the_guide_exists() -> None:
    named = re.findall(
        r"`((?:app|tests|docs|\.ci)/[\w./]+|Dockerfile|\.dockerignore|pyproject\.toml)(?:::(\w+))?`", GUIDE
    )
    assert len(named) > 100
    for path, test in named:
        assert (ROOT / path).exists(), path
        if test:
            assert re.search(rf"^(async )?def {test}\(", (ROOT / path).read_text(), re.MULTILINE), f"{path}::{test}"


def test_the_guide_is_found_from_where_people_begin() -> None:
    assert "security.md" in (ROOT / "docs" / "README.md").read_text()
    assert "docs/security.md" in (ROOT / "README.md").read_text()
