"""How many files of each category a case has."""

from collections.abc import Mapping

from app.domain.values.errors import invalid
from app.domain.values.json import JsonObject

MOST_CATEGORIES = 100


def counted(files: Mapping[str, int], category: str) -> Mapping[str, int]:
    """With one more of this category. Raises Invalid for more categories than a case has."""
    if category not in files and len(files) >= MOST_CATEGORIES:
        raise invalid("category", f"a case has files of at most {MOST_CATEGORIES} categories")
    return {**files, category: files.get(category, 0) + 1}


def files_after(files: Mapping[str, int], entry: JsonObject) -> Mapping[str, int]:
    """The same once an entry says what was attached; a file without a category is not counted."""
    category = entry.get("attachment", {}).get("category")
    return files if category is None else counted(files, category)
