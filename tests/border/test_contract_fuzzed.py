"""What the API answers is what its OpenAPI document says, whatever it is sent: by Schemathesis, with all of its checks.

A short run per role; `make fuzz` makes it long, with every role on both stores. Of the event streams, which have no
end, the beginning is looked at.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from app.http.sign_in.own_tokens import mint
from tests.databases import Database
from tests.house import CLAIM, INCIDENT, PERMIT
from tests.lengths import LONG, length
from tests.running import ROOT, SECRET, Running, stateward

EXAMPLES = length(1, 100)
PHASES = "examples,coverage,fuzzing,stateful"
ROLES = {"administrator": ["admin", "supervisor", "manager"], "clerk": ["clerk"], "nobody": []}
OPENED = (
    ("expense_claim", "submit", CLAIM),
    ("expense_claim", "save", CLAIM),
    ("incident", "report", INCIDENT),
    ("permit", "apply", PERMIT),
)
SOME = [
    ("sqlite", "administrator", "examples,fuzzing"),
    ("postgres", "clerk", "stateful"),
    ("sqlite", "nobody", "fuzzing"),
]
EVERY = [(kind, role, PHASES) for kind in ("sqlite", "postgres") for role in ROLES]


@pytest.mark.parametrize(("database", "role", "phases"), EVERY if LONG else SOME, indirect=["database"])
def test_no_request_is_answered_otherwise_than_documented(
    database: Database, tmp_path: Path, role: str, phases: str
) -> None:
    with stateward(tmp_path, "serve", "--port", "0", database_url=database.url, jwt_secret=SECRET) as service:
        _open_cases(service, tmp_path)
        found = _attacked(service, tmp_path, _token(role, *ROLES[role]), phases)
        assert found.returncode == 0, found.stdout + found.stderr
        assert httpx.get(f"{service.url}/healthz").status_code == 200
    assert "Traceback" not in service.errors.read_text()


def _open_cases(service: Running, folder: Path) -> None:
    """Cases to work on, named in a dictionary of the attack."""
    for name in ("schemathesis.toml", "schemathesis_hooks.py"):
        shutil.copy(ROOT / "tests" / name, folder)
    with httpx.Client(base_url=service.url, headers={"Authorization": f"Bearer {_token('alice')}"}) as http:
        opened = [
            http.post("/api/v1/cases", json={"case_type": case_type, "event": event, "data": data})
            for case_type, event, data in OPENED
        ]
    names = [answer.raise_for_status().json()["case"]["id"] for answer in opened]
    (folder / "cases.dict").write_text("".join(f'"{name}"\n' for name in names))


def _attacked(service: Running, folder: Path, token: str, phases: str) -> "subprocess.CompletedProcess[str]":
    words = [sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml", "--no-color"]
    words += ["run", f"{service.url}/schema/openapi.json", "--checks", "all", "--phases", phases, "--no-shrink"]
    words += ["--max-examples", str(EXAMPLES)] + ([] if LONG else ["--seed", "7"])
    return subprocess.run(
        words, cwd=folder, env={**os.environ, "API_TOKEN": token}, capture_output=True, text=True, check=False
    )


def _token(user: str, *roles: str) -> str:
    return mint(SECRET, "acme", user, roles, 24 * 3600)
