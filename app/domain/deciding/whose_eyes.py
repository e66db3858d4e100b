"""Whose eyes count where somebody acts for somebody."""

from app.domain.case.attempt import Attempt


def caller_counts(attempt: Attempt) -> bool:
    """Whether the caller counts beside the one acted for: people do, a service that imports a history does not."""
    return attempt.on_behalf_of is not None and attempt.actor.id.startswith("user:")


def eyes(attempt: Attempt) -> tuple[str, ...]:
    """Those who act, each of whom four eyes is asked for."""
    return (attempt.acting, attempt.actor.id) if caller_counts(attempt) else (attempt.acting,)
