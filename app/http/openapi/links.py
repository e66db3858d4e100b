"""The OpenAPI links: where the values that one call answers with are asked for by another."""

from typing import Any

CASE = "$response.body#/case/id"
SAME = "$request.path.case_id"
ON_A_CASE = ("readCase", "possibleEvents", "fireEvent", "claimCase", "writeComment", "attachFile", "listClocks")
AFTER_ACTING = ("readCase", "possibleEvents", "readAudit")


def _on(case_id: str, *operations: str) -> dict[str, Any]:
    return {name: {"operationId": name, "parameters": {"case_id": case_id}} for name in operations}


def _to(operation: str, **parameters: str) -> dict[str, Any]:
    return {operation: {"operationId": operation, "parameters": dict(parameters)}}


LINKS: dict[tuple[str, str], dict[str, Any]] = {
    ("openCase", "201"): _on(CASE, *ON_A_CASE),
    ("findCases", "200"): _on("$response.body#/items/0/id", "readCase", "possibleEvents"),
    ("nextCase", "200"): _on(CASE, "readCase", "possibleEvents", "fireEvent", "releaseCase"),
    ("possibleEvents", "200"): {
        "fireEvent": {
            "operationId": "fireEvent",
            "parameters": {"case_id": SAME},
            "requestBody": {"event": "$response.body#/events/0/event"},
        },
        **_to("whoCanFire", case=SAME, event="$response.body#/events/0/event"),
    },
    ("fireEvent", "200"): _on(SAME, *AFTER_ACTING),
    ("assignCase", "200"): _on(SAME, *AFTER_ACTING),
    ("claimCase", "200"): _on(SAME, *AFTER_ACTING, "releaseCase"),
    ("releaseCase", "200"): _on(SAME, *AFTER_ACTING),
    ("writeComment", "201"): _on(SAME, "readComments"),
    ("linkCase", "201"): _on(SAME, "readLinks"),
    ("attachFile", "201"): {
        **_on(SAME, "listAttachments"),
        **_to("fetchAttachment", case_id=SAME, attachment_id="$response.body#/attachment/id"),
    },
    ("listClocks", "200"): _to("explainClock", case_id=SAME, name="$response.body#/items/0/clock"),
    ("listCaseTypes", "200"): {
        **_to("readCaseType", name="$response.body#/items/0/case_type"),
        **_to("drawCaseType", name="$response.body#/items/0/case_type"),
    },
    ("changePolicy", "201"): _to("removePolicy", name="$response.body#/added/0/id"),
    ("assignRoles", "201"): _to("takeRoleAway", name="$response.body#/added/0/id"),
    ("makeApiKey", "201"): _to("revokeApiKey", key_id="$response.body#/id"),
}
"""By operation and status."""
