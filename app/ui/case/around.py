"""What every page about one case shows around its own part."""

from typing import Any

from app.services.work.case_pages import OpenCase
from app.ui.case.bar import bar
from app.ui.case.telling import Telling


def around(told: Telling, case: OpenCase) -> dict[str, Any]:
    """The identity bar, and what the reader may do now, for the parts that ask."""
    return {
        "case": case.case,
        "bar": bar(told, case),
        "acts_now": case.acts,
        "mine": case.case.assignee == told.reader.actor.id,
        "people": told.people,
        "now": told.now,
        "state": told.states(case.case.state),
    }
