"""By what a case, an answer that was given before, and a link are found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CaseKey:
    """A case named by id, or by case type and reference."""

    tenant: str
    case_id: str | None = None
    case_type: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """An idempotency key: one space per tenant and subject."""

    tenant: str
    subject: str
    key: str


@dataclass(frozen=True, slots=True)
class LinkKey:
    """That one case stands to another as `type` says."""

    tenant: str
    case_id: str
    type: str
    to_id: str
