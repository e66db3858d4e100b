"""A case type as somebody reads it who has one language: each title is a text in that one."""

from typing import Any

from pydantic import BaseModel

from app.domain.definition.case_type import CaseType
from app.domain.definition.languages import Title
from app.domain.definition.titles import titled


def in_language(case_type: CaseType, language: str) -> CaseType:
    """What is read elsewhere (its hash, what is kept) is that of the case type as it was declared."""
    said: CaseType = _said(case_type, language)
    return said


def _said(value: Any, language: str) -> Any:
    if isinstance(value, Title):
        return titled(value, language)
    if isinstance(value, BaseModel):
        return value.model_copy(update={name: _said(getattr(value, name), language) for name in value.model_fields_set})
    if isinstance(value, dict):
        return {key: _said(part, language) for key, part in value.items()}
    return [_said(part, language) for part in value] if isinstance(value, list) else value
