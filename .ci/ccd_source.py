"""Read the rows of a CCD definition (JSON files per kind of row) for one case type and environment."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Names:
    """Identifiers for the names of one kind: lower case and unique."""

    taken: dict[str, str] = field(default_factory=dict)  # original -> identifier

    def of(self, original: str) -> str:
        if original not in self.taken:
            self.taken[original] = self._free(ident(original))
        return self.taken[original]

    def _free(self, wanted: str) -> str:
        free, number = wanted, 2
        while free in self.taken.values():
            free, number = f"{wanted}_{number}", number + 1
        return free


@dataclass
class Source:
    """The rows of one case type in one environment."""

    folder: Path
    case_type: str
    environment: str

    def rows(self, kind: str) -> list[dict]:
        other = {"nonprod": "-prod.json", "prod": "-nonprod.json"}[self.environment]
        files = sorted(path for path in (self.folder / kind).glob("*.json") if not path.name.endswith(other))
        every = (row for path in files for row in json.loads(path.read_text()))
        return [row for row in every if (row.get("CaseTypeID") or row.get("CaseTypeId")) == self.case_type]

    def role_rows(self, kind: str) -> Iterator[tuple[dict, str, str]]:
        """(row, role, CRUD), with the rows that list several roles taken apart."""
        for row in self.rows(kind):
            for access in row.get("AccessControl", [row]):
                for role in access.get("UserRoles") or [access["UserRole"]]:
                    yield row, role, access["CRUD"]


def ident(name: str) -> str:
    word = re.sub(r"[^a-z0-9]+", "_", re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()).strip("_")
    return word if word[:1].isalpha() else "s_" + word
