"""What a lock asks for and what it returns, on PostgreSQL."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from app.db.rows.rows import case_of, current_clock, surroundings_of
from app.db.tables.column_types import from_microseconds
from app.domain.case.case import Case, Surroundings
from app.services.store.stored import AnswerKey, CaseKey, Locked, StoredAnswer, StoredClock


def locked_of(rows: Sequence[Mapping[str, Any]], keys: Sequence[CaseKey], busy: frozenset[AnswerKey]) -> Locked:
    """What READ returns: a row per case, or one without."""
    found = [row for row in rows if row["id"] is not None]
    cases = [_case(row) for row in found]
    answers = rows[0]["answers"] or ()
    return Locked(
        at=rows[0]["read_at"],
        policy_version=rows[0]["policy_version"],
        cases=_by_key(keys, cases),
        surroundings={row["id"]: _surroundings(row) for row in found},
        clocks={case.id: _clocks(case, row) for case, row in zip(cases, found, strict=True)},
        answers={answer.key: answer for answer in map(_answer, answers)},
        busy=busy,
    )


def binds_of(keys: Sequence[CaseKey], asked: Sequence[AnswerKey]) -> dict[str, list[Any]]:
    by_id = [key for key in keys if key.case_id is not None]
    by_reference = [key for key in keys if key.case_id is None]
    ordered = sorted(set(asked), key=lambda key: (key.tenant, key.subject, key.key))
    return {
        "id_tenants": [key.tenant for key in by_id],
        "ids": [key.case_id for key in by_id],
        "ref_tenants": [key.tenant for key in by_reference],
        "types": [key.case_type for key in by_reference],
        "refs": [key.reference for key in by_reference],
        "key_tenants": [key.tenant for key in ordered],
        "subjects": [key.subject for key in ordered],
        "keys": [key.key for key in ordered],
    }


def _by_key(keys: Sequence[CaseKey], cases: Sequence[Case]) -> Mapping[CaseKey, Case]:
    by_id = {(case.tenant, case.id): case for case in cases}
    by_reference = {(case.tenant, case.case_type, case.reference): case for case in cases}
    named = {
        key: by_id.get((key.tenant, key.case_id))
        if key.case_id is not None
        else by_reference.get((key.tenant, key.case_type or "", key.reference))
        for key in keys
    }
    return {key: case for key, case in named.items() if case is not None}


def _case(row: Mapping[str, Any]) -> Case:
    return case_of({**row, "data": json.loads(row["data"]), "memory": json.loads(row["memory"])})


def _surroundings(row: Mapping[str, Any]) -> Surroundings:
    return surroundings_of(row["acted"] or (), row["roles"] or ())


def _clocks(case: Case, row: Mapping[str, Any]) -> Sequence[StoredClock]:
    return tuple(current_clock(case, clock) for clock in row["clocks"] or ())


def _answer(row: Sequence[Any]) -> StoredAnswer:
    tenant, subject, key, fingerprint, answer, expires_at = row
    return StoredAnswer(AnswerKey(tenant, subject, key), fingerprint, answer, from_microseconds(expires_at))
