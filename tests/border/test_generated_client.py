"""A client that a public generator makes of the OpenAPI document does what callers do, and none of it is left out."""

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from app.http.sign_in.own_tokens import mint
from tests.running import SECRET, Running, stateward

PACKAGE = "stateward_client"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with stateward(tmp_path_factory.mktemp("served"), "serve", "--port", "0", jwt_secret=SECRET) as running:
        yield running


@pytest.fixture(scope="module")
def generated(service: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("generated")
    words = ["generate", "--url", f"{service.url}/schema/openapi.json", "--output-path", str(folder / "client")]
    beside = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, "-m", "openapi_python_client", *words, "--fail-on-warning"]
    done = subprocess.run(command, env=beside, capture_output=True, text=True, check=False)
    assert (done.returncode, "WARNING" in done.stdout) == (0, False), done.stdout + done.stderr
    sys.path.insert(0, str(folder / "client"))
    yield folder / "client" / PACKAGE
    sys.path.remove(str(folder / "client"))
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def test_it_opens_a_case_and_fires_an_event(service: Running, generated: Path) -> None:
    with client(service, "alice") as alice, client(service, "carl", "clerk") as clerk:
        opened = call("cases.open_case").sync(client=alice, body=a_claim())
        assert (opened.case.state, opened.case.data["submitted_by"]) == ("submitted", "user:alice")
        seen = f'"{opened.case.version}"'
        triage = models().FireEvent(event="triage")
        fired = call("cases.fire_event").sync(opened.case.id, client=clerk, body=triage, if_match=seen)
        assert fired.case.state == "review.first_line"
        assert fired.receipt.case_seq > opened.receipt.case_seq
        read = call("cases.read_case").sync(opened.case.id, client=clerk)
        assert (read.version, read.changed_at) == (fired.case.version, fired.case.changed_at)
        assert read.changed_at.tzinfo is not None
        late = call("cases.fire_event").sync(opened.case.id, client=clerk, body=triage, if_match=seen)
        assert (late.code, late.current_version) == ("version_conflict", read.version)


def test_it_attaches_a_file_and_fetches_it(service: Running, generated: Path) -> None:
    code = (generated / "client.py").read_bytes()
    file = import_module(f"{PACKAGE}.types").File(payload=BytesIO(code))
    with client(service, "carl", "clerk") as clerk:
        case_id = call("cases.open_case").sync(client=clerk, body=a_claim()).case.id
        attach = call("work_on_cases.attach_file").sync
        made = attach(case_id, client=clerk, body=file, file_name="client.py")
        fetched = call("work_on_cases.fetch_attachment").sync(case_id, made.attachment.id, client=clerk)
    assert fetched.payload.read() == code


def test_a_refusal_is_a_problem_with_its_reasons(service: Running, generated: Path) -> None:
    with client(service, "steve") as stranger:
        denied = call("policy.list_policies").sync(client=stranger)
    assert (denied.code, denied.status) == ("denied", 403)
    assert denied.reasons[0].remedy


def a_claim() -> Any:
    claim = {"case_type": "expense_claim", "event": "submit", "data": {"amount_cents": 4200, "currency": "EUR"}}
    return models().OpenCase.from_dict(claim)


def models() -> Any:
    return import_module(f"{PACKAGE}.models")


def call(name: str) -> ModuleType:
    return import_module(f"{PACKAGE}.api.{name}")


def client(service: Running, user: str, *roles: str) -> Any:
    made = import_module(PACKAGE).AuthenticatedClient
    return made(
        base_url=service.url, token=mint(SECRET, "acme", user, roles, 24 * 3600), raise_on_unexpected_status=True
    )
