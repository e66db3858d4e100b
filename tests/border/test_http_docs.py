"""The OpenAPI document says what the border does, and its page needs no other host."""

import re

import jsonschema_rs
import pytest

from app.domain.values.errors import ERRORS
from app.http.border.codes import PROBLEMS
from tests.fake_services import CASE_ID, Fakes, api

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def client():
    with api(Fakes()) as client:
        yield client


@pytest.fixture(scope="module")
def document(client):
    return client.get("/schema/openapi.json").json()


@pytest.fixture(scope="module")
def operations(document):
    return {
        of["operationId"]: of for item in document["paths"].values() for name, of in item.items() if name in METHODS
    }


def test_the_document_is_openapi_3_1(document):
    assert document["openapi"] == "3.1.0"
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_every_call_of_the_contract_is_in_it(operations):
    assert set(operations) == {
        "openCase",
        "findCases",
        "readCase",
        "possibleEvents",
        "readForm",
        "readOpeningForm",
        "fireEvent",
        "fireEvents",
        "readAudit",
        "readField",
        "askForExport",
        "listExports",
        "readExport",
        "fetchExport",
        "fetchSidecar",
        "dropExport",
        "assignCase",
        "correctCase",
        "sendFile",
        "claimCase",
        "releaseCase",
        "nextCase",
        "listViews",
        "saveView",
        "readView",
        "changeView",
        "dropView",
        "writeComment",
        "readComments",
        "changeCaseRoles",
        "linkCase",
        "readLinks",
        "readCaseRoles",
        "attachFile",
        "listAttachments",
        "fetchAttachment",
        "readFeed",
        "readEntry",
        "readReceipt",
        "readCheckpoint",
        "proveConsistency",
        "streamFeed",
        "streamCase",
        "listCaseTypes",
        "readCaseType",
        "listCaseTypeVersions",
        "drawCaseType",
        "listClocks",
        "explainClock",
        "simulateClock",
        "listPolicies",
        "changePolicy",
        "removePolicy",
        "previewPolicy",
        "listRoleAssignments",
        "assignRoles",
        "takeRoleAway",
        "whoCanFire",
        "makeApiKey",
        "listApiKeys",
        "revokeApiKey",
        "whoAmI",
        "healthz",
        "readyz",
        "metrics",
    }


def test_every_operation_says_what_it_is_for_and_who_may_call_it(operations):
    for name, operation in operations.items():
        assert operation["summary"], name
        assert operation["description"], name
        assert all(parameter["description"] for parameter in operation.get("parameters", [])), name
        if name not in {"healthz", "readyz", "metrics"}:
            assert operation["security"] == [{"bearer": []}]
            assert "401" in operation["responses"]


def test_every_problem_code_has_an_example_that_fits_its_schema(document, operations):
    validator = jsonschema_rs.validator_for(
        {**document["components"]["schemas"]["ProblemView"], "components": document["components"]}
    )
    shown = set()
    for operation in operations.values():
        for status, response in operation["responses"].items():
            for code, example in (
                response.get("content", {}).get("application/problem+json", {}).get("examples", {}).items()
            ):
                assert example["value"]["status"] == int(status)
                validator.validate(example["value"])
                shown.add(code)
    assert shown == set(PROBLEMS) - {"method_not_allowed"}


def test_every_answer_has_an_example_that_fits_its_schema(document, operations):
    for name, operation in operations.items():
        for status, response in operation["responses"].items():
            media = response.get("content", {}).get("application/json")
            if media is None:
                continue
            assert "example" in media, (name, status)
            schema = {**media["schema"], "components": document["components"]}
            jsonschema_rs.validator_for(schema, validate_formats=True).validate(media["example"])


def test_every_answer_says_what_it_is(operations):
    for name, operation in operations.items():
        for status, response in operation["responses"].items():
            assert len(response["description"]) > 10, (name, status)


def test_every_error_of_the_domain_has_a_status():
    assert set(ERRORS) <= set(PROBLEMS)


def test_no_error_is_documented_in_another_shape(operations):
    for operation in operations.values():
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert list(response["content"]) == ["application/problem+json"]


def test_bodies_are_documented_as_strictly_as_they_are_checked(document):
    schemas = document["components"]["schemas"]
    assert schemas["OpenCase"]["additionalProperties"] is False
    assert schemas["OpenCase"]["required"] == ["case_type", "data"]
    assert schemas["TryEvents"]["properties"]["attempts"]["maxItems"] == 1000


def test_answers_fit_the_document(client, document):
    for path, name in (
        (f"/api/v1/cases/{CASE_ID}", "CaseView"),
        ("/api/v1/case-types/expense_claim", "CaseTypeFullView"),
        ("/api/v1/policies", "LinePageView"),
        ("/api/v1/role-assignments", "AssignmentPageView"),
        (f"/api/v1/whocan?case={CASE_ID}&event=triage", "WhoCanView"),
    ):
        schema = {**document["components"]["schemas"][name], "components": document["components"]}
        jsonschema_rs.validator_for(schema).validate(client.get(path).json())


def test_every_reference_of_the_document_leads_somewhere(client, document):
    for name in set(re.findall(r"#/components/schemas/(\w+)", client.get("/schema/openapi.json").text)):
        assert name in document["components"]["schemas"]


def test_two_replicas_serve_the_same_document(client, operations):
    with api(Fakes()) as replica:
        assert replica.get("/schema/openapi.json").text == client.get("/schema/openapi.json").text
    for operation in operations.values():
        for response in operation["responses"].values():
            headers = list(response.get("headers", {}))
            assert headers == sorted(headers)


def test_the_page_asks_no_other_host_for_anything(client):
    page = client.get("/schema")
    assert page.headers["content-type"].startswith("text/html")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "//" not in page.text
    assert "<script>" not in page.text
    wanted = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(wanted) == 6
    for path in wanted:
        assert client.get(path).status_code == 200, path
    assert "//" not in client.get("/schema/assets/docs.js").text
    assert "url(http" not in client.get("/schema/assets/swagger-ui.css").text


def test_nothing_else_of_the_folder_is_served(client):
    for name in ("docs.html", "..%2fapp.py", "swagger-ui-es-bundle.js"):
        assert client.get(f"/schema/assets/{name}").status_code == 404
