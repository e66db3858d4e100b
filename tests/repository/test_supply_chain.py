"""What the service is made of is named in full, and an audit that could not be made is no clean one."""

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.running import ROOT

LOCK = ROOT / ".ci" / "requirements.lock"
ADVISORY = {"id": "PYSEC-2026-1", "fix_versions": ["2.0"], "aliases": [], "description": ""}
CLEAN = {"name": "fine", "version": "1.0", "vulns": []}
BAD = {"name": "bad", "version": "1.0", "vulns": [ADVISORY]}
UNKNOWN = {"name": "unknown", "skip_reason": "Dependency not found on PyPI and could not be audited: unknown (1.0)"}


def locked() -> dict[str, tuple[str, set[str]]]:
    """Name -> version and SHA-256 digests, read without a library."""
    parts = re.split(r"^(?=[a-z0-9])", LOCK.read_text(), flags=re.MULTILINE)
    named = [(re.match(r"([a-z0-9._-]+)==([^\s;]+)", part), part) for part in parts if part.strip()]
    return {
        match[1]: (match[2], set(re.findall(r"--hash=sha256:([0-9a-f]{64})", part))) for match, part in named if match
    }


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> str:
    output = tmp_path_factory.mktemp("bill") / "new" / "sbom.json"
    command = [sys.executable, str(ROOT / ".ci" / "sbom.py"), str(output)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return output.read_text()


def test_the_bill_of_materials_is_valid_cyclonedx(bill: str) -> None:
    from cyclonedx.schema import SchemaVersion  # here, as every worker would wait seconds for them
    from cyclonedx.validation.json import JsonStrictValidator

    assert json.loads(bill)["specVersion"] == "1.6"
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill) is None
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill.replace('"library"', '"no such type"')) is not None


def test_the_bill_of_materials_names_every_locked_package_with_its_version_and_hashes(bill: str) -> None:
    found = {one["name"]: (one["version"], _hashes(one)) for one in json.loads(bill)["components"]}
    assert found == locked()
    assert len(found) > 40
    assert all(digests for _, digests in found.values())


def _hashes(component: dict[str, Any]) -> set[str]:
    return {of["content"] for reference in component["externalReferences"] for of in reference["hashes"]}


def test_the_bill_of_materials_is_of_this_service_and_the_same_each_time(bill: str, tmp_path: Path) -> None:
    assert json.loads(bill)["metadata"]["component"]["name"] == "stateward"
    again = tmp_path / "sbom.json"
    subprocess.run([sys.executable, str(ROOT / ".ci" / "sbom.py"), str(again)], check=True)
    assert again.read_text() == bill


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        ([CLEAN], 0, "no advisory is known of any of 1 packages"),
        ([CLEAN, BAD], 1, "bad 1.0 has PYSEC-2026-1, mended in 2.0"),
        ([CLEAN, UNKNOWN], 2, "not audited, because the package index says nothing of 1 of 2 packages"),
        ([BAD, UNKNOWN], 1, "bad 1.0 has PYSEC-2026-1"),
    ],
)
def test_an_audit_that_found_something_differs_from_one_that_was_told_nothing(
    asked: list[dict[str, Any]], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    audit = runpy.run_path(str(ROOT / ".ci" / "audit.py"))
    assert audit["told"]("the.lock", asked) == code
    assert said in capsys.readouterr().out
